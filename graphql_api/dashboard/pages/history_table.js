/** The candles as numbers, newest first. */
import { html } from "../html.js";
import { Table } from "../parts/table.js";
import { price } from "../words/numbers.js";
import { moment } from "../words/times.js";

const ROWS_AT_MOST = 100;
const HEADS = [
  ["From"],
  ["Open", "number"],
  ["High", "number"],
  ["Low", "number"],
  ["Close", "number"],
  ["Points", "number"],
];

/** @param {{ candles: any[], currency: string }} props */
export function HistoryTable({ candles, currency }) {
  const shown = candles.slice(0, ROWS_AT_MOST);
  return html`<details>
    <summary>As a table${shown.length === candles.length ? "" : `: the newest ${shown.length} of ${candles.length}`}</summary>
    <${Table} caption=${`Candles in ${currency.toUpperCase()}`} heads=${HEADS}>
      ${shown.map((candle) => html`<${Row} key=${candle.openedAt} candle=${candle} />`)}
    <//>
  </details>`;
}

function Row({ candle }) {
  return html`<tr>
    <th scope="row">${moment(candle.openedAt)}</th>
    <td class="number">${price(candle.open)}</td>
    <td class="number">${price(candle.high)}</td>
    <td class="number">${price(candle.low)}</td>
    <td class="number">${price(candle.close)}</td>
    <td class="number">${candle.points}</td>
  </tr>`;
}
