// Looks at all assets as a person does: sorts, searches, turns pages, and waits for a price to change.
import { open } from "../browser.mjs";

const [api, executablePath, folder] = process.argv.slice(2);
const { browser, page, requests, complaints } = await open(executablePath);
let transferred = 0;
const sizes = [];
page.on("requestfinished", (request) => sizes.push(request.sizes()));

const firstRow = page.locator("tbody tr").first();
const name = (row) => row.locator("th a").innerText();
async function firstIs(text) {
  await firstRow.locator("th a", { hasText: new RegExp(`^${text}$`) }).waitFor();
}
async function press(heading) {
  await page.getByRole("columnheader", { name: heading }).getByRole("button").press("Enter");
}
async function sorted(heading) {
  return page.getByRole("columnheader", { name: heading }).getAttribute("aria-sort");
}

await page.goto(`${api}/`);
await firstIs("Coin-1");
await page.waitForLoadState("networkidle");
for (const size of await Promise.all(sizes)) transferred += size.responseBodySize + size.responseHeadersSize;
const firstPaint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
const rows = await page.locator("tbody tr").count();
const figures = await page.locator(".figures").innerText();
const cells = await firstRow.innerText();
await page.screenshot({ path: `${folder}/dashboard-light.png` });
await page.emulateMedia({ colorScheme: "dark" });
await page.screenshot({ path: `${folder}/dashboard-dark.png` });
await page.setViewportSize({ width: 390, height: 844 });
await page.screenshot({ path: `${folder}/dashboard-phone.png` });
const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
await page.setViewportSize({ width: 1280, height: 800 });

const amount = firstRow.locator(".amount");
const before = await amount.innerText();
await page.waitForFunction(
  (text) =>
    document.querySelector("tbody .amount")?.textContent !== text && document.querySelector("tbody .amount.rose"),
  before,
);
const after = await amount.innerText();

await press("Price");
await firstIs("Coin-1000");
const order = [await sorted("Price")];
await press("Price");
await firstIs("Coin-2"); // the price of the first has risen
order.push(await sorted("Price"));
await page.goto(`${api}/#/`);
await firstIs("Coin-1");
await page.getByRole("link", { name: "Next" }).click();
await firstIs("Coin-51");
await page.getByRole("link", { name: "Before" }).click();
await firstIs("Coin-1");

await page.getByLabel("Search").fill("coin-77");
await firstIs("Coin-77");
const found = await page.locator("tbody th a").allInnerTexts();
await page.getByLabel("Search").fill("old");
await firstIs("Old");
const stale = await firstRow.innerText();
await page.getByLabel("Search").fill("no such coin");
const nothing = await page.locator(".empty").innerText();
await page.getByLabel("Search").fill("coin-77");
await firstIs("Coin-77");
await page.getByLabel("Currency").selectOption("eur");
await page.getByRole("columnheader", { name: "Price, EUR" }).waitFor();
const euros = await firstRow.locator(".amount").innerText();
const live = await page.locator(".live").innerText();

await browser.close();
console.log(
  JSON.stringify({
    transferred,
    firstPaint,
    rows,
    figures,
    cells,
    isWide,
    before,
    after,
    order,
    found,
    stale,
    nothing,
    euros,
    live,
    requests,
    complaints,
  }),
);
