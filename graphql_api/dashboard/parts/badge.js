/** A word that stands out: stale, held, a state. Its colour repeats what the word says. */
import { html } from "../html.js";

const TONES = {
  SUCCESS: "good",
  OK: "good",
  ACCEPTED: "good",
  RUNNING: "busy",
  PARTIAL: "doubt",
  SLOWED: "doubt",
  REVIEW: "doubt",
  HELD: "doubt",
  STALE: "doubt",
  FAILED: "bad",
  FAILING: "bad",
  BENCHED: "bad",
  REJECTED: "bad",
};

/** @param {{ word: string, title?: string }} props */
export function Badge({ word, title }) {
  const shown = word.toLowerCase().replaceAll("_", " ");
  return html`<span class="badge ${TONES[word] ?? "plain"}" title=${title}>${shown}</span>`;
}
