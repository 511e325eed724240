import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { type GuiPage, ONE, type Place, SEVEN } from "./page.ts";
import { boxOf, serveTest } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { openPage, pageTest, test } = prepareServer();

/** Half the default pen, in widths of the pad. */
const HALF_PEN = 0.0425;

/** Returns the darkness of the sheet at a place, 0 to 255. */
const inkAt = (sheet: Uint8Array, [x, y]: Place) => sheet[Math.floor(196 * y) * 196 + Math.floor(196 * x)];

/** Makes a stroke a quarter as large, in the middle of the pad. */
const shrink = (stroke: readonly Place[], share = 1 / 4): Place[] =>
  stroke.map(([x, y]) => [0.5 + share * (x - 0.5), 0.5 + share * (y - 0.5)]);

/** Returns the share of the pad that is inked, as a person sees it. */
const inkedShare = (page: GuiPage) =>
  page.evaluate(() => {
    const pad = document.querySelector<HTMLCanvasElement>("#pad")!;
    const { data } = pad.getContext("2d")!.getImageData(0, 0, pad.width, pad.width);
    let dark = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 127) dark++;
    return dark / pad.width ** 2;
  });

pageTest("line of a zigzag with few events reaches all of its corners", async (page, { gui }) => {
  await page.drawExactly([[0.1, 0.2], [0.9, 0.35], [0.1, 0.5], [0.9, 0.65], [0.1, 0.8]]);
  await page.waitForGuess();
  const sheet = await gui.lastSheet(), box = boxOf(sheet);
  assertAlmostEquals(box.left, 0.1 - HALF_PEN, 0.01);
  assertAlmostEquals(box.right, 0.9 + HALF_PEN, 0.01);
  for (const corner of [[0.9, 0.35], [0.1, 0.5], [0.9, 0.65]] as const) assert(inkAt(sheet, corner) > 200);
});

pageTest("four corners make a square", async (page, { gui }) => {
  await page.drawExactly([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]]);
  await page.waitForGuess();
  const sheet = await gui.lastSheet(), box = boxOf(sheet);
  assertAlmostEquals(box.left, 0.2 - HALF_PEN, 0.01);
  assertAlmostEquals(box.bottom, 0.8 + HALF_PEN, 0.01);
  for (const at of [0.2, 0.35, 0.5, 0.65, 0.8]) {
    for (const place of [[at, 0.2], [0.8, at], [at, 0.8], [0.2, at]] as const) {
      assert(inkAt(sheet, place) > 200, `${place}`);
    }
  }
  for (const place of [[0.3, 0.3], [0.5, 0.3], [0.7, 0.7]] as const) assertEquals(inkAt(sheet, place), 0);
});

for (
  const [side, from, to] of [["left", [-0.06, 0.5], [0.4, 0.5]], ["top", [0.4, -0.1], [0.4, 0.3]]] as const
) {
  pageTest(`stroke that begins beside the pad is drawn from its ${side} edge`, async (page, { gui }) => {
    await page.drawExactly([from, to, [0.6, 0.6]]);
    await page.waitForGuess();
    const sheet = await gui.lastSheet(), box = boxOf(sheet);
    assertEquals(box[side], 0);
    const edge: Place = side === "left" ? [0, 0.5] : [0.4, 0];
    assert(inkAt(sheet, edge) > 200 && inkAt(sheet, [0.6, 0.6]) > 200);
    await page.click("#undo");
    await page.waitForGuess({ none: true });
    assertEquals(await page.evaluate(() => `${getSelection()}`), "", "no text is selected");
  });
}

pageTest("stroke that crosses the whole pad between two events is drawn", async (page, { gui }) => {
  await page.drawExactly([[-0.06, 0.3], [1.2, 0.3]]);
  await page.waitForGuess();
  const box = boxOf(await gui.lastSheet());
  assertEquals([box.left, box.right], [0, 1]);
});

