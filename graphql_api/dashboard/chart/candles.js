/** Draws candles, and lines over them, in the page's colours. */
import { CandlestickSeries, createChart, LineSeries } from "lightweight-charts";

import { price } from "../words/numbers.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
const WITH_HOURS = new Set(["M5", "H1", "H4"]);
const COLOURS = 5;

/** @param {HTMLElement} place */
export function draw(place) {
  // Its own logo comes with a style that our policy forbids; the page names the maker below the chart instead.
  const chart = createChart(place, { autoSize: true, layout: { attributionLogo: false } });
  const closes = chart.addSeries(LineSeries, { ...FAINT, priceFormat: FORMAT });
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const lines = new Map();
  const paint = () => colour(chart, candles, closes, lines);
  DARK.addEventListener("change", paint);
  paint();
  return {
    show(told, interval) {
      chart.applyOptions({ timeScale: { timeVisible: WITH_HOURS.has(interval), secondsVisible: false } });
      candles.setData(oldestFirst(told).map(candle));
      closes.setData(oldestFirst(told).map(point));
      chart.timeScale().fitContent();
    },
    overlay(sources, closes) {
      for (const [source, line] of lines) if (!(source in closes)) lines.delete(source) && chart.removeSeries(line);
      for (const source of Object.keys(closes)) {
        if (!lines.has(source)) lines.set(source, chart.addSeries(LineSeries, { lineWidth: 2, priceFormat: FORMAT }));
        lines.get(source).number = (sources.indexOf(source) % COLOURS) + 1;
        lines.get(source).setData(oldestFirst(closes[source]).map(point));
      }
      paint();
    },
    remove() {
      DARK.removeEventListener("change", paint);
      chart.remove();
    },
  };
}

const FORMAT = /** @type {const} */ ({ type: "custom", formatter: price, minMove: 1e-12 });

/** The line of closes: days of which one price is known are candles without height, and hard to follow alone. */
const FAINT = /** @type {const} */ ({
  lineWidth: 1,
  lastValueVisible: false,
  priceLineVisible: false,
  crosshairMarkerVisible: false,
});

function colour(chart, candles, closes, lines) {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  chart.applyOptions({
    layout: {
      background: { color: named("card") },
      textColor: named("soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
    },
    grid: { vertLines: { color: named("line") }, horzLines: { color: named("line") } },
    timeScale: { borderColor: named("line") },
    rightPriceScale: { borderColor: named("line") },
  });
  const [up, down] = [named("up"), named("down")];
  candles.applyOptions({ upColor: up, wickUpColor: up, downColor: down, wickDownColor: down, priceFormat: FORMAT });
  closes.applyOptions({ color: named("soft") });
  for (const line of lines.values()) line.applyOptions({ color: named(`series-${line.number}`) });
}

/** What the API tells newest first; where no rate is known there is nothing to draw. */
function oldestFirst(told) {
  return told.filter(({ close }) => close !== null).reverse();
}

function candle({ openedAt, open, high, low, close }) {
  return { time: seconds(openedAt), open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
}

function point({ openedAt, close }) {
  return { time: seconds(openedAt), value: Number(close) };
}

function seconds(moment) {
  return Date.parse(moment) / 1000;
}
