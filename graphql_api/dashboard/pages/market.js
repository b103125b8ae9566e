/** The market as a whole, and what is published: the line above the table. */
import { useEffect } from "preact/hooks";

import { html } from "../html.js";
import { useQuery } from "../asking/hooks.js";
import { Age } from "../parts/age.js";
import { Figure } from "../parts/figure.js";
import { count, sum } from "../words/numbers.js";
import { MARKET } from "./assets_documents.js";

const UPSTREAMS = { SANDBOX: "simulated providers", LIVE: "the real providers" };
/** Keeps the place of the small print, so that nothing moves when it comes. */
const NOT_YET = "\u00a0";

/** @param {{ version: string | null }} props the publication that was heard of last: a new one is asked for */
export function Market({ version }) {
  const { data, again } = useQuery(MARKET);
  useEffect(() => {
    if (version) again();
  }, [version]);
  const { market, dataset } = data ?? {};
  return html`<dl class="figures">
    <${Figure}
      name="Market cap, USD"
      value=${sum(market?.marketCapUsd)}
      fine=${market ? `${count(market.freshAssets)} fresh prices` : NOT_YET}
    />
    <${Figure}
      name="Traded in 24 h, USD"
      value=${sum(market?.volumeUsd24h)}
      fine=${market ? `${count(market.listings)} listings` : NOT_YET}
    />
    <${Figure}
      name="Assets"
      value=${count(market?.assets)}
      fine=${market ? `${count(market.sources)} sources` : NOT_YET}
    />
    <${Figure}
      name="Published"
      value=${html`<${Age} of=${dataset?.publishedAt} />`}
      fine=${dataset ? `version ${count(dataset.version)}, ${UPSTREAMS[dataset.upstream] ?? "nothing yet"}` : NOT_YET}
    />
  </dl>`;
}
