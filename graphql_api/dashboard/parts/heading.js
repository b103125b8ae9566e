/** A column's heading; where the column can be sorted by, a button that does so and turns it round. */
import { html } from "../html.js";

/**
 * @typedef {{ children: any, orders?: [string, string], order?: string, class?: string }} Column
 *   `orders`: the one that the first press asks for, and the other way round
 *
 * @param {Column & { sort?: (order: string) => void }} props
 */
export function Heading({ children, orders, order = "", sort, class: name }) {
  if (!orders || !sort) return html`<th scope="col" class=${name}>${children}</th>`;
  const isSorted = orders.includes(order);
  const isAscending = order.endsWith("_ASC");
  const next = order === orders[0] ? orders[1] : orders[0];
  const direction = isAscending ? "ascending" : "descending";
  return html`<th scope="col" class=${name} aria-sort=${isSorted ? direction : "none"}>
    <button type="button" class="sort" onClick=${() => sort(next)}>
      ${children}<span aria-hidden="true">${isSorted ? (isAscending ? "↑" : "↓") : ""}</span>
    </button>
  </th>`;
}
