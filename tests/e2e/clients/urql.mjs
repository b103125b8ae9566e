// urql's core: a query, its cache, a query by GET, an error with its code, a subscription over graphql-sse.
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-sse";

const [api] = process.argv.slice(2);
const url = `${api}/graphql`;
const events = createClient({ url });
let requests = 0;
const client = new Client({
  url,
  preferGetMethod: "within-url-limit",
  fetch: (...request) => ((requests += 1), fetch(...request)),
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

const query = "query ($uid: String!) { asset(uid: $uid) { uid price { priceUsd } } }";
const first = await client.query(query, { uid: "coin-2" });
const second = await client.query(query, { uid: "coin-2" });
const refused = await client.query("{ assets(first: 1000) { totalCount } }", {});
const told = await new Promise((resolve) => {
  const { unsubscribe } = client
    .subscription("subscription ($uids: [String!]) { priceUpdates(uids: $uids) { changed } }", { uids: ["coin-1"] })
    .subscribe((result) => (resolve(result), unsubscribe()));
});
events.dispose();
console.log(
  JSON.stringify({
    uid: first.data.asset.uid,
    same: first.data.asset.price.priceUsd === second.data.asset.price.priceUsd,
    requests,
    code: refused.error.graphQLErrors[0].extensions.code,
    changed: told.data?.priceUpdates.changed ?? String(told.error),
  }),
);
process.exit();
