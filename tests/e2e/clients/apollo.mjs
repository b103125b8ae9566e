// Apollo Client: pages that its relayStylePagination joins, a cache that answers the second time, a subscription.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom, from, take, toArray } from "rxjs";

const [api] = process.argv.slice(2);
let requests = 0;
const counting = new ApolloLink((operation, forward) => ((requests += 1), forward(operation)));
const client = new ApolloClient({
  link: counting.concat(new HttpLink({ uri: `${api}/graphql` })),
  cache: new InMemoryCache({
    typePolicies: {
      Query: { fields: { assets: relayStylePagination() } },
      Asset: { keyFields: ["uid"] },
    },
  }),
});
const query = gql`
  query Market($after: String) {
    assets(first: 7, after: $after) {
      edges { cursor node { uid name price { priceUsd } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;

const watched = client.watchQuery({ query });
const subscription = watched.subscribe({});
await firstValueFrom(from(watched).pipe(filter(({ loading }) => !loading)));
let { pageInfo } = watched.getCurrentResult().data.assets;
while (pageInfo.hasNextPage) {
  const page = await watched.fetchMore({ variables: { after: pageInfo.endCursor } });
  ({ pageInfo } = page.data.assets);
}
subscription.unsubscribe();

const pagesAsked = requests;
const again = await client.query({ query });
const askedAgain = requests - pagesAsked;
const uids = again.data.assets.edges.map(({ node }) => node.uid);

const told = await firstValueFrom(
  client.subscribe({ query: gql`subscription { priceUpdates(first: 1) { changed assets { uid price { priceUsd } } } }` })
    .pipe(take(2), toArray()),
);
const known = client.cache.extract()['Asset:{"uid":"coin-1"}'].price.priceUsd;
const last = told.at(-1).data.priceUpdates.assets[0].price.priceUsd;
client.stop();
console.log(JSON.stringify({ uids, pagesAsked, askedAgain, known, last }));
process.exit();
