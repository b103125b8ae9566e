/** What waits for a person: doubtful links to accept or reject, and held quotes to release or reject. */
import { useState } from "preact/hooks";

import { html } from "../html.js";
import { useLive, useQuery } from "../asking/hooks.js";
import { Notices } from "../parts/notices.js";
import { address } from "../shell/route.js";
import { useTitle } from "../shell/title.js";
import { count } from "../words/numbers.js";
import { HeldQuotes } from "./held_quotes.js";
import { HELD, QUEUE } from "./review_documents.js";
import { ReviewCase } from "./review_case.js";
import { RUN_UPDATES } from "./runs_documents.js";
import { Settled } from "./settled.js";

/** @param {{ query: Record<string, string> }} props */
export function ReviewPage({ query }) {
  useTitle("Review");
  const cases = useQuery(QUEUE, { after: query.after ?? null });
  const held = useQuery(HELD);
  const [settled, setSettled] = useState(/** @type {any} */ (null));
  const look = () => {
    cases.again();
    held.again();
  };
  const settle = (what) => {
    setSettled(what);
    look();
  };
  useLive(RUN_UPDATES, {}, look, look);
  const queue = cases.data?.reviewQueue;
  const next = queue?.pageInfo.hasNextPage && queue.pageInfo.endCursor;
  return html`
    <h1>Review</h1>
    <p>What is settled here holds at once, outranks the matcher for ever, and carries the name of your key.</p>
    <${Settled} what=${settled} settle=${settle} />
    <h2>Is this listing that asset?${queue && ` (${count(queue.totalCount)})`}</h2>
    <${Notices} of=${cases} />
    ${queue?.totalCount === 0 && html`<p class="empty">Nothing is in doubt.</p>`}
    <ol class="cases">
      ${queue?.nodes.map((each) => html`<${ReviewCase} key=${key(each)} of=${each} settle=${settle} />`)}
    </ol>
    <nav class="pager" aria-label="Pages of the queue">
      ${query.after && html`<a href=${address("review")}>The likeliest</a>`}
      ${next && html`<a href=${address("review", { after: next })} rel="next">Next →</a>`}
    </nav>
    <h2>Held quotes${held.data && ` (${count(held.data.heldQuotes.totalCount)})`}</h2>
    <${Notices} of=${held} />
    ${held.data && html`<${HeldQuotes} of=${held.data.heldQuotes.nodes} settle=${settle} />`}
  `;
}

function key({ link, asset }) {
  return `${link.source} ${link.sourceId} ${asset.uid}`;
}
