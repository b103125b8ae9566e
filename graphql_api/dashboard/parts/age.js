/** How old something is, counted on while one looks; hovering says exactly when it was. */
import { html } from "../html.js";
import { store, useStore } from "../asking/store.js";
import { ago, moment } from "../words/times.js";

const LOOK_AGAIN_AFTER = 5000;

const now = store(Date.now());
setInterval(() => now.set(Date.now()), LOOK_AGAIN_AFTER);

/** @param {{ of: string | null }} props */
export function Age({ of }) {
  const at = useStore(now);
  if (of == null) return html`<span>–</span>`;
  return html`<time datetime=${of} title=${moment(of)}>${ago(of, Math.max(at, Date.now()))}</time>`;
}
