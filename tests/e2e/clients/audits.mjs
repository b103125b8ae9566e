// Runs the server audits of graphql-http against the URL given, and prints each with its verdict as JSON.
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
const audits = serverAudits({ url });
const results = await Promise.all(audits.map(({ fn }) => fn()));
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
