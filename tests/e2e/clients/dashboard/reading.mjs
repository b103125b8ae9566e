// Reads where reading needs a key: asked for one, given a wrong one, then the right one.
import { open } from "../browser.mjs";

const [api, executablePath, key] = process.argv.slice(2);
const { browser, page } = await open(executablePath);
const dialog = page.getByRole("dialog", { name: "API key" });
async function give(value) {
  await dialog.waitFor();
  const reason = await dialog.locator(".banner").innerText();
  await dialog.getByLabel("A key of").fill(value);
  await dialog.getByRole("button", { name: "Use it" }).click();
  return reason;
}

await page.goto(`${api}/`);
const first = await give("wrong");
await dialog.getByText("not one of").waitFor();
const second = await give(key);
await page.locator("tbody tr").first().waitFor();
await page.getByText("Live", { exact: true }).waitFor();
const isLinked = await page.getByRole("link", { name: "GraphiQL" }).count();
await browser.close();
console.log(JSON.stringify({ first, second, isLinked }));
