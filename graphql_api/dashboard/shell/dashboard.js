/** The frame around every page: where one can go, whether it is live, and the key. */
import { useEffect, useRef } from "preact/hooks";

import { html } from "../html.js";
import { connection } from "../asking/live.js";
import { useStore } from "../asking/store.js";
import { AssetPage } from "../pages/asset.js";
import { AssetsPage } from "../pages/assets.js";
import { ReviewPage } from "../pages/review.js";
import { RunsPage } from "../pages/runs.js";
import { SourcesPage } from "../pages/sources.js";
import { KeyButton } from "./key_dialog.js";
import { address, useRoute } from "./route.js";

const PAGES = { "": AssetsPage, asset: AssetPage, sources: SourcesPage, runs: RunsPage, review: ReviewPage };
const PLACES = [
  ["", "Assets"],
  ["sources", "Sources"],
  ["runs", "Runs"],
  ["review", "Review"],
];
const GRAPHIQL = document.querySelector('meta[name="graphiql"]')?.getAttribute("content");

/** The whole. */
export function Dashboard() {
  const { page, name, query } = useRoute();
  const Page = PAGES[page] ?? Nowhere;
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  useHeadingOf(`${page}/${name}`, main);
  const skip = (event) => {
    event.preventDefault();
    main.current?.focus();
  };
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <header class="frame">
      <a class="brand" href=${address("")}>Kasparro</a>
      <nav aria-label="Pages">
        ${PLACES.map(([place, title]) => html`<${Place} key=${place} place=${place} title=${title} page=${page} />`)}
        ${GRAPHIQL && html`<a href=${GRAPHIQL}>GraphiQL</a>`}
      </nav>
      <div class="standing"><${Live} /><${KeyButton} /></div>
    </header>
    <main id="content" tabindex="-1" ref=${main}><${Page} key=${`${page}/${name}`} name=${name} query=${query} /></main>
  `;
}

function Place({ place, title, page }) {
  const isHere = place === (page === "asset" ? "" : page);
  return html`<a href=${address(place)} aria-current=${isHere ? "page" : null}>${title}</a>`;
}

/** Tells a page's name to who hears the screen rather than sees it, when one comes from another page. */
function useHeadingOf(place, main) {
  const before = useRef(place);
  useEffect(() => {
    if (before.current !== place) main.current?.focus({ preventScroll: true });
    if (before.current !== place) scrollTo(0, 0);
    before.current = place;
  }, [place]);
}

const SAID = { live: "Live", waiting: "Reconnecting…", refused: "Not live: a key is needed", off: "" };

function Live() {
  const state = useStore(connection);
  return html`<span class="live is-${state}" role="status">${SAID[state]}</span>`;
}

function Nowhere() {
  return html`<h1>There is no such page</h1>
    <p>The <a href=${address("")}>assets</a> are a good place to begin.</p>`;
}
