// Looks at one asset: its chart with a source drawn over the candles, its quotes, links and coverage.
import { open } from "../browser.mjs";

const [api, executablePath, folder] = process.argv.slice(2);
const { browser, page, requests, complaints } = await open(executablePath, { height: 1700 });

/** How many colours the chart's canvases show: one says that nothing is drawn. */
function colours() {
  return page.locator(".chart canvas").evaluateAll((canvases) => {
    const seen = new Set();
    for (const canvas of canvases.filter(({ width, height }) => width && height)) {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    }
    return seen.size;
  });
}

await page.goto(`${api}/#/asset/coin-1`);
await page.locator('.chart[data-drawn="yes"] canvas').first().waitFor();
await page.waitForTimeout(500); // a frame to draw in
const plain = await colours();
const said = await page.locator(".chart").getAttribute("aria-label");
await page.getByLabel("coinpaprika", { exact: true }).check();
await page.waitForLoadState("networkidle");
await page.waitForTimeout(500);
const overlaid = await colours();
await page.getByText("As a table").click();
const candles = await page.getByRole("region", { name: "Candles in USD" }).locator("tbody tr").count();
await page.getByText("As a table").click();
await page.getByRole("button", { name: "1 h" }).click();
await page.getByRole("button", { name: "1 h", pressed: true }).waitFor();
await page.getByRole("button", { name: "1 day" }).click();
const quotes = await page.getByRole("region", { name: "Quotes by source" }).innerText();
const links = page.getByRole("region", { name: "Links, with score and reasons" });
await links.getByText("What else was considered").first().click();
await links.locator(".candidates li").first().waitFor();
const reasons = await links.innerText();
const coverage = await page.getByRole("region", { name: "Coverage by source" }).innerText();
await page.screenshot({ path: `${folder}/dashboard-asset.png` });

await page.goto(`${api}/#/asset/nobody`);
const absent = await page.getByText("There is no asset of this uid").innerText();
await browser.close();
console.log(
  JSON.stringify({ plain, overlaid, said, candles, quotes, reasons, coverage, absent, requests, complaints }),
);
