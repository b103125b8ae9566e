/** One doubt, with what speaks for it, and the two ways to settle it. */
import { useState } from "preact/hooks";

import { html } from "../html.js";
import { useDeciding } from "../asking/deciding.js";
import { Refused } from "../parts/notices.js";
import { Reasons } from "../parts/reasons.js";
import { assetAddress } from "../shell/route.js";
import { Explanation } from "./explanation.js";
import { ACCEPT, REJECT } from "./review_documents.js";

/** @param {{ of: any, settle: (what: any) => void }} props */
export function ReviewCase({ of: { name, symbol, link, asset, servedAs }, settle }) {
  const [note, setNote] = useState("");
  const { decide, isBusy, error } = useDeciding(settle);
  const { source, sourceId } = link;
  const listing = `${name ?? sourceId} of ${source}`;
  const send = (document, verdict) =>
    decide(document, { source, sourceId, uid: asset.uid, note: note || null }, `${verdict}: ${listing} and ${asset.name}`);
  return html`<li class="card">
    <h3>
      ${name ?? sourceId} <span class="symbol">${symbol}</span> <small>${source} ${sourceId}</small><br />
      is <a href=${assetAddress(asset.uid)}>${asset.name}</a> <span class="symbol">${asset.symbol}</span>?
    </h3>
    <p class="fine">Score ${link.score.toFixed(4)} by ${link.method}${servedAs && html` · served until then as <a href=${assetAddress(servedAs.uid)}>${servedAs.name}</a>`}</p>
    <${Reasons} of=${link.reasons} />
    <${Explanation} source=${source} sourceId=${sourceId} />
    ${error && html`<${Refused} error=${error} />`}
    <div class="buttons">
      <label class="choice wide">Note for those who read it later
        <input value=${note} maxlength="500" onInput=${(event) => setNote(event.currentTarget.value)} />
      </label>
      <button type="button" class="main" disabled=${isBusy} aria-label=${`Accept: ${listing} is ${asset.name}`} onClick=${() => send(ACCEPT, "Accepted")}>Accept</button>
      <button type="button" disabled=${isBusy} aria-label=${`Reject: ${listing} is not ${asset.name}`} onClick=${() => send(REJECT, "Rejected")}>Reject</button>
    </div>
  </li>`;
}
