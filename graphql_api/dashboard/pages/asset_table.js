/** The table of assets. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Confidence } from "../parts/confidence.js";
import { Heading } from "../parts/heading.js";
import { Percent } from "../parts/percent.js";
import { Sparkline } from "../parts/sparkline.js";
import { assetAddress } from "../shell/route.js";
import { count, counted, price, sum } from "../words/numbers.js";

/** @param {{ rows: any[], currency: string, order: string, sort?: (order: string) => void, caption: string }} props */
export function AssetTable({ rows, currency, order, sort, caption }) {
  const by = { order, sort };
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0"><table class="assets">
    <caption class="hidden">${caption}</caption>
    <thead>
      <tr>
        <${Heading} ...${by} class="number rank" orders=${["RANK_ASC", "RANK_DESC"]}>#<//>
        <${Heading} ...${by} orders=${["NAME_ASC", "NAME_DESC"]}>Name<//>
        <${Heading} ...${by} class="number" orders=${["PRICE_DESC", "PRICE_ASC"]}>Price, ${currency.toUpperCase()}<//>
        <${Heading} ...${by} class="number" orders=${["CHANGE_24H_DESC", "CHANGE_24H_ASC"]}>24 h<//>
        <${Heading} class="number wide">7 d<//>
        <${Heading} ...${by} class="number wide" orders=${["MARKET_CAP_DESC", "MARKET_CAP_ASC"]}>Market cap, USD<//>
        <${Heading} class="number widest">Traded 24 h, USD<//>
        <${Heading} class="number wide">Confidence<//>
        <${Heading} class="middle">Last 7 days<//>
      </tr>
    </thead>
    <tbody>
      ${rows.map((asset) => html`<${Row} key=${asset.uid} asset=${asset} />`)}
    </tbody>
  </table></div>`;
}

function Row({ asset }) {
  return html`<tr>
    <td class="number rank">${count(asset.rank)}</td>
    <th scope="row">
      <a href=${assetAddress(asset.uid)}>${asset.name}</a> <span class="symbol">${asset.symbol}</span>
    </th>
    <${Price} of=${asset.price} before=${asset.before} />
    <td class="number"><${Percent} of=${asset.percentChange24h} /></td>
    <td class="number wide"><${Percent} of=${asset.percentChange7d} /></td>
    <td class="number wide">${sum(asset.marketCapUsd)}</td>
    <td class="number widest">${sum(asset.volumeUsd24h)}</td>
    <td class="number wide"><${Confidence} of=${asset.price?.confidence} /></td>
    <td class="middle"><${Sparkline} values=${asset.sparkline} over="7 days" /></td>
  </tr>`;
}

/** A price with what it was drawn from and how old it is; one that just changed shows for a moment which way. */
function Price({ of, before }) {
  const used = new Set(of?.inputs.filter((input) => input.isUsed).map((input) => input.source));
  return html`<td class="number price" title=${of?.reason ?? [...used].join(", ")}>
    <span key=${of?.amount} class="amount ${moved(of?.amount, before)}">${price(of?.amount)}</span>
    <small>
      ${of?.stale && html`<${Badge} word="STALE" /> `}
      ${of && html`${counted(used.size, "source")} · <${Age} of=${of.asOf} />`}
    </small>
  </td>`;
}

function moved(amount, before) {
  if (amount == null || before == null || amount === before) return "";
  return Number(amount) > Number(before) ? "rose" : "fell";
}
