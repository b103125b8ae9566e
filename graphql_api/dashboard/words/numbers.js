/** Numbers for people. What is not known is a dash, never a zero; decimals come as strings and keep their digits. */
export const UNKNOWN = "–";

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
const signed = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
const share = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const large = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const small = new Intl.NumberFormat("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 5 });

/** A price: cents from one on, five digits below. */
export function price(value) {
  if (value == null) return UNKNOWN;
  return (Math.abs(Number(value)) >= 1 ? large : small).format(value);
}

/** A large sum, shortened: 1.63T. */
export function sum(value) {
  return value == null ? UNKNOWN : compact.format(value);
}

/** A whole number. */
export function count(value) {
  return value == null ? UNKNOWN : grouped.format(value);
}

/** A change in percent, with its sign. */
export function percent(value) {
  return value == null ? UNKNOWN : `${signed.format(value).replace("-", "−")} %`;
}

/** A fraction, in percent. */
export function fraction(value) {
  return value == null ? UNKNOWN : `${share.format(100 * Number(value))} %`;
}

/** `one source`, `3 sources`. */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** How far one number lies from another, in percent; null: one of them is not known. */
export function difference(value, from) {
  return value == null || from == null || Number(from) === 0 ? null : 100 * (Number(value) / Number(from) - 1);
}