pageTest("pointer that is pressed on a button, or not at all, does not draw", async (page) => {
  const [[inside, y]] = await page.onPad([[0.5, 0.5]]);
  await page.hover("#undo");
  await page.mouse.down();
  await page.mouse.move(inside, y, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(2, 2);
  await page.mouse.move(inside, y, { steps: 5 });
  await page.waitForTimeout(120);
  assertEquals((await page.read()).guess, "");
});

pageTest("button, R, Ctrl+Y and Ctrl+Shift+Z do again what was undone", async (page) => {
  await page.draw(ONE);
  await page.waitForGuess();
  const isDisabled = () => page.evaluate(() => document.querySelector("#redo")!.ariaDisabled);
  assertEquals(await isDisabled(), "true");
  const ways = [
    () => page.click("#redo"),
    () => page.keyboard.press("r"),
    () => page.keyboard.press("Control+y"),
    () => page.keyboard.press("Control+Shift+Z"),
  ];
  for (const redo of ways) {
    await page.keyboard.press("Control+z");
    await page.waitForGuess({ none: true });
    assertEquals(await isDisabled(), "false");
    await redo();
    await page.waitForGuess();
  }
});

pageTest("reload keeps the drawing, its pen and its strokes", async (page, { gui }) => {
  await page.fill("#pen", "6");
  await page.draw(SEVEN, [[0.4, 0.5], [0.7, 0.5]]);
  await page.waitForGuess();
  const before = await gui.lastSheet();
  await page.reload();
  await page.waitForGuess();
  assertEquals(await gui.lastSheet(), before);
  await page.click("#undo");
  await page.waitForTimeout(100);
  const undone = await gui.lastSheet();
  assertEquals([inkAt(undone, [0.45, 0.5]), inkAt(undone, [0.5, 0.2])], [0, 255]);
  await page.click("#clear");
  await page.reload();
  await page.waitForText("#connection", /^Connected$/);
  await page.waitForTimeout(100);
  assertEquals((await page.read()).guess, "", "a cleared drawing does not return");
});

pageTest("another tab begins with a blank pad", async (page, { gui }) => {
  await page.draw(SEVEN);
  await page.waitForGuess();
  await using other = await openPage(gui.url);
  await other.waitForTimeout(150);
  assertEquals((await other.read()).guess, "");
});

pageTest(
  "network gets a small drawing with a thin line, and the pad keeps the pen",
  async (page, { gui }) => {
    await page.draw(SEVEN);
    await page.waitForGuess();
    const large = await inkedShare(page);
    await page.click("#clear");
    await page.draw(shrink(SEVEN));
    await page.waitForGuess();
    const sheet = await gui.lastSheet(), box = boxOf(sheet), size = 0.65 / 4;
    assertAlmostEquals(box.bottom - box.top, 1.17 * size, 0.011, "its line is 17 % of its size");
    const small = await inkedShare(page);
    assert(small > large / 5, `a stroke of a quarter with the same pen: ${small} of ${large}`);
    assertEquals((await page.read()).guess, "7");
  },
);

test("network of complete pictures gets a small drawing as it is", async () => {
  const image = { white: 1, placement: "resize" } as const;
  const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1, image });
  await using server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw(shrink(SEVEN));
  await page.waitForGuess();
  const box = boxOf(await server.lastSheet());
  assertAlmostEquals(box.bottom - box.top, 0.65 / 4 + 2 * HALF_PEN, 0.011);
});

pageTest("finger scrolls the page beside the pad, and draws on it", {
  viewport: { width: 390, height: 664 },
  hasTouch: true,
}, async (page) => {
  const session = await page.context().newCDPSession(page);
  const swipe = async ([x, y]: Place) => {
    for (let step = 0; step <= 10; step++) {
      const type = step === 0 ? "touchStart" : "touchMove";
      await session.send("Input.dispatchTouchEvent", { type, touchPoints: [{ x, y: y - 20 * step }] });
      await page.waitForTimeout(10);
    }
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.waitForTimeout(200);
    return await page.evaluate(() => scrollY);
  };
  const [place] = await page.onPad([[0.5, 0.8]]);
  assertEquals(await swipe(place), 0);
  assert((await page.read()).guess !== "");
  await page.click("#clear");
  assert(await swipe([8, place[1]]) > 50, "a swipe on the margin scrolls");
  assertEquals((await page.read()).guess, "");
});
