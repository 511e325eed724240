import { join } from "@std/path";
import { assertEquals } from "@std/assert";
import type { Browser } from "./chromium.ts";
import {
  drawByMouse,
  ONE,
  openBrowser,
  openPage,
  readPage,
  serveTest,
  SEVEN,
  startTask,
  trainSmall,
  waitForGuess,
  waitForText,
} from "./gui_support.ts";

let browser: Browser, folder: string;
Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "mlpcuda_gui_" });
  await (await trainSmall()).mlp.save(join(folder, "model.npz"));
  browser = await openBrowser();
});
Deno.test.afterAll(async () => {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

/** Starts `deno task gui` with that model. */
async function startSmall(port: number) {
  const { process, url } = await startTask(
    ["--model", "model.npz", "--data", "digits", "--port", `${port}`],
    folder,
  );
  return { process, url, port: Number(new URL(url).port) };
}

Deno.test("the Quit button ends the task with exit code 0, and frees its port", async () => {
  const { process, url, port } = await startSmall(0);
  await using page = await openPage(browser, url);
  await page.click("#quit");
  await waitForText(page, "#notice", /^The server has ended/);
  assertEquals((await process.status).code, 0);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test("the page keeps the drawing while the server is gone, and reads it again once one is back", async () => {
  const first = await startSmall(0);
  await using page = await openPage(browser, first.url);
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
  const { values } = await readPage(page);

  first.process.kill("SIGKILL");
  await first.process.status;
  await waitForText(
    page,
    "#notice",
    /^The server does not answer\. The drawing is kept; trying again in [\d.]+ s/,
  );
  await drawByMouse(page, [[0.5, 0.5]]);
  await page.click("#undo");
  assertEquals((await readPage(page)).guess, "", "no server vouches for a guess");

  const second = await startSmall(first.port); // with another token
  await waitForText(page, "#connection", /^Connected$/);
  await waitForGuess(page);
  assertEquals((await readPage(page)).values, values);
  assertEquals(await page.evaluate(() => document.querySelector<HTMLElement>("#notice")!.hidden), true);
  await page.click("#quit");
  assertEquals((await second.process.status).code, 0);
});

Deno.test("two pages work at once, and quitting in one is told to the other", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using one = await openPage(browser, server.url);
  await using other = await openPage(browser, server.url);
  await drawByMouse(one, ONE);
  await drawByMouse(other, SEVEN);
  await waitForGuess(one);
  await waitForGuess(other);
  assertEquals((await readPage(other)).guess, "7");
  assertEquals((await readPage(one)).guess, "1");
  await one.click("#quit");
  await waitForText(other, "#notice", /^The server has ended/);
  assertEquals(await other.textContent("#connection"), "Ended");
});
