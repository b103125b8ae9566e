/** What else a listing could have been: asked for when somebody wants to know. */
import { useState } from "preact/hooks";

import { html } from "../html.js";
import { graphql } from "../asking/ask.js";
import { useQuery } from "../asking/hooks.js";
import { Badge } from "../parts/badge.js";
import { Notices } from "../parts/notices.js";
import { Reasons } from "../parts/reasons.js";
import { assetAddress } from "../shell/route.js";

const EXPLAIN = graphql`
  query Explain($source: String!, $sourceId: String!) {
    explainLink(source: $source, sourceId: $sourceId) {
      accepted { ...Considered }
      others { ...Considered }
      earlier { ...Considered }
    }
  }
  fragment Considered on Candidate {
    link { state method score reasons retiredAt retiredBecause decidedBy }
    asset { uid name symbol }
  }
`;

/** @param {{ source: string, sourceId: string }} props */
export function Explanation({ source, sourceId }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>What else was considered</summary>
    ${isOpen && html`<${Candidates} source=${source} sourceId=${sourceId} />`}
  </details>`;
}

function Candidates({ source, sourceId }) {
  const answer = useQuery(EXPLAIN, { source, sourceId });
  const { accepted, others = [], earlier = [] } = answer.data?.explainLink ?? {};
  const all = [accepted, ...others, ...earlier].filter(Boolean);
  return html`
    <${Notices} of=${answer} />
    ${answer.data && all.length === 0 && html`<p>Nothing: no asset with a price is near it.</p>`}
    <ul class="candidates">${all.map((each, index) => html`<${Considered} key=${index} of=${each} />`)}</ul>
  `;
}

function Considered({ of: { link, asset } }) {
  return html`<li>
    <a href=${assetAddress(asset.uid)}>${asset.name}</a> <span class="symbol">${asset.symbol}</span>
    ${" "}<${Badge} word=${link.retiredAt ? "RETIRED" : link.state} />
    ${" "}${link.score.toFixed(4)} by ${link.method}, ${link.decidedBy}
    <${Reasons} of=${link.retiredBecause ? [link.retiredBecause] : link.reasons} />
  </li>`;
}
