/** The currency that prices are told in: chosen once, kept for the next visit. */
import { graphql } from "./ask.js";
import { store } from "./store.js";

const PLACE = "kasparro-currency";

export const currency = store(localStorage.getItem(PLACE) ?? "usd");
currency.hear((code) => localStorage.setItem(PLACE, code));

export const CURRENCIES = graphql`
  query Currencies {
    currencies(first: 250) { code name stale }
  }
`;
