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
  const variables = { source, sourceId, uid: asset.uid, note: note || null };
  const accept = () => decide(ACCEPT, variables, `Accepted: ${listing} is ${asset.name}`);
  const reject = () => decide(REJECT, variables, `Rejected: ${listing} is not ${asset.name}`);
  return html`<li class="card">
    <h3>
      ${name ?? sourceId} <span class="symbol">${symbol}</span> <small>${source} ${sourceId}</small><br />
      is <a href=${assetAddress(asset.uid)}>${asset.name}</a> <span class="symbol">${asset.symbol}</span>?
    </h3>
    <p class="fine">
      Score ${link.score.toFixed(4)} by ${link.method}
      ${servedAs && html` · served until then as <a href=${assetAddress(servedAs.uid)}>${servedAs.name}</a>`}
    </p>
    <${Reasons} of=${link.reasons} />
    <${Explanation} source=${source} sourceId=${sourceId} />
    ${error && html`<${Refused} error=${error} />`}
    <div class="buttons">
      <label class="choice wide">Note for those who read it later
        <input value=${note} maxlength="500" onInput=${(event) => setNote(event.currentTarget.value)} />
      </label>
      <${Verdict} name="Accept" of=${`${listing} is ${asset.name}`} class="main" isBusy=${isBusy} press=${accept} />
      <${Verdict} name="Reject" of=${`${listing} is not ${asset.name}`} isBusy=${isBusy} press=${reject} />
    </div>
  </li>`;
}

function Verdict({ name, of, class: kind, isBusy, press }) {
  return html`<button type="button" class=${kind} disabled=${isBusy} aria-label=${`${name}: ${of}`} onClick=${press}>
    ${name}
  </button>`;
}
