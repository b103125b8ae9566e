/** A source and its own id of a coin, as the heading of a row. */
import { html } from "../html.js";

/** @param {{ of: { source: string, sourceId: string }, children?: any }} props */
export function Listing({ of: { source, sourceId }, children }) {
  return html`<th scope="row" class=${children ? "top" : ""}>
    ${source}<small class="block">${sourceId}</small>
    ${children}
  </th>`;
}
