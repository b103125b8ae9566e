/** Why each source's listing is taken to be the asset. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Listing } from "../parts/listing.js";
import { Reasons } from "../parts/reasons.js";
import { Table } from "../parts/table.js";
import { Explanation } from "./explanation.js";

const HEADS = [["Listing"], ["Score and reasons", "words"], ["Decided"]];

/** @param {{ links: any[] }} props */
export function Links({ links }) {
  return html`
    <h2>Why these listings</h2>
    <${Table} caption="Links, with score and reasons" heads=${HEADS}>
      ${surestFirst(links).map((link, index) => html`<${Row} key=${index} link=${link} />`)}
    <//>
  `;
}

function surestFirst(links) {
  return [...links].sort((one, other) => one.state.localeCompare(other.state) || other.score - one.score);
}

function Row({ link }) {
  return html`<tr>
    <${Listing} of=${link}><${Badge} word=${link.state} /><//>
    <td class="words top">
      <strong>${link.score.toFixed(4)}</strong> by ${link.method}
      <${Reasons} of=${link.reasons} />
      <${Explanation} source=${link.source} sourceId=${link.sourceId} />
    </td>
    <td class="top">${link.decidedBy}<small><${Age} of=${link.decidedAt} /></small></td>
  </tr>`;
}
