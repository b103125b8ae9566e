/** One asset: its price, its past, who says what of it, and why they are taken to mean it. */
import { html } from "../html.js";
import { currency } from "../asking/currency.js";
import { useLive, useQuery } from "../asking/hooks.js";
import { useStore } from "../asking/store.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Confidence } from "../parts/confidence.js";
import { CurrencyChoice } from "../parts/currency_choice.js";
import { Figure } from "../parts/figure.js";
import { Notices } from "../parts/notices.js";
import { Percent } from "../parts/percent.js";
import { address } from "../shell/route.js";
import { useTitle } from "../shell/title.js";
import { count, fraction, price, sum } from "../words/numbers.js";
import { moment } from "../words/times.js";
import { ASSET, ASSET_UPDATES } from "./asset_documents.js";
import { Coverage } from "./coverage.js";
import { History } from "./history.js";
import { Links } from "./links.js";
import { Quotes } from "./quotes.js";

/** @param {{ name: string }} props the asset's uid */
export function AssetPage({ name: uid }) {
  const code = useStore(currency);
  const answer = useQuery(ASSET, { uid, currency: code });
  const asset = answer.data?.asset;
  useTitle(asset?.name ?? uid);
  useLive(ASSET_UPDATES, asset ? { uids: [asset.uid] } : null, answer.again, answer.again);
  return html`
    <p class="trail"><a href=${address("")}>Assets</a></p>
    <${Notices} of=${answer} />
    ${asset && html`<${Shown} of=${answer} asked=${uid} />`}
    ${answer.data && !asset && html`<${Nobody} uid=${uid} />`}
  `;
}

function Nobody({ uid }) {
  return html`<h1>${uid}</h1>
    <p>There is no asset of this uid. Search for it among the <a href=${address("")}>assets</a>.</p>`;
}

function Shown({ of: { data, of }, asked }) {
  const { asset, coverage } = data;
  const sources = [...new Set(asset.quotes.map((quote) => quote.source))];
  const days = Math.max(0, ...coverage.map((each) => each.days));
  return html`
    <div class="head">
      <h1>${asset.name} <span class="symbol">${asset.symbol}</span></h1>
      <${CurrencyChoice} />
    </div>
    ${asked !== asset.uid && html`<p class="banner doubt">${asked} became ${asset.name}, which is shown.</p>`}
    ${asset.retiredAt && html`<p class="banner doubt">No asset of its own since ${moment(asset.retiredAt)}.</p>`}
    <${Price} of=${asset.price} currency=${of.currency} />
    <${Figures} asset=${asset} />
    <${History} uid=${asset.uid} name=${asset.name} sources=${sources}
      currency=${of.currency} days=${days} />
    <${Quotes} quotes=${asset.quotes} price=${asset.price} />
    <${Links} links=${asset.links} />
    <${Coverage} of=${coverage} />
    <${Addresses} of=${asset.addresses} />
  `;
}

function Price({ of, currency: code }) {
  if (!of) return html`<p class="empty">It has no price: none was drawn since its listings changed.</p>`;
  const used = of.inputs.filter((input) => input.isUsed).map((input) => input.source);
  return html`<p class="large">
      ${price(of.amount)} <span class="symbol">${code.toUpperCase()}</span>
      ${of.stale && html` <${Badge} word="STALE" />`}
    </p>
    <p class="fine">
      ${of.method.replaceAll("_", " ")}${used.length > 0 && ` of ${used.join(", ")}`} · <${Age} of=${of.asOf} />
      ${of.rateAsOf && html` · rate of <${Age} of=${of.rateAsOf} />`}${of.reason && ` · ${of.reason}`}
    </p>`;
}

function Figures({ asset }) {
  const { price: unified, maxSupply } = asset;
  return html`<dl class="figures">
    <${Figure} name="Change over" value=${html`<${Changes} asset=${asset} />`} />
    <${Figure}
      name="Market cap, USD"
      value=${sum(asset.marketCapUsd)}
      fine=${asset.rank && `rank ${count(asset.rank)}`}
    />
    <${Figure} name="Traded in 24 h, USD" value=${sum(asset.volumeUsd24h)} />
    <${Figure}
      name="Confidence"
      value=${html`<${Confidence} of=${unified?.confidence} />`}
      fine=${`spread ${fraction(unified?.spread)}`}
    />
    <${Figure}
      name="In circulation"
      value=${sum(asset.circulatingSupply)}
      fine=${maxSupply && `of ${sum(maxSupply)} at most`}
    />
  </dl>`;
}

function Changes({ asset }) {
  return html`<span class="three">
    <span><small>1 h</small><${Percent} of=${asset.percentChange1h} /></span>
    <span><small>24 h</small><${Percent} of=${asset.percentChange24h} /></span>
    <span><small>7 d</small><${Percent} of=${asset.percentChange7d} /></span>
  </span>`;
}

function Addresses({ of }) {
  if (of.length === 0) return null;
  return html`<h2>Contract addresses</h2>
    <details>
      <summary>${of.length === 1 ? "1 address" : `${of.length} addresses`}</summary>
      <ul class="plain">${of.map((each) => html`<li key=${each}><code>${each}</code></li>`)}</ul>
    </details>`;
}
