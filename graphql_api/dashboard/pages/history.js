/** What an asset cost: over which time, and whose prices are drawn over the candles. */
import { useState } from "preact/hooks";

import { html } from "../html.js";
import { useQuery } from "../asking/hooks.js";
import { Notices } from "../parts/notices.js";
import { CANDLES } from "./asset_documents.js";
import { HistoryChart } from "./history_chart.js";
import { HistoryTable } from "./history_table.js";

const INTERVALS = /** @type {const} */ ([
  ["M5", "5 min", 288],
  ["H1", "1 h", 168],
  ["H4", "4 h", 180],
  ["D1", "1 day", 365],
  ["W1", "1 week", 260],
]);
const ENOUGH_DAYS = 14;
const COLOURS = 5;
const FEW = 5;

/**
 * @param {{ uid: string, name: string, sources: string[], currency: string, days: number }} props
 *   `days`: how many there are of
 */
export function History({ uid, name, sources, currency, days }) {
  const [interval, setInterval] = useState(days > ENOUGH_DAYS ? "D1" : "H1");
  const [shown, setShown] = useState(/** @type {string[]} */ ([]));
  const first = INTERVALS.find(([each]) => each === interval)?.[2] ?? 100;
  const answer = useQuery(CANDLES, { uid, interval, first, currency });
  const candles = answer.data?.asset?.candles ?? [];
  return html`
    <h2>What it cost</h2>
    <div class="tools middle">
      <${Intervals} chosen=${interval} choose=${setInterval} />
      <${Lines} sources=${sources} shown=${shown} show=${setShown} />
    </div>
    <${Notices} of=${answer} />
    ${answer.data && candles.length === 0 && html`<${Nothing} />`}
    ${candles.length > 0 && candles.length < FEW && html`<${Young} />`}
    ${
      candles.length > 0 &&
      html`
      <${HistoryChart} name=${name} candles=${candles} asked=${answer.of} sources=${sources} shown=${shown} />
      <${HistoryTable} candles=${candles} currency=${answer.of.currency} />
    `
    }
  `;
}

function Intervals({ chosen, choose }) {
  return html`<div class="buttons" role="group" aria-label="How long a candle is">
    ${INTERVALS.map(
      ([interval, title]) => html`<button
        key=${interval}
        type="button"
        aria-pressed=${interval === chosen}
        onClick=${() => choose(interval)}
      >
        ${title}
      </button>`,
    )}
  </div>`;
}

function Lines({ sources, shown, show }) {
  const one = (source, index) => html`
    <label key=${source} class="line-${(index % COLOURS) + 1}">
      <input type="checkbox" checked=${shown.includes(source)} onChange=${() => show(toggled(shown, source))} />
      ${" "}${source}
    </label>
  `;
  return html`<div class="buttons" role="group" aria-label="Sources to draw as lines">${sources.map(one)}</div>`;
}

function toggled(list, one) {
  return list.includes(one) ? list.filter((each) => each !== one) : [...list, one];
}

function Young() {
  return html`<p class="fine">
    Little is kept yet: it grows with every run. Older days come with${" "}
    <code>prefect deployment run backfill/backfill</code>.
  </p>`;
}

function Nothing() {
  return html`<p class="empty">
    No prices are kept of this stretch of time. A longer interval reaches further back; a backfill brings older days.
  </p>`;
}
