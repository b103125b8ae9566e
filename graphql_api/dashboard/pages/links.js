/** Why each source's listing is taken to be the asset. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Reasons } from "../parts/reasons.js";
import { Table } from "../parts/table.js";
import { Explanation } from "./explanation.js";

const HEADS = [["Listing"], ["State"], ["Score", "number"], ["By what"], ["Why", "words"], ["Decided"]];

/** @param {{ links: any[] }} props */
export function Links({ links }) {
  return html`
    <h2>Why these listings</h2>
    <${Table} caption="Links, with score and reasons" heads=${HEADS}>
      ${surestFirst(links).map((link) => html`<${Row} key=${`${link.source} ${link.sourceId} ${link.decidedAt}`} link=${link} />`)}
    <//>
  `;
}

function surestFirst(links) {
  return [...links].sort((one, other) => one.state.localeCompare(other.state) || other.score - one.score);
}

function Row({ link }) {
  return html`<tr>
    <th scope="row" class="top">${link.source}<small class="block">${link.sourceId}</small></th>
    <td class="top"><${Badge} word=${link.state} /></td>
    <td class="top number">${link.score.toFixed(4)}</td>
    <td class="top">${link.method}</td>
    <td class="words top">
      <${Reasons} of=${link.reasons} />
      <${Explanation} source=${link.source} sourceId=${link.sourceId} />
    </td>
    <td class="top">${link.decidedBy}<small><${Age} of=${link.decidedAt} /></small></td>
  </tr>`;
}
