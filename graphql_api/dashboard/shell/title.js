/** The title of the browser's tab, by the page that is shown. */
import { useEffect } from "preact/hooks";

/** @param {string} title */
export function useTitle(title) {
  useEffect(() => {
    document.title = `${title} · Kasparro`;
  }, [title]);
}
