/** What speaks for a link and against it, a line each. */
import { html } from "../html.js";

/** @param {{ of: string[] }} props */
export function Reasons({ of }) {
  return html`<ul class="plain">${of.map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>`;
}
