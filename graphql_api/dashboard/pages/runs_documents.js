/** What the page of runs asks, and who else hears of runs. */
import { graphql } from "../asking/ask.js";

export const RUNS = graphql`
  query Runs($after: String, $source: String, $outcome: RunOutcome) {
    runs(first: 50, after: $after, filter: { source: $source, outcome: $outcome }) {
      nodes {
        id flow source outcome startedAt durationSeconds pages fetched new changed unchanged rejected
        error remedy datasetVersion prefectUrl parentId
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const RUN_UPDATES = graphql`
  subscription Runs {
    runUpdates { id outcome }
  }
`;
