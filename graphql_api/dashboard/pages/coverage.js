/** How far back each listing's history reaches. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Listing } from "../parts/listing.js";
import { Table } from "../parts/table.js";
import { count, UNKNOWN } from "../words/numbers.js";

const HEADS = [
  ["Source"],
  ["First day"],
  ["Last day"],
  ["Days", "number"],
  ["Missing", "number"],
  ["Newest", "number"],
  ["Backfill"],
];

/** @param {{ of: any[] }} props */
export function Coverage({ of }) {
  return html`
    <h2>History that is kept</h2>
    <${Table} caption="Coverage by source" heads=${HEADS}>
      ${of.map((each) => html`<${Row} key=${`${each.source} ${each.sourceId}`} of=${each} />`)}
    <//>
  `;
}

function Row({ of: { source, sourceId, firstOn, lastOn, days, missingDays, newestAt, askedAt, reason } }) {
  return html`<tr>
    <${Listing} of=${{ source, sourceId }} />
    <td class="date">${firstOn ?? UNKNOWN}</td>
    <td class="date">${lastOn ?? UNKNOWN}</td>
    <td class="number">${count(days)}</td>
    <td class="number">${count(missingDays)}</td>
    <td class="number"><${Age} of=${newestAt} /></td>
    <td>${askedAt ? html`<${Age} of=${askedAt} />` : "never asked"}${reason && html`<small>${reason}</small>`}</td>
  </tr>`;
}
