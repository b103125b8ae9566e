/** The key that requests carry. It is kept for this tab only, and forgotten with it. */
import { store } from "./store.js";

const PLACE = "kasparro-key";

export const key = store(sessionStorage.getItem(PLACE) ?? "");
key.hear((value) => (value ? sessionStorage.setItem(PLACE, value) : sessionStorage.removeItem(PLACE)));

/** What the API refused for want of a key; null: nothing, or a key was given since. */
export const wanted = store(/** @type {string | null} */ (null));

/** @returns {Record<string, string>} */
export function keyHeader() {
  return key.get() ? { "x-api-key": key.get() } : {};
}
