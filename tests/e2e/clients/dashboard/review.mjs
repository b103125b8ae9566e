// Settles what waits for a person: asked for the admin's key once, accepts, takes it back, rejects, releases.
import { open } from "../browser.mjs";

const [api, executablePath, folder, key] = process.argv.slice(2);
const { browser, page, requests, complaints } = await open(executablePath, { height: 1000 });
const status = page.locator("main [role=status]").first();
async function says(text) {
  await status.filter({ hasText: text }).waitFor();
  return status.innerText();
}

await page.goto(`${api}/#/review`);
await page.getByRole("heading", { name: "Is this listing that asset? (2)" }).waitFor();
await page.screenshot({ path: `${folder}/dashboard-review.png` });
const accept = page.getByRole("button", { name: "Accept: Twin" });
await accept.click();
const dialog = page.getByRole("dialog", { name: "API key" });
const asks = await dialog.innerText();
await dialog.getByLabel("A key of").fill(key);
await dialog.getByLabel("A key of").press("Enter");
await dialog.waitFor({ state: "hidden" });
await page.getByLabel("Note").first().fill("same contract");
await accept.click();
const accepted = await says("Accepted");
await page.getByRole("heading", { name: "(1)" }).first().waitFor();
await status.getByRole("button", { name: "Undo" }).click();
await says("Taken back");
await page.getByRole("heading", { name: "Is this listing that asset? (2)" }).waitFor();
await page.getByRole("button", { name: "Reject: Double" }).click();
const rejected = await says("Rejected");
await page.getByRole("button", { name: "Release" }).click();
const released = await says("Released");
await page.getByText("None: no guard doubts a quote.").waitFor();
const keeps = await page.evaluate(() => [Object.values(sessionStorage), Object.values(localStorage)]);
await browser.close();
console.log(JSON.stringify({ asks, accepted, rejected, released, keeps, requests, complaints }));
