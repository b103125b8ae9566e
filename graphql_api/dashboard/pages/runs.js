/** What ran, what it brought, and where Prefect shows it. */
import { html } from "../html.js";
import { useLive, useQuery } from "../asking/hooks.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { Notices } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { address, go } from "../shell/route.js";
import { useTitle } from "../shell/title.js";
import { count, UNKNOWN } from "../words/numbers.js";
import { took } from "../words/times.js";
import { RUNS, RUN_UPDATES } from "./runs_documents.js";

const OUTCOMES = ["RUNNING", "SUCCESS", "SKIPPED", "PARTIAL", "FAILED"];
const HEADS = [
  ["Run"],
  ["Outcome"],
  ["Began", "number"],
  ["Took", "number"],
  ["Fetched", "number"],
  ["New", "number wide"],
  ["Changed", "number wide"],
  ["Unchanged", "number wide"],
  ["Rejected", "number"],
  ["Published", "number wide"],
  ["Prefect"],
];

/** @param {{ query: Record<string, string> }} props */
export function RunsPage({ query }) {
  useTitle("Runs");
  const { after = null, outcome = null } = query;
  const answer = useQuery(RUNS, { after, outcome });
  useLive(RUN_UPDATES, {}, answer.again, answer.again);
  const runs = answer.data?.runs;
  const next = runs?.pageInfo.hasNextPage && runs.pageInfo.endCursor;
  return html`
    <h1>Runs</h1>
    <div class="tools"><${OutcomeChoice} outcome=${outcome} /></div>
    <${Notices} of=${answer} />
    ${runs?.nodes.length === 0 && html`<p class="empty">There is none.</p>`}
    ${
      runs?.nodes.length > 0 &&
      html`<${Table} caption="Runs, newest first" heads=${HEADS}>
      ${runs.nodes.map((run) => html`<${Row} key=${run.id} run=${run} />`)}
    <//>`
    }
    <nav class="pager" aria-label="Pages of the table">
      ${after && html`<a href=${address("runs", { outcome })}>Newest</a>`}
      ${next && html`<a href=${address("runs", { outcome, after: next })} rel="next">Earlier →</a>`}
    </nav>
  `;
}

function OutcomeChoice({ outcome }) {
  const choose = (event) => go(address("runs", { outcome: event.currentTarget.value }));
  return html`<label class="choice">
    Outcome
    <select value=${outcome ?? ""} onChange=${choose}>
      <option value="">Any</option>
      ${OUTCOMES.map((each) => html`<option key=${each} value=${each}>${each.toLowerCase()}</option>`)}
    </select>
  </label>`;
}

function Row({ run }) {
  return html`<tr class=${run.parentId ? "child" : ""}>
    <th scope="row">${run.flow}<small class="block">${run.source ?? "all sources"}</small></th>
    <td class="words">
      <${Badge} word=${run.outcome} />
      ${run.error && html`<small>${run.error}</small>`}
      ${run.remedy && html`<small>To do: ${run.remedy}</small>`}
    </td>
    <td class="number"><${Age} of=${run.startedAt} /></td>
    <td class="number">${took(run.durationSeconds)}</td>
    <td class="number">${count(run.fetched)}</td>
    <td class="number wide">${count(run.new)}</td>
    <td class="number wide">${count(run.changed)}</td>
    <td class="number wide">${count(run.unchanged)}</td>
    <td class="number">${count(run.rejected)}</td>
    <td class="number wide">${count(run.datasetVersion)}</td>
    <td>
      ${run.prefectUrl ? html`<a href=${run.prefectUrl} aria-label=${`Run ${run.id} in Prefect`}>open</a>` : UNKNOWN}
    </td>
  </tr>`;
}
