/** What the page of assets asks. */
import { graphql } from "../asking/ask.js";

const PRICE = graphql`
  fragment Price on Asset {
    uid marketCapUsd volumeUsd24h percentChange24h percentChange7d
    price(currency: $currency) {
      amount reason asOf stale confidence
      inputs { source isUsed }
    }
  }
`;

const ROW = graphql`
  fragment Row on Asset {
    ...Price
    symbol name rank
    sparkline(points: 28, window: D7)
  }
`;

export const PAGE = graphql`
  query Assets($first: Int, $after: String, $last: Int, $before: String, $order: AssetOrder!, $currency: String!) {
    assets(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { ...Row }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
    }
  }
  ${ROW} ${PRICE}
`;

export const SEARCH = graphql`
  query Search($text: String!, $currency: String!) {
    search(text: $text, first: 50) {
      match
      asset { ...Row }
    }
  }
  ${ROW} ${PRICE}
`;

export const UPDATES = graphql`
  subscription Prices($uids: [String!], $currency: String!) {
    priceUpdates(uids: $uids, first: 250) {
      publishedAt changed
      assets { ...Price }
    }
  }
  ${PRICE}
`;

export const MARKET = graphql`
  query Market {
    market { marketCapUsd volumeUsd24h assets freshAssets listings sources newestAt }
    dataset { version publishedAt upstream }
  }
`;
