/** One source: its state in a word, and what stands behind it. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { count, counted } from "../words/numbers.js";
import { day, moment } from "../words/times.js";

const STOPPED = new Set(["FAILING", "BENCHED"]);

/** @param {{ source: any }} props */
export function SourceCard({ source }) {
  const { name, title, state, lastRun, lastSuccessAt, totals, budget, driftFields } = source;
  return html`<section class="card" aria-labelledby=${`source-${name}`}>
    <h2 id=${`source-${name}`}>${title} <${Badge} word=${state} /></h2>
    <p class="fine">
      Last success <${Age} of=${lastSuccessAt} />${lastRun && html` · last run <${Age} of=${lastRun.startedAt} />`}
    </p>
    ${source.reason && html`<${Trouble} of=${source} />`}
    <${Budget} of=${budget} told=${source.reason} />
    <dl class="pairs">
      <${Pair} name="Listings" value=${count(totals.listings)} />
      <${Pair} name="Published prices" value=${count(totals.quotes)} />
      <${Pair} name="Held quotes" value=${count(totals.held)} />
      <${Pair} name="Rejected records" value=${count(totals.rejects)} />
      <${Pair} name="Runs" value=${count(totals.runs)} />
    </dl>
    <${Drift} fields=${driftFields} />
  </section>`;
}

/** Why it is not as it should be, what to do, and when it is asked again. */
function Trouble({ of: { state, reason, remedy, failures, failingSince, nextTryAt } }) {
  return html`<p class="banner ${STOPPED.has(state) ? "bad" : "doubt"}">
    ${reason}${remedy && html`<br />To do: ${remedy}`}
    ${failures > 0 && html`<br />${counted(failures, "run")} in a row failed, since <${Age} of=${failingSince} />.`}
    ${nextTryAt && html`<br />Asked again <${Age} of=${nextTryAt} />.`}
  </p>`;
}

function Pair({ name, value }) {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function Budget({ of, told }) {
  if (!of) return html`<p>Never asked over the network.</p>`;
  const pace = `${count(of.allowedPerMinute)} of ${count(of.requestsPerMinute)} requests a minute`;
  return html`
    <p class="budget">
      <${Left} of=${of} />
      <small>${pace} · ${count(of.spentCurrent)} spent on current prices, ${count(of.spentHistory)} on history</small>
    </p>
    ${of.reason && of.reason !== told && html`<p class="banner doubt"><${Until} of=${of} />: ${of.reason}.</p>`}
  `;
}

function Until({ of: { pausedUntil, nextAt } }) {
  if (pausedUntil) return html`Paused until ${moment(pausedUntil)}`;
  return nextAt ? html`Asked next <${Age} of=${nextAt} />` : html`Slowed`;
}

function Left({ of: { left, limit, spent, periodEndsAt } }) {
  if (limit === null) return html`<strong>No monthly limit</strong>, ${count(spent)} spent`;
  return html`
    <strong>${count(left)} of ${count(limit)} left</strong> until ${day(periodEndsAt)}
    <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="4" />
      <rect class=${left < limit / 10 ? "doubt" : "good"} width=${(100 * left) / limit} height="4" />
    </svg>
  `;
}

function Drift({ fields }) {
  if (fields.length === 0) return html`<p class="fine">No drift: it sends no key that nobody expected.</p>`;
  return html`<details>
    <summary>Drift: ${counted(fields.length, "unexpected key")}</summary>
    <ul class="plain drift">
      ${fields.map(
        (each) => html`<li key=${`${each.feed} ${each.field}`}>
        <code>${each.field}</code> in ${each.feed}, since <${Age} of=${each.firstSeenAt} />:${" "}
        <code>${JSON.stringify(each.example)}</code>
      </li>`,
      )}
    </ul>
  </details>`;
}
