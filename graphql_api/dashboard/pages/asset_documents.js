/** What the page of one asset asks. */
import { graphql } from "../asking/ask.js";

export const ASSET = graphql`
  query Asset($uid: String!, $currency: String!) {
    asset(uid: $uid) {
      uid name symbol rank retiredAt updatedAt
      marketCapUsd volumeUsd24h percentChange1h percentChange24h percentChange7d circulatingSupply maxSupply
      addresses
      price(currency: $currency) {
        amount priceUsd reason method spread confidence asOf stale rateAsOf
        inputs { source sourceId isUsed reason }
      }
      quotes {
        source sourceId name priceUsd percentChange24h volumeUsd24h sourceUpdatedAt fetchedAt stale heldBecause
      }
      links { source sourceId state method score reasons decidedBy decidedAt }
    }
    coverage(uid: $uid) { source sourceId firstOn lastOn days missingDays newestAt askedAt reason }
  }
`;

export const ASSET_UPDATES = graphql`
  subscription Asset($uids: [String!]) {
    priceUpdates(uids: $uids, first: 1) { publishedAt }
  }
`;

export const CANDLES = graphql`
  query Candles($uid: String!, $interval: CandleInterval!, $first: Int!, $currency: String!) {
    asset(uid: $uid) {
      candles(interval: $interval, first: $first, currency: $currency) { openedAt open high low close points }
    }
  }
`;

export const CLOSES = graphql`
  query Closes($uid: String!, $source: String!, $interval: CandleInterval!, $first: Int!, $currency: String!) {
    asset(uid: $uid) {
      candles(interval: $interval, first: $first, currency: $currency, source: $source) { openedAt close }
    }
  }
`;
