/** A small line of prices over time, oldest first; faint where nothing is known in between. */
import { html } from "../html.js";
import { difference, percent, price } from "../words/numbers.js";

const WIDTH = 112;
const HEIGHT = 28;
const EDGE = 2;

/** @param {{ values: (string | null)[], over: string }} props */
export function Sparkline({ values, over }) {
  const points = placed(values);
  if (points.length < 2) return html`<span title="Too little is known of ${over}.">–</span>`;
  const [first, last] = [points[0].value, points[points.length - 1].value];
  const change = difference(last, first) ?? 0;
  const said = `${over}: ${price(first)} to ${price(last)} USD, ${percent(change)}`;
  const kind = `sparkline ${change < 0 ? "down" : "up"}`;
  return html`<svg class=${kind} viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${said}>
    <path class="between" d=${`M${points.map(({ at }) => at).join("L")}`} />
    <path d=${points.map(known).join("")} />
  </svg>`;
}

/** What is known, and where it is drawn. */
function placed(values) {
  const numbers = values.filter((value) => value != null).map(Number);
  const low = Math.min(...numbers);
  const range = Math.max(...numbers) - low;
  const across = (index) => EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE);
  const down = (value) => EDGE + (range ? 1 - (value - low) / range : 0.5) * (HEIGHT - 2 * EDGE);
  return values
    .map((value, index) => ({ value: Number(value), index, isKnown: value != null }))
    .filter(({ isKnown }) => isKnown)
    .map(({ value, index }) => ({ value, index, at: `${across(index).toFixed(1)} ${down(value).toFixed(1)}` }));
}

/** A line from the value before, or a dot where that is not known. */
function known({ index, at }, place, points) {
  const isJoined = place > 0 && points[place - 1].index === index - 1;
  return isJoined ? `L${at}` : `M${at}h0`;
}
