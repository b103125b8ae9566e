/** All assets, page by page: searched, sorted, in a currency, and live. */
import { useEffect, useState } from "preact/hooks";

import { html } from "../html.js";
import { currency } from "../asking/currency.js";
import { useLive, useQuery } from "../asking/hooks.js";
import { useStore } from "../asking/store.js";
import { CurrencyChoice } from "../parts/currency_choice.js";
import { Notices } from "../parts/notices.js";
import { address, go } from "../shell/route.js";
import { useTitle } from "../shell/title.js";
import { count } from "../words/numbers.js";
import { AssetTable } from "./asset_table.js";
import { PAGE, SEARCH, UPDATES } from "./assets_documents.js";
import { Market } from "./market.js";

const ROWS = 50;
const TYPING = 200;
const UNPUBLISHED = "Nothing was published yet: the first run does that.";
const LARGEST_FIRST = "MARKET_CAP_DESC";

/** @param {{ query: Record<string, string> }} props */
export function AssetsPage({ query }) {
  useTitle("Assets");
  const text = query.q ?? "";
  const list = useAssets(query);
  const { news, since } = useNews(list);
  return html`
    <h1>Assets</h1>
    <${Market} version=${since} />
    <form class="tools" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${SearchBox} text=${text} />
      <${CurrencyChoice} />
    </form>
    <${Notices} of=${list} />
    <p class="hidden" role="status">${news}</p>
    ${list.rows && html`<${Found} list=${list} query=${query} />`}
  `;
}

/** The rows of the page, or of the search, that the address asks for. */
function useAssets(query) {
  const text = query.q ?? "";
  const paging = query.before ? { last: ROWS, before: query.before } : { first: ROWS, after: query.after ?? null };
  const order = query.sort ?? LARGEST_FIRST;
  const told = { currency: useStore(currency) };
  const page = useQuery(PAGE, text ? null : { ...told, ...paging, order });
  const search = useQuery(SEARCH, text ? { ...told, text } : null);
  const asked = text ? search : page;
  const rows = text ? search.data?.search.map((hit) => hit.asset) : page.data?.assets.nodes;
  return { ...asked, rows, currency: asked.of?.currency ?? told.currency, order };
}

/** Puts prices in as they are published; says so, and since when. */
function useNews(list) {
  const [news, setNews] = useState({ said: "", since: null });
  const uids = list.rows?.length ? list.rows.map((row) => row.uid).sort() : null;
  const variables = uids && { uids, currency: list.currency };
  useLive(
    UPDATES,
    variables,
    ({ priceUpdates: { changed, assets, publishedAt } }) => {
      const told = new Map(assets.map((asset) => [asset.uid, asset]));
      list.patch((data) => withPrices(data, told));
      setNews({ said: `${changed} prices changed at ${publishedAt.slice(11, 16)} UTC`, since: publishedAt });
    },
    list.again,
  );
  return { news: news.said, since: news.since };
}

function withPrices(data, told) {
  const renewed = (row) => (told.has(row.uid) ? { ...row, ...told.get(row.uid), before: row.price?.amount } : row);
  if (data.search) return { ...data, search: data.search.map((hit) => ({ ...hit, asset: renewed(hit.asset) })) };
  return { ...data, assets: { ...data.assets, nodes: data.assets.nodes.map(renewed) } };
}

function SearchBox({ text }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return undefined;
    const timer = setTimeout(() => go(address("", { q: typed }), { inPlace: Boolean(text) }), TYPING);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`<label class="choice wide">
    Search
    <input type="search" value=${typed} placeholder="Name, symbol, uid or contract address" maxlength="200"
      onInput=${(event) => setTyped(event.currentTarget.value)} />
  </label>`;
}

function Found({ list, query }) {
  if (list.rows.length === 0) {
    const why = query.q ? `Nothing is called “${query.q}”. Try its symbol, or a part of its name.` : UNPUBLISHED;
    return html`<p class="empty">${why}</p>`;
  }
  const sort = query.q ? undefined : (order) => go(address("", { sort: order }));
  return html`
    <${AssetTable} rows=${list.rows} currency=${list.currency} order=${query.q ? "" : list.order} sort=${sort}
      caption=${query.q ? `What “${query.q}” may mean, best match first` : "Assets"} />
    ${!query.q && html`<${Pager} of=${list.data.assets} order=${list.order} />`}
  `;
}

function Pager({ of: { pageInfo, totalCount }, order }) {
  const sort = order === LARGEST_FIRST ? null : order;
  const to = (query) => address("", { sort, ...query });
  return html`<nav class="pager" aria-label="Pages of the table">
    ${pageInfo.hasPreviousPage && html`<a href=${to({ before: pageInfo.startCursor })} rel="prev">← Before</a>`}
    <span>${count(totalCount)} assets</span>
    ${pageInfo.hasNextPage && html`<a href=${to({ after: pageInfo.endCursor })} rel="next">Next →</a>`}
  </nav>`;
}
