/** A table that scrolls sideways where it must, also by keyboard, and says what it is. */
import { html } from "../html.js";

/**
 * @param {{ caption: string, class?: string, heads: [string, string?][], children: any }} props
 *   `heads`: name and class
 */
export function Table({ caption, class: name, heads, children }) {
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table class=${name}>
      <caption class="hidden">${caption}</caption>
      <thead>
        <tr>${heads.map(([title, kind]) => html`<th key=${title} scope="col" class=${kind}>${title}</th>`)}</tr>
      </thead>
      <tbody>${children}</tbody>
    </table>
  </div>`;
}
