/** Quotes that a guard holds, and letting one through or saying that it is wrong. */
import { html } from "../html.js";
import { useDeciding } from "../asking/deciding.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Refused } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { assetAddress } from "../shell/route.js";
import { counted, price } from "../words/numbers.js";
import { REFUSE, RELEASE } from "./review_documents.js";

const HEADS = [
  ["Listing"],
  ["Says, USD", "number"],
  ["Known, USD", "number"],
  ["Why", "words"],
  ["Seen", "number"],
  ["Let through, or not"],
];

/** @param {{ of: any[], settle: (what: any) => void }} props */
export function HeldQuotes({ of, settle }) {
  if (of.length === 0) return html`<p class="empty">None: no guard doubts a quote.</p>`;
  return html`<${Table} caption="Held quotes" heads=${HEADS}>
    ${of.map((held) => html`<${Row} key=${held.id} held=${held} settle=${settle} />`)}
  <//>`;
}

function Row({ held, settle }) {
  const { decide, isBusy, error } = useDeciding(settle);
  const name = held.name ?? held.sourceId;
  const called = `${name} of ${held.source}`;
  const release = () => decide(RELEASE, { id: held.id }, `Released: ${called}`);
  const refuse = () => decide(REFUSE, { id: held.id }, `Rejected: ${called}`);
  return html`<tr>
    <th scope="row">
      ${held.asset ? html`<a href=${assetAddress(held.asset.uid)}>${name}</a>` : name}
      <small class="block">${held.source} ${held.sourceId}</small>
    </th>
    <td class="number">${price(held.priceUsd)}</td>
    <td class="number">${price(held.knownUsd)}</td>
    <td class="words">
      <${Badge} word=${held.reason} /><small>${held.detail}</small>
      ${error && html`<${Refused} error=${error} />`}
    </td>
    <td class="number"><${Age} of=${held.lastSeenAt} /><small>${counted(held.timesSeen, "time")}</small></td>
    <td>
      <div class="buttons">
        <button type="button" disabled=${isBusy} aria-label=${`Release ${called}`} onClick=${release}>Release</button>
        <button type="button" disabled=${isBusy} aria-label=${`Reject ${called}`} onClick=${refuse}>Reject</button>
      </div>
    </td>
  </tr>`;
}
