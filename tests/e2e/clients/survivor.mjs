// graphql-ws: a subscription that goes on by itself after the API was gone. Prints a line for each message it gets.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [api] = process.argv.slice(2);
const client = createClient({
  url: `${api.replace("http", "ws")}/graphql`,
  webSocketImpl: WebSocket,
  retryAttempts: 60,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 250)),
  shouldRetry: () => true,
  on: { closed: ({ code }) => console.log(`closed ${code}`) },
});
const seen = client.iterate({ query: "subscription { priceUpdates { datasetVersion } }" });
for await (const { data, errors } of seen) {
  console.log(errors ? JSON.stringify(errors) : `version ${data.priceUpdates.datasetVersion}`);
}
