/** Which page is shown, as the address says after its `#`: `#/asset/bitcoin`, `#/?sort=PRICE_DESC`. */
import { useEffect, useState } from "preact/hooks";

/** @typedef {{ page: string, name: string, query: Record<string, string> }} Route */

/** @returns {Route} */
function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", ...names] = path.split("/").map(decodeURIComponent);
  return { page, name: names.join("/"), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @returns {Route} */
export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const look = () => setRoute(read());
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return route;
}

/**
 * @param {string} page
 * @param {Record<string, string | null | undefined>} [query] what is empty is left out
 */
export function address(page, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value);
  return `#/${page}${said.length ? `?${new URLSearchParams(/** @type {[string, string][]} */ (said))}` : ""}`;
}

/** @param {string} uid */
export function assetAddress(uid) {
  return address(`asset/${encodeURIComponent(uid)}`);
}

/** Goes to an address; in place of the one before, where that was but a step on the way. */
export function go(to, { inPlace = false } = {}) {
  if (inPlace) location.replace(to);
  else location.hash = to;
}
