import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type GuiPage, ONE } from "./page.ts";
import { boxOf, serveTest, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { openPage, pageTest, test } = prepareServer();

/** Returns true if something is drawn, after the page had time to read it. */
async function isDrawn(page: GuiPage): Promise<boolean> {
  await page.waitForTimeout(120);
  return (await page.read()).guess !== "";
}

pageTest("C clears and U undoes", async (page) => {
  await page.draw(ONE);
  await page.waitForGuess();
  await page.keyboard.press("c");
  await page.waitForGuess({ none: true });
  await page.keyboard.press("u");
  await page.waitForGuess();
  await page.keyboard.press("u");
  await page.waitForGuess({ none: true });
});

pageTest("C, Q and U do nothing while a modifier is held", async (page) => {
  await page.draw(ONE);
  await page.waitForGuess();
  for (const modifier of ["Control", "Alt", "Meta", "Shift"]) {
    for (const key of ["c", "q", "u"]) await page.keyboard.press(`${modifier}+${key}`);
    assert(await isDrawn(page), modifier);
  }
  assertEquals(await page.textContent("#connection"), "Connected");
});

pageTest("switch turns single keys off permanently, and Ctrl+Z still undoes", async (page) => {
  await page.click("#shortcuts");
  await page.draw(ONE, [[0.2, 0.4]]);
  await page.waitForGuess();
  for (const key of ["c", "u", "q"]) await page.keyboard.press(key);
  assert(await isDrawn(page));
  assertEquals(await page.textContent("#connection"), "Connected");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await page.waitForGuess({ none: true });

  await page.reload();
  await page.waitForSelector('[data-connection="connected"]');
  assert(!await page.evaluate(() => document.querySelector<HTMLInputElement>("#shortcuts")!.checked));
  await page.draw(ONE);
  await page.waitForGuess();
  await page.keyboard.press("c");
  assert(await isDrawn(page));
  await page.click("#shortcuts");
  await page.keyboard.press("c");
  await page.waitForGuess({ none: true });
});

pageTest("single keys do nothing while a field has the focus", async (page) => {
  await page.draw(ONE);
  await page.waitForGuess();
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

pageTest("pad can be drawn on with only the keyboard", async (page, { gui }) => {
  for (let presses = 0; presses < 6; presses++) {
    if (await page.evaluate(() => document.activeElement?.id === "pad")) break;
    await page.keyboard.press("Tab");
  }
  for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await page.waitForText("#live", /^Pen down$/);
  for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowDown");
  for (let i = 0; i < 2; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
  await page.waitForGuess();
  const box = boxOf(await gui.lastSheet());
  assertAlmostEquals(box.top, 0.25 - 0.0425, 0.01);
  assertAlmostEquals(box.bottom, 0.75 + 0.0425, 0.01);
  assertAlmostEquals(box.right - box.left, 0.085, 0.011);
});

test("Q quits: the server ends, and the page says so and sends no more requests", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using page = await openPage(server.url);
  await page.focus("#quit");
  await page.keyboard.press("q");
  await server.quit;
  await page.waitForText("#notice", /^The server has ended/);
  assertEquals(await page.textContent("#connection"), "Ended");
  const asked = server.paths.length;
  await page.keyboard.press("Enter"); // the button has no effect any more, but keeps the focus
  assertEquals(await page.evaluate(() => document.activeElement!.id), "quit");
  await page.draw(ONE);
  await page.waitForTimeout(1500);
  assertEquals(server.paths.length, asked);
  assertEquals((await page.read()).guess, "");
});
