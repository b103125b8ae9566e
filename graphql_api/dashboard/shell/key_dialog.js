/** The key: asked for when something is refused for want of one, kept for this tab, forgotten on request. */
import { useEffect, useRef } from "preact/hooks";

import { html } from "../html.js";
import { key, wanted } from "../asking/key.js";
import { useStore } from "../asking/store.js";

/** A button that opens the dialog, which also opens by itself when a key is wanted. */
export function KeyButton() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const given = useStore(key);
  const reason = useStore(wanted);
  useEffect(() => {
    if (reason !== null && !dialog.current?.open) dialog.current?.showModal();
  }, [reason]);
  return html`
    <button type="button" onClick=${() => dialog.current?.showModal()}>${given ? "Key in use" : "Key"}</button>
    <dialog ref=${dialog} aria-labelledby="key-title" onClose=${() => wanted.set(null)}>
      <${KeyForm} reason=${reason} given=${given} close=${() => dialog.current?.close()} />
    </dialog>
  `;
}

function KeyForm({ reason, given, close }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const use = (value) => {
    key.set(value);
    close();
  };
  const submit = (event) => {
    event.preventDefault();
    use(input.current?.value.trim() ?? "");
  };
  return html`<form onSubmit=${submit}>
    <h2 id="key-title">API key</h2>
    ${reason && html`<p class="banner doubt">${reason}</p>`}
    <label for="key">A key of API_KEYS to read, or of ADMIN_KEYS to decide as well</label>
    <input id="key" ref=${input} type="password" autocomplete="off" required />
    <p class="fine">It stays in this tab, and is sent to this API only, as x-api-key.</p>
    <div class="buttons">
      <button type="submit" class="main">Use it</button>
      ${given && html`<button type="button" onClick=${() => use("")}>Forget the one in use</button>`}
      <button type="button" onClick=${close}>Cancel</button>
    </div>
  </form>`;
}
