/** What the page of reviews asks and decides. */
import { graphql } from "../asking/ask.js";

export const QUEUE = graphql`
  query ReviewQueue($after: String) {
    reviewQueue(first: 20, after: $after) {
      nodes {
        name symbol
        link { source sourceId method score reasons decidedAt }
        asset { uid name symbol rank marketCapUsd }
        servedAs { uid name symbol }
      }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
`;

export const HELD = graphql`
  query HeldQuotes {
    heldQuotes(first: 50, state: HELD) {
      nodes {
        id source sourceId name symbol reason detail priceUsd knownUsd sourceUpdatedAt lastSeenAt timesSeen
        asset { uid name }
      }
      totalCount
    }
  }
`;

export const ACCEPT = graphql`
  mutation Accept($source: String!, $sourceId: String!, $uid: String!, $note: String) {
    result: acceptLink(source: $source, sourceId: $sourceId, uid: $uid, note: $note) { ...Decided }
  }
  fragment Decided on DecisionResult { warning decision { id } run { name } }
`;

export const REJECT = graphql`
  mutation Reject($source: String!, $sourceId: String!, $uid: String!, $note: String) {
    result: rejectLink(source: $source, sourceId: $sourceId, uid: $uid, note: $note) { ...Decided }
  }
  fragment Decided on DecisionResult { warning decision { id } run { name } }
`;

export const UNDO = graphql`
  mutation Undo($id: ID!) {
    result: undoDecision(id: $id) { warning decision { id } run { name } }
  }
`;

export const REFUSE = graphql`
  mutation Refuse($id: ID!) {
    result: rejectQuote(id: $id) { heldQuote { id } }
  }
`;

export const RELEASE = graphql`
  mutation Release($id: ID!) {
    result: releaseQuote(id: $id) { warning run { name } }
  }
`;
