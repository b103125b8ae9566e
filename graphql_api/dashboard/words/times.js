/** Moments for people: how long ago, and exactly when. */
import { UNKNOWN } from "./numbers.js";

const STEPS = /** @type {const} */ ([
  [60, 1, "s"],
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [Infinity, 86_400, "d"],
]);
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** A length of time: 40 s, 12 min, 3 h, 5 d. */
export function span(seconds) {
  if (seconds == null) return UNKNOWN;
  const [, unit, name] = STEPS.find(([below]) => seconds < below) ?? STEPS[3];
  return `${Math.floor(seconds / unit)} ${name}`;
}

/** How long a moment is ago, or ahead. */
export function ago(moment, now) {
  if (moment == null) return UNKNOWN;
  const seconds = (now - Date.parse(moment)) / 1000;
  if (seconds < -1) return `in ${span(-seconds)}`;
  return seconds < 5 ? "just now" : `${span(Math.max(0, seconds))} ago`;
}

/** A moment to the second, UTC. */
export function moment(value) {
  return value == null ? UNKNOWN : `${exact.format(new Date(value))} UTC`;
}

/** The day of a moment, UTC. */
export function day(value) {
  return value == null ? UNKNOWN : days.format(new Date(value));
}

/** How long something took. */
export function took(seconds) {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : span(seconds);
}
