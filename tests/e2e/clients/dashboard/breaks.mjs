// Looks at the page while its socket breaks, the API stands in with an older answer, refuses, and is away.
import { open } from "../browser.mjs";

const [api, executablePath] = process.argv.slice(2);
const { browser, page } = await open(executablePath);
const sockets = [];
await page.routeWebSocket(/graphql/, (socket) => {
  socket.connectToServer();
  sockets.push(socket);
});
const live = page.locator(".live");
const shows = (text) => live.filter({ hasText: text }).waitFor();

await page.goto(`${api}/`);
await shows("Live");
await sockets[0].close({ code: 1012 });
await shows("Reconnecting");
await shows("Live");

async function banner(text, change) {
  await page.route("**/graphql", async (route) => {
    const asksAssets = route.request().postDataJSON()?.query.includes("query Assets");
    await (asksAssets ? change(route) : route.continue());
  });
  await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
  const said = await page.locator("main .banner", { hasText: text }).innerText();
  const rows = await page.locator("tbody tr").count();
  await page.unroute("**/graphql");
  return { said, rows };
}

const standIn = await banner("40 s ago", async (route) => {
  const response = await route.fetch();
  const body = await response.json();
  await route.fulfill({ json: { ...body, extensions: { staleSeconds: 40 } } });
});
const refused = await banner("Ask less.", (route) =>
  route.fulfill({ json: { errors: [{ message: "Ask less.", extensions: { code: "TOO_COMPLEX" } }] } }),
);
const away = await banner("does not answer", (route) => route.abort());
await page.locator("main .banner").waitFor({ state: "detached" }); // tried again by itself
await browser.close();
console.log(JSON.stringify({ sockets: sockets.length, standIn, refused, away }));
