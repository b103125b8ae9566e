/** The market as a whole, and what is published: the line above the table. */
import { useEffect } from "preact/hooks";

import { html } from "../html.js";
import { useQuery } from "../asking/hooks.js";
import { Age } from "../parts/age.js";
import { Figure } from "../parts/figure.js";
import { count, sum } from "../words/numbers.js";
import { MARKET } from "./assets_documents.js";

const UPSTREAMS = { SANDBOX: "simulated providers", LIVE: "the real providers" };

/** @param {{ version: string | null }} props the publication that was heard of last: a new one is asked for */
export function Market({ version }) {
  const { data, again } = useQuery(MARKET);
  useEffect(() => {
    if (version) again();
  }, [version]);
  const { market, dataset } = data ?? {};
  const published = dataset?.publishedAt;
  return html`<dl class="figures">
    <${Figure} name="Market cap, USD" value=${sum(market?.marketCapUsd)} fine=${market && `${count(market.freshAssets)} fresh prices`} />
    <${Figure} name="Traded in 24 h, USD" value=${sum(market?.volumeUsd24h)} fine=${market && `${count(market.listings)} listings`} />
    <${Figure} name="Assets" value=${count(market?.assets)} fine=${market && `${count(market.sources)} sources`} />
    <${Figure} name="Published" value=${published ? html`<${Age} of=${published} />` : "–"}
      fine=${dataset && `version ${count(dataset.version)}, ${UPSTREAMS[dataset.upstream] ?? "nothing yet"}`} />
  </dl>`;
}
