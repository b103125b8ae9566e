/** What a page says beside its data: that it waits, what was refused and what to do, what the API warned of. */
import { html } from "../html.js";

/** @param {{ of: { data: any, error: any, warnings: string[], isLoading: boolean, again: () => void } }} props */
export function Notices({ of: { data, error, warnings, isLoading, again } }) {
  return html`
    ${error && html`<${Refused} error=${error} again=${again} />`}
    ${!error && warnings.map((warning) => html`<p class="banner doubt" role="status">${warning}</p>`)}
    ${!error && !data && isLoading && html`<p class="waiting" role="status">Loading…</p>`}
  `;
}

/** @param {{ error: Error, again?: () => void }} props */
export function Refused({ error, again }) {
  return html`<p class="banner bad" role="alert">
    ${error.message} ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </p>`;
}
