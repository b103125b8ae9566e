// PostGraphile as its documentation recommends it for production: no explain, no watching, no pages for people.
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

/** @type {GraphileConfig.Preset} */
export default {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: Number(process.env.POOL_SIZE) },
    }),
  ],
  schema: { pgOrderByNullsLast: true, defaultBehavior: "+connection +list -insert -update -delete" },
  grafserv: {
    host: "127.0.0.1",
    port: Number(process.env.PORT),
    graphqlPath: "/graphql",
    graphiql: false,
    watch: false,
    maxRequestLength: 1_000_000,
  },
  grafast: { explain: false },
};
