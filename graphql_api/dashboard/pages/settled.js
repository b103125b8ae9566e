/** What was settled just now, what follows of it, and the way back. */
import { html } from "../html.js";
import { useDeciding } from "../asking/deciding.js";
import { Refused } from "../parts/notices.js";
import { UNDO } from "./review_documents.js";

/** @param {{ what: any, settle: (what: any) => void }} props */
export function Settled({ what, settle }) {
  const { decide, isBusy, error } = useDeciding(settle);
  const undo = () => decide(UNDO, { id: what.decision.id }, `Taken back: ${what.said}`);
  const isUndone = what?.said.startsWith("Taken back");
  return html`
    <div role="status">
      ${
        what &&
        html`<p class="banner good">
        ${what.said}. ${what.run ? `Prices follow with the run ${what.run.name}.` : ""}
        ${what.decision && !isUndone && html`<button type="button" disabled=${isBusy} onClick=${undo}>Undo</button>`}
      </p>`
      }
      ${what?.warning && html`<p class="banner doubt">${what.warning}</p>`}
    </div>
    ${error && html`<${Refused} error=${error} />`}
  `;
}
