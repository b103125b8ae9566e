/** Choosing the currency. Those whose rate is too old to convert by are not offered. */
import { html } from "../html.js";
import { CURRENCIES, currency } from "../asking/currency.js";
import { useQuery } from "../asking/hooks.js";
import { useStore } from "../asking/store.js";

const DOLLAR = { code: "usd", name: "US Dollar" };

export function CurrencyChoice() {
  const chosen = useStore(currency);
  const { data } = useQuery(CURRENCIES);
  const fresh = (data?.currencies ?? []).filter((each) => !each.stale && each.code !== "usd");
  const offered = [DOLLAR, ...fresh];
  const isKnown = offered.some((each) => each.code === chosen);
  return html`<label class="choice">
    Currency
    <select value=${chosen} onChange=${(event) => currency.set(event.currentTarget.value)}>
      ${!isKnown && html`<option value=${chosen}>${chosen.toUpperCase()}</option>`}
      ${offered.map(({ code, name }) => html`<option key=${code} value=${code}>${code.toUpperCase()} ${name}</option>`)}
    </select>
  </label>`;
}
