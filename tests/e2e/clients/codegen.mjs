// graphql-codegen: types of the whole schema and of GraphiQL's examples, which TypeScript then takes in strict mode.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { generate } from "@graphql-codegen/cli";

const [schema, examples, folder] = process.argv.slice(2);
const config = { strictScalars: true, scalars: { Decimal: "string", Date: "string", DateTime: "string", JSON: "unknown" } };
const generates = {
  [`${folder}/schema.ts`]: { plugins: ["typescript"], config },
  [`${folder}/operations.ts`]: { plugins: ["typescript-operations", "typed-document-node"], config },
};
await generate({ schema, documents: `${examples}/*.graphql`, silent: true, generates }, true);
writeFileSync(
  `${folder}/usage.ts`,
  `import type { BitcoinQuery } from "./operations.js";
export const price = (told: BitcoinQuery): string | undefined => told.asset?.price?.priceUsd ?? undefined;
// @ts-expect-error A price is a string with every digit, no number.
export const wrong = (told: BitcoinQuery): number => told.asset?.price?.priceUsd;
`,
);
const options = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"];
const files = ["schema.ts", "operations.ts", "usage.ts"].map((name) => `${folder}/${name}`);
execFileSync("node_modules/.bin/tsc", [...options, ...files], { stdio: "inherit" });
console.log(readFileSync(files[0], "utf8").match(/^export type \w+/gm).length);
