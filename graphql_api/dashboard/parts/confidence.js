/** How far a price may be trusted, as a number and a bar. */
import { html } from "../html.js";
import { UNKNOWN } from "../words/numbers.js";

/** @param {{ of: number | null }} props */
export function Confidence({ of }) {
  if (of == null) return html`<span>${UNKNOWN}</span>`;
  const percent = Math.round(100 * of);
  return html`<span class="confidence">
    ${percent} %
    <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="4" rx="2" />
      <rect class=${of < 0.5 ? "doubt" : "good"} width=${percent} height="4" rx="2" />
    </svg>
  </span>`;
}
