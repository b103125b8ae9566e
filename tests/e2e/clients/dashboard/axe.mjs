// Looks at every page with axe, on a desk and on a phone, and at its colours in the dark; prints what it finds.
import axe from "axe-core";

import { open } from "../browser.mjs";

const LOOKS = [
  ["light", 1280, {}],
  ["light", 390, {}],
  ["dark", 1280, { runOnly: ["color-contrast"] }],
];
const [api, executablePath, ...addresses] = process.argv.slice(2);
const { browser, page, complaints } = await open(executablePath, { reducedMotion: "reduce" });
const found = [];
for (const address of addresses) {
  await page.goto("about:blank"); // where only the hash changes nothing is loaded that could be waited for
  await page.goto(`${api}/${address}`);
  await page.locator("h1").waitFor();
  await page.waitForLoadState("networkidle");
  await page.evaluate(axe.source);
  for (const [colorScheme, width, options] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const { violations, passes } = await page.evaluate((how) => axe.run(how), options);
    const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html}`);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    found.push({ address, colorScheme, width, isWide, passes: passes.length, violations: told });
  }
}
await browser.close();
console.log(JSON.stringify({ found, complaints }));
