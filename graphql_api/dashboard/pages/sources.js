/** How each source does: whether it answers, what it may still be asked, and what of it could not be used. */
import { html } from "../html.js";
import { graphql } from "../asking/ask.js";
import { useLive, useQuery } from "../asking/hooks.js";
import { Age } from "../parts/age.js";
import { Notices } from "../parts/notices.js";
import { Table } from "../parts/table.js";
import { useTitle } from "../shell/title.js";
import { count } from "../words/numbers.js";
import { RUN_UPDATES } from "./runs_documents.js";
import { SourceCard } from "./source_card.js";

const SOURCES = graphql`
  query Sources {
    sources(first: 30) {
      name title state failures failingSince nextTryAt reason remedy lastSuccessAt
      lastRun { startedAt }
      totals { listings quotes rejects runs held }
      budget {
        requestsPerMinute allowedPerMinute limit spent spentCurrent spentHistory left
        periodEndsAt pausedUntil nextAt reason
      }
      driftFields(first: 50) { feed field example firstSeenAt }
    }
    rejects(first: 50) {
      nodes { id source feed recordId reason detail rejectedAt runId }
      totalCount
    }
  }
`;

export function SourcesPage() {
  useTitle("Sources");
  const answer = useQuery(SOURCES);
  useLive(RUN_UPDATES, {}, answer.again, answer.again);
  const { sources, rejects } = answer.data ?? {};
  return html`
    <h1>Sources</h1>
    <${Notices} of=${answer} />
    ${sources?.length === 0 && html`<p class="empty">No source is known yet: the first run makes them known.</p>`}
    <div class="cards">${sources?.map((source) => html`<${SourceCard} key=${source.name} source=${source} />`)}</div>
    ${rejects && html`<${Rejects} of=${rejects} />`}
  `;
}

const HEADS = [["Source"], ["Record"], ["Why"], ["When", "number"]];

function Rejects({ of: { nodes, totalCount } }) {
  if (totalCount === 0) return html`<h2>Rejected records</h2><p>None: everything that was received could be used.</p>`;
  const more = totalCount > nodes.length ? `, the newest ${nodes.length} of ${count(totalCount)}` : "";
  return html`
    <h2>Rejected records${more}</h2>
    <p class="fine">
      Each is kept as it was received, with the reason. <code>python -m flows replay</code> understands them again after
      a repair.
    </p>
    <${Table} caption="Rejected records" heads=${HEADS}>
      ${nodes.map(
        (each) => html`<tr key=${each.id}>
        <th scope="row">${each.source}<small class="block">${each.feed}</small></th>
        <td><code>${each.recordId}</code></td>
        <td class="words"><strong>${each.reason.replaceAll("_", " ")}</strong><small>${each.detail}</small></td>
        <td class="number"><${Age} of=${each.rejectedAt} /></td>
      </tr>`,
      )}
    <//>
  `;
}
