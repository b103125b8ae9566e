/** One source: its state in a word, and what stands behind it. */
import { html } from "../html.js";
import { Age } from "../parts/age.js";
import { Badge } from "../parts/badge.js";
import { count, counted } from "../words/numbers.js";
import { day, moment } from "../words/times.js";

/** @param {{ source: any }} props */
export function SourceCard({ source }) {
  const { name, title, state, lastRun, lastSuccessAt, totals, budget, driftFields } = source;
  return html`<section class="card" aria-labelledby=${`source-${name}`}>
    <h2 id=${`source-${name}`}>${title} <${Badge} word=${state} /></h2>
    <p class="fine">
      Last success <${Age} of=${lastSuccessAt} />${lastRun && html` · last run <${Age} of=${lastRun.startedAt} />`}
    </p>
    ${lastRun?.error && html`<p class="banner bad">${lastRun.error}${lastRun.remedy && html`<br />To do: ${lastRun.remedy}`}</p>`}
    <${Budget} of=${budget} />
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

function Pair({ name, value }) {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function Budget({ of }) {
  if (!of) return html`<p>Never asked over the network.</p>`;
  const pace = `${count(of.allowedPerMinute)} of ${count(of.requestsPerMinute)} requests a minute`;
  return html`
    <p class="budget">
      ${of.limit === null
        ? html`<strong>No monthly limit</strong>, ${count(of.spent)} spent`
        : html`<strong>${count(of.left)} of ${count(of.limit)} left</strong> until ${day(of.periodEndsAt)}`}
      ${of.limit !== null && html`<${Bar} left=${of.left} limit=${of.limit} />`}
      <small>${pace} · ${count(of.spentCurrent)} spent on current prices, ${count(of.spentHistory)} on history</small>
    </p>
    ${of.pausedUntil && html`<p class="banner doubt">Paused until ${moment(of.pausedUntil)}: ${of.reason}.</p>`}
    ${of.nextAt && !of.pausedUntil && html`<p class="banner doubt">Asked next <${Age} of=${of.nextAt} />: ${of.reason}.</p>`}
  `;
}

function Bar({ left, limit }) {
  return html`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="4" />
    <rect class=${left < limit / 10 ? "doubt" : "good"} width=${(100 * left) / limit} height="4" />
  </svg>`;
}

function Drift({ fields }) {
  if (fields.length === 0) return html`<p class="fine">No drift: it sends no key that nobody expected.</p>`;
  return html`<details>
    <summary>Drift: ${counted(fields.length, "unexpected key")}</summary>
    <ul class="plain drift">
      ${fields.map((each) => html`<li key=${`${each.feed} ${each.field}`}>
        <code>${each.field}</code> in ${each.feed}, since <${Age} of=${each.firstSeenAt} />: <code>${JSON.stringify(each.example)}</code>
      </li>`)}
    </ul>
  </details>`;
}
