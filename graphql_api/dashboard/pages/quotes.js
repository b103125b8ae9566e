/** What each source says now, how far that is from the unified price, and whether it counted. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Listing } from "../parts/listing.js";
import { Percent } from "../parts/percent.js";
import { Table } from "../parts/table.js";
import { difference, fraction, percent, price, sum } from "../words/numbers.js";

const HEADS = [
  ["Source"],
  ["Price, USD", "number"],
  ["From unified", "number"],
  ["24 h", "number"],
  ["Traded 24 h, USD", "number wide"],
  ["Said", "number"],
  ["In the price"],
];

/** @param {{ quotes: any[], price: any }} props */
export function Quotes({ quotes, price: unified }) {
  return html`
    <h2>What sources say</h2>
    ${
      unified?.spread != null &&
      html`<p class="fine">
      Spread ${fraction(unified.spread)}: highest less lowest of those that count, over the price.
    </p>`
    }
    <${Table} caption="Quotes by source" heads=${HEADS}>
      ${quotes.map((quote) => html`<${Row} key=${listing(quote)} quote=${quote} unified=${unified} />`)}
    <//>
  `;
}

function listing({ source, sourceId }) {
  return `${source} ${sourceId}`;
}

function Row({ quote, unified }) {
  const input = unified?.inputs.find((each) => listing(each) === listing(quote));
  return html`<tr>
    <${Listing} of=${quote} />
    <td class="number">${price(quote.priceUsd)}</td>
    <td class="number">${percent(difference(quote.priceUsd, unified?.priceUsd))}</td>
    <td class="number"><${Percent} of=${quote.percentChange24h} /></td>
    <td class="number wide">${sum(quote.volumeUsd24h)}</td>
    <td class="number"><${Age} of=${quote.sourceUpdatedAt ?? quote.fetchedAt} /></td>
    <td>
      ${input ? (input.isUsed ? "yes" : "no") : "–"} ${quote.stale && html`<${Badge} word="STALE" />`}
      ${quote.heldBecause && html` <${Badge} word="HELD" title=${quote.heldBecause} />`}
      ${input && html`<small>${input.reason}</small>`}
    </td>
  </tr>`;
}
