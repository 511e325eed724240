import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Browser } from "./chromium.ts";
import {
  boxOf,
  drawByMouse,
  type GuiPage,
  lastSheet,
  ONE,
  openBrowser,
  openPage,
  readPage,
  serveTest,
  type TestGui,
  trainSmall,
  waitForGuess,
  waitForText,
} from "./gui_support.ts";

let browser: Browser, gui: TestGui;
Deno.test.beforeAll(async () => {
  gui = await serveTest((await trainSmall()).mlp);
  browser = await openBrowser();
});
Deno.test.afterAll(async () => {
  await browser.close();
  await gui[Symbol.asyncDispose]();
});

/** Whether something is drawn, once the page had the time to read it. */
async function isDrawn(page: GuiPage): Promise<boolean> {
  await page.waitForTimeout(120);
  return (await readPage(page)).guess !== "";
}

Deno.test("C clears and U takes back", async () => {
  await using page = await openPage(browser, gui.url);
  await drawByMouse(page, ONE);
  await waitForGuess(page);
  await page.keyboard.press("c");
  await waitForGuess(page, { none: true });
  await page.keyboard.press("u");
  await waitForGuess(page);
  await page.keyboard.press("u");
  await waitForGuess(page, { none: true });
});

Deno.test("C and Q do nothing with a modifier held", async () => {
  await using page = await openPage(browser, gui.url);
  await drawByMouse(page, ONE);
  await waitForGuess(page);
  for (const modifier of ["Control", "Alt", "Meta", "Shift"]) {
    for (const key of ["c", "q", "u"]) await page.keyboard.press(`${modifier}+${key}`);
    assert(await isDrawn(page), modifier);
  }
  assertEquals(await page.textContent("#connection"), "Connected");
});

Deno.test("the switch turns single keys off for good, and Ctrl+Z takes back still", async () => {
  await using page = await openPage(browser, gui.url);
  await page.click("#shortcuts");
  await drawByMouse(page, ONE, [[0.2, 0.4]]);
  await waitForGuess(page);
  for (const key of ["c", "u", "q"]) await page.keyboard.press(key);
  assert(await isDrawn(page));
  assertEquals(await page.textContent("#connection"), "Connected");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await waitForGuess(page, { none: true });

  await page.reload();
  await page.waitForSelector('[data-connection="connected"]');
  assert(!await page.evaluate(() => document.querySelector<HTMLInputElement>("#shortcuts")!.checked));
  await drawByMouse(page, ONE);
  await waitForGuess(page);
  await page.keyboard.press("c");
  assert(await isDrawn(page));
  await page.click("#shortcuts");
  await page.keyboard.press("c");
  await waitForGuess(page, { none: true });
});

Deno.test("keys that go into a field do not act", async () => {
  await using page = await openPage(browser, gui.url);
  await drawByMouse(page, ONE);
  await waitForGuess(page);
  await page.evaluate(() => {
    document.body.append(document.createElement("input"));
    document.querySelector<HTMLElement>("body > input")!.focus();
  });
  for (const key of ["u", "c", "q"]) {
    await page.keyboard.type(key);
    assert(await isDrawn(page), key);
  }
  assertEquals(await page.textContent("#connection"), "Connected");
});

Deno.test("the pad can be drawn on with the keyboard alone", async () => {
  await using page = await openPage(browser, gui.url);
  for (let presses = 0; presses < 6; presses++) {
    if (await page.evaluate(() => document.activeElement?.id === "pad")) break;
    await page.keyboard.press("Tab");
  }
  for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await waitForText(page, "#live", /^Pen down$/);
  for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowDown");
  for (let i = 0; i < 2; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
  await waitForGuess(page);
  const box = boxOf(await lastSheet(page, gui));
  assertAlmostEquals(box.top, 0.25 - 0.0425, 0.01);
  assertAlmostEquals(box.bottom, 0.75 + 0.0425, 0.01);
  assertAlmostEquals(box.right - box.left, 0.085, 0.011);
});

Deno.test("Q quits: the server ends, the page says so and asks nothing more", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using page = await openPage(browser, server.url);
  await page.keyboard.press("q");
  await server.quit;
  await waitForText(page, "#notice", /^The server has ended/);
  assertEquals(await page.textContent("#connection"), "Ended");
  const asked = server.paths.length;
  await drawByMouse(page, ONE);
  await page.waitForTimeout(1500);
  assertEquals(server.paths.length, asked);
  assertEquals((await readPage(page)).guess, "");
});
