/** The chart, drawn by a library that is loaded only here. What it shows is in a table as well. */
import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "../html.js";
import { ask } from "../asking/ask.js";
import { Refused } from "../parts/notices.js";
import { price } from "../words/numbers.js";
import { CLOSES } from "./asset_documents.js";

const NOT_LOADED = "The chart could not be loaded, perhaps because this page was renewed since: load it again.";

/** @param {{ name: string, candles: any[], asked: any, sources: string[], shown: string[] }} props */
export function HistoryChart({ name, candles, asked, sources, shown }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const drawing = useDrawing(place, setError);
  const closes = useCloses(asked, shown, setError);
  useEffect(() => drawing?.show(candles, asked.interval), [drawing, candles]);
  useEffect(() => drawing?.overlay(sources, closes), [drawing, closes]);
  return html`
    ${error && html`<${Refused} error=${error} />`}
    <div
      class="chart"
      ref=${place}
      role="img"
      aria-label=${summary(name, candles, asked.currency.toUpperCase())}
      data-drawn=${drawing ? "yes" : "no"}
    ></div>
    <p class="fine">
      Candles of all sources, in ${asked.currency.toUpperCase()}, UTC. Drawn by${" "}
      <a href="https://www.tradingview.com/">TradingView</a> Lightweight Charts™, © 2025 TradingView, Inc.
    </p>
  `;
}

/** What draws in a place, once it is loaded. */
function useDrawing(place, setError) {
  const [drawing, setDrawing] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let isOver = false;
    /** @type {any} */
    let drawn = null;
    import("../chart/candles.js").then(
      ({ draw }) => !isOver && setDrawing((drawn = draw(place.current))),
      () => setError(new Error(NOT_LOADED)),
    );
    return () => {
      isOver = true;
      drawn?.remove();
    };
  }, []);
  return drawing;
}

/** The closes of each source that is shown, as they come. */
function useCloses(asked, shown, setError) {
  const [closes, setCloses] = useState(/** @type {Record<string, any[]>} */ ({}));
  const wanted = JSON.stringify([asked, shown]);
  useEffect(() => {
    const stop = new AbortController();
    const one = async (source) => {
      const { data } = await ask(CLOSES, { ...asked, source }, stop.signal);
      return [source, data.asset.candles];
    };
    Promise.all(shown.map(one)).then(
      (found) => setCloses(Object.fromEntries(found)),
      (error) => stop.signal.aborted || setError(error),
    );
    return () => stop.abort();
  }, [wanted]);
  return closes;
}

function summary(name, candles, currency) {
  const known = candles.filter((candle) => candle.close !== null);
  if (known.length === 0) return `${name}: no rate of ${currency} is known for this time`;
  const closes = known.map((candle) => Number(candle.close));
  const [lowest, highest] = [Math.min(...closes), Math.max(...closes)].map(price);
  const last = price(known[0].close);
  return `${name}: ${known.length} candles, closing between ${lowest} and ${highest} ${currency}, last at ${last}`;
}
