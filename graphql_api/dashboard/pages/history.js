/** What an asset cost: candles of all its sources, and a line for each source on top. */
import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "../html.js";
import { ask } from "../asking/ask.js";
import { useQuery } from "../asking/hooks.js";
import { Notices, Refused } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { price } from "../words/numbers.js";
import { moment } from "../words/times.js";
import { CANDLES, CLOSES } from "./asset_documents.js";

const INTERVALS = /** @type {const} */ ([
  ["M5", "5 min", 288],
  ["H1", "1 h", 168],
  ["H4", "4 h", 180],
  ["D1", "1 day", 365],
  ["W1", "1 week", 260],
]);
const ENOUGH_DAYS = 14;
const ROWS_AT_MOST = 100;

/** @param {{ uid: string, name: string, sources: string[], currency: string, days: number }} props `days`: how many there are of */
export function History({ uid, name, sources, currency, days }) {
  const [interval, setInterval] = useState(days > ENOUGH_DAYS ? "D1" : "H1");
  const [shown, setShown] = useState(/** @type {string[]} */ ([]));
  const first = INTERVALS.find(([each]) => each === interval)?.[2] ?? 100;
  const answer = useQuery(CANDLES, { uid, interval, first, currency });
  const candles = answer.data?.asset?.candles ?? [];
  const turn = (source) => setShown((before) => toggled(before, source));
  return html`
    <h2>What it cost</h2>
    <div class="tools middle">
      <div class="buttons" role="group" aria-label="How long a candle is">
        ${INTERVALS.map(([each, title]) => html`<button key=${each} type="button" aria-pressed=${each === interval} onClick=${() => setInterval(each)}>${title}</button>`)}
      </div>
      <div class="buttons" role="group" aria-label="Sources to draw as lines">
        ${sources.map((source, index) => html`<label key=${source} class="line-${index % 5 + 1}"><input type="checkbox" checked=${shown.includes(source)} onChange=${() => turn(source)} /> ${source}</label>`)}
      </div>
    </div>
    <${Notices} of=${answer} />
    ${answer.data && candles.length === 0 && html`<p class="empty">No prices are kept of this stretch of time. A longer interval reaches further back; a backfill brings older days.</p>`}
    ${candles.length > 0 && html`<${Chart} name=${name} candles=${candles} asked=${answer.of} sources=${sources} shown=${shown} />`}
  `;
}

function toggled(list, one) {
  return list.includes(one) ? list.filter((each) => each !== one) : [...list, one];
}

/** Draws with a library that is loaded only here; what it shows is in a table as well. */
function Chart({ name, candles, asked, sources, shown }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const [drawing, setDrawing] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const closes = useCloses(asked, shown, setError);

  useEffect(() => {
    let isOver = false;
    /** @type {any} */
    let drawn = null;
    import("../chart/candles.js").then(
      ({ draw }) => !isOver && setDrawing((drawn = draw(/** @type {HTMLElement} */ (place.current)))),
      () => setError(new Error("The chart could not be loaded, perhaps because this page was renewed since: load it again.")),
    );
    return () => {
      isOver = true;
      drawn?.remove();
    };
  }, []);
  useEffect(() => drawing?.show(candles, asked.interval), [drawing, candles]);
  useEffect(() => drawing?.overlay(sources, closes), [drawing, closes]);

  return html`
    ${error && html`<${Refused} error=${error} />`}
    <div class="chart" ref=${place} role="img" aria-label=${summary(name, candles, asked)} data-drawn=${drawing ? "yes" : "no"}></div>
    <p class="fine">Candles of all sources, in ${asked.currency.toUpperCase()}, UTC. Drawn by <a href="https://www.tradingview.com/">TradingView</a> Lightweight Charts™, © 2025 TradingView, Inc.</p>
    <${Listed} candles=${candles} asked=${asked} />
  `;
}

/** The closes of each source that is shown, as they come. */
function useCloses(asked, shown, setError) {
  const [closes, setCloses] = useState(/** @type {Record<string, any[]>} */ ({}));
  const wanted = JSON.stringify([asked, shown]);
  useEffect(() => {
    const stop = new AbortController();
    const one = (source) => ask(CLOSES, { ...asked, source }, stop.signal).then(({ data }) => [source, data.asset.candles]);
    Promise.all(shown.map(one)).then(
      (found) => setCloses(Object.fromEntries(found)),
      (error) => stop.signal.aborted || setError(error),
    );
    return () => stop.abort();
  }, [wanted]);
  return closes;
}

function summary(name, candles, { currency }) {
  const known = candles.filter((candle) => candle.close !== null);
  if (known.length === 0) return `${name}: no rate of ${currency.toUpperCase()} is known for this time`;
  const closes = known.map((candle) => Number(candle.close));
  const [lowest, highest] = [Math.min(...closes), Math.max(...closes)].map(price);
  const code = currency.toUpperCase();
  return `${name}: ${known.length} candles, closing between ${lowest} and ${highest} ${code}, last at ${price(known[0].close)}`;
}

const HEADS = [["From"], ["Open", "number"], ["High", "number"], ["Low", "number"], ["Close", "number"], ["Points", "number"]];

function Listed({ candles, asked }) {
  const shown = candles.slice(0, ROWS_AT_MOST);
  return html`<details>
    <summary>The ${shown.length === candles.length ? "" : "newest "}${shown.length} candles as a table</summary>
    <${Table} caption=${`Candles in ${asked.currency.toUpperCase()}`} heads=${HEADS}>
      ${shown.map((candle) => html`<tr key=${candle.openedAt}>
        <th scope="row">${moment(candle.openedAt)}</th>
        <td class="number">${price(candle.open)}</td>
        <td class="number">${price(candle.high)}</td>
        <td class="number">${price(candle.low)}</td>
        <td class="number">${price(candle.close)}</td>
        <td class="number">${candle.points}</td>
      </tr>`)}
    <//>
  </details>`;
}
