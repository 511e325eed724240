import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openBackend } from "../../src/backends/open.ts";
import { type GuiPage, ONE, SEVEN } from "./page.ts";
import { serveTest, sessionOf, startTask, trainSmall } from "./server.ts";
import { prepareTests, tempFolder } from "./suite.ts";

const { openTabs, test } = prepareTests(async (stack) => {
  const folder = await tempFolder(stack), { mlp } = await trainSmall();
  await mlp.save(join(folder, "model.npz"));
  return { folder, mlp };
});

/** Draws on each tab, one after the other, and checks its guess. */
async function drawOn(tabs: readonly GuiPage[]): Promise<void> {
  for (const [at, tab] of tabs.entries()) {
    await tab.bringToFront(); // browsers do not draw others
    await tab.click("#clear");
    await tab.draw(at % 2 === 0 ? SEVEN : ONE);
    await tab.waitForText("#guess", at % 2 === 0 ? /^7$/ : /^1$/);
  }
}

test("eight tabs of one browser all work at the same time, with one stream", async ({ mlp }) => {
  await using server = await serveTest(mlp);
  await using tabs = await openTabs(server.url, 8);
  await drawOn(tabs.pages);
  await tabs.pages[0].waitUntil(() => Promise.resolve(server.watching === 1), "one stream");
  await tabs.pages[2].click("#quit");
  for (const tab of tabs.pages) await tab.waitForText("#notice", /^The server has ended/);
});

test("the other tabs keep a stream when the tab that has it is closed", async ({ mlp }) => {
  await using server = await serveTest(mlp);
  await using tabs = await openTabs(server.url, 8);
  for (let left = 7; left > 2; left--) {
    await tabs.pages[left].close(); // the newest tab has the stream
    await tabs.pages[0].waitUntil(() => Promise.resolve(server.watching === 1), "one stream");
  }
  await drawOn(tabs.pages.slice(0, 3));
  assertEquals(await tabs.pages[0].textContent("#connection"), "Connected");
});

test("every tab says that the server is gone, and connects again when it is back", async ({ folder }) => {
  const start = (port = 0) =>
    startTask(["--model", "model.npz", "--data", "digits", "--port", `${port}`], folder);
  const first = await start();
  await using tabs = await openTabs(first.url, 8);
  await drawOn(tabs.pages);
  first.process.kill("SIGKILL");
  await first.process.status;
  for (const tab of tabs.pages) await tab.waitForText("#notice", /^The server cannot be reached;/);
  const second = await start(Number(new URL(first.url).port));
  for (const tab of tabs.pages) await tab.waitForText("#connection", /^Connected$/);
  await drawOn(tabs.pages);
  await tabs.pages[0].click("#quit");
  assertEquals((await second.process.status).code, 0);
});

test("a page says soon that the server is suspended, keeps corrections, and sends them when it continues", async ({ folder }) => {
  const path = join(folder, "c.npz");
  const { process, url } = await startTask([
    "--model",
    "model.npz",
    "--data",
    "digits",
    "--port",
    "0",
    "--corrections",
    path,
  ], folder);
  await using tabs = await openTabs(url, 3);
  await drawOn(tabs.pages);
  const [page, other] = tabs.pages;
  process.kill("SIGSTOP");
  try {
    const began = performance.now();
    await page.click('#labels [data-label="3"]'); // sent, but not acknowledged
    for (const tab of tabs.pages) await tab.waitForText("#connection", /^No response$/);
    // The page says it after 2.5 seconds; the rest is for a busy machine.
    assert(performance.now() - began < 6000);
    await page.waitForText(
      "#notice",
      /^The server does not respond; it may be suspended or overloaded\. The drawing is kept/,
    );
    await page.bringToFront();
    await page.draw(ONE); // another drawing, which has another label
    await page.click('#labels [data-label="4"]');
    await page.waitForText("#correction", /^2 corrections wait in this page\. /);
  } finally {
    process.kill("SIGCONT");
  }
  for (const tab of tabs.pages) await tab.waitForText("#connection", /^Connected$/);
  await page.waitForText("#correction", /^Saved as a 4, one of 2 corrections in /);
  await other.click('#labels [data-label="5"]');
  await other.waitForText("#correction", /^Saved as a 5, one of 3 corrections in /);
  await page.click("#quit");
  assertEquals((await process.status).code, 0);
});

test("corrections that wait are sent to a server that was started again", async ({ folder }) => {
  const path = join(folder, "again.npz");
  const start = (port = 0) =>
    startTask(
      ["--model", "model.npz", "--data", "digits", "--port", `${port}`, "--corrections", path],
      folder,
    );
  const first = await start();
  await using tabs = await openTabs(first.url, 1);
  const [page] = tabs.pages;
  await drawOn([page]);
  first.process.kill("SIGKILL");
  await first.process.status;
  await page.waitForText("#connection", /^No server$/);
  await page.click('#labels [data-label="7"]');
  await page.waitForText("#correction", /^1 correction waits in this page\. /);
  const second = await start(Number(new URL(first.url).port));
  await page.waitForText("#correction", /^Saved as a 7, the first correction in /);
  await page.click("#quit");
  assertEquals((await second.process.status).code, 0);
});

test("a training is shown in every tab", async () => {
  const { mlp, digits } = await trainSmall();
  await using backend = await openBackend("wasm", { threads: 1 });
  const training = sessionOf({ mlp, digits }, { backend, epochs: 3 });
  await using server = await serveTest(mlp, { training });
  await using tabs = await openTabs(server.url, 3);
  await training.run();
  for (const tab of tabs.pages) {
    await tab.waitForText("#phase", /^Finished$/);
    await tab.waitForText("#training-words", /^Saved as model\/mine\.npz$/);
    assertEquals(
      await tab.evaluate(() => document.querySelectorAll("#confusion tbody tr").length > 10),
      true,
    );
    await tab.waitForText("#test-accuracy", /%$/);
  }
  assertEquals(server.watching, 1);
});

test("a page says that the server is full, and connects when a page was closed", async ({ mlp }) => {
  await using server = await serveTest(mlp, { limits: { watchers: 1 } });
  await using one = await openTabs(server.url, 1);
  await using other = await openTabs(server.url, 1, { isAwaited: false });
  await other.pages[0].waitForText(
    "#notice",
    /^The server is full: 1 pages are open\. The drawing is kept/,
  );
  assertEquals(await other.pages[0].textContent("#connection"), "Server full");
  await one.pages[0].close();
  await other.pages[0].waitForText("#connection", /^Connected$/);
});

test("a guest's page shows that it cannot correct or quit", async ({ mlp }) => {
  await using server = await serveTest(mlp, {}, { address: "192.168.1.5" });
  await using tabs = await openTabs(server.url, 2);
  await drawOn(tabs.pages);
  for (const page of tabs.pages) {
    assertEquals(await page.textContent("#connection"), "Connected as guest");
    assertEquals(
      await page.textContent("#correction"),
      "Only a browser on the server's machine can add corrections",
    );
    const shown = await page.evaluate(() =>
      ["quit", "labels", "pause"].filter((id) => document.getElementById(id)!.checkVisibility())
    );
    assertEquals(shown, []);
    await page.keyboard.press("q");
    await page.waitForText(
      "#notice",
      /^The server did not end: Guests may not stop the server; it needs a browser on/,
    );
  }
});
