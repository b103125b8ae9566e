/** A word that stands out: stale, held, a state. Its colour repeats what the word says. */
import { html } from "../html.js";

const TONES = {
  SUCCESS: "good",
  HEALTHY: "good",
  ACCEPTED: "good",
  RUNNING: "busy",
  PARTIAL: "doubt",
  REVIEW: "doubt",
  HELD: "doubt",
  STALE: "doubt",
  FAILED: "bad",
  REJECTED: "bad",
};

/** @param {{ word: string | null, title?: string }} props */
export function Badge({ word, title }) {
  const said = word ?? "NEVER RAN";
  const shown = said.toLowerCase().replaceAll("_", " ");
  return html`<span class="badge ${TONES[said] ?? "plain"}" title=${title}>${shown}</span>`;
}
