/** A change in percent: its sign and arrow say what its colour does. */
import { html } from "../html.js";
import { percent } from "../words/numbers.js";

/** @param {{ of: string | number | null }} props */
export function Percent({ of }) {
  const direction = of == null || Number(of) === 0 ? "" : Number(of) > 0 ? "up" : "down";
  return html`<span class="percent ${direction}">${percent(of)}</span>`;
}
