// Opens GraphiQL in a browser that reaches nothing but this machine, types a query, subscribes, and prints what it saw.
import { open } from "./browser.mjs";

const [api, executablePath, screenshot] = process.argv.slice(2);
const { browser, page, requests, complaints } = await open(executablePath);

async function execute() {
  await page.waitForTimeout(500); // what kind of operation it is, the editor finds out when typing pauses
  await page.keyboard.press("Control+Enter");
}

async function run(query) {
  await page.locator(".graphiql-tab-add").click();
  await page.locator(".graphiql-query-editor .CodeMirror").click();
  await page.keyboard.type(query);
  await execute();
}

const response = page.locator(".graphiql-response .CodeMirror-code");
async function answered(text) {
  await response.filter({ hasText: text }).waitFor();
  return response.innerText();
}

await page.goto(`${api}/graphql`);
await page.locator(".graphiql-query-editor .CodeMirror").waitFor();
const tabs = await page.locator(".graphiql-tab").count();
await page.getByRole("tab", { name: "Market" }).click();
await page.locator(".graphiql-query-editor .CodeMirror", { hasText: "query Market" }).click();
await execute();
const example = await answered("coin-1");
await run("{ datasetVersion }");
const answer = await answered("datasetVersion");
await page.screenshot({ path: screenshot });
await run("subscription { priceUpdates(first: 1) { changed } }");
const told = await answered("priceUpdates");

const shared = await page.context().newPage();
await shared.goto(`${api}/graphql?query=${encodeURIComponent("{ upstream }")}`);
const editor = shared.locator(".graphiql-query-editor .CodeMirror-code");
await editor.waitFor();
const sharedQuery = await editor.innerText();

await browser.close();
console.log(JSON.stringify({ tabs, example, answer, told, sharedQuery, requests, complaints }));
