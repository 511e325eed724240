import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { closer, type GuiPage, ONE, type Place, SEVEN } from "./page.ts";
import { boxOf } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { pageTest } = prepareServer();

/** Draws with the events of this kind of pointer, as the system sends them to the browser. */
async function drawBy(kind: "pen" | "touch", page: GuiPage, stroke: readonly Place[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const places = await page.onPad(closer(stroke));
  for (const [i, [x, y]] of places.entries()) {
    if (kind === "touch") {
      const type = i === 0 ? "touchStart" : "touchMove";
      await session.send("Input.dispatchTouchEvent", { type, touchPoints: [{ x, y }] });
    } else {
      const type = i === 0 ? "mousePressed" : "mouseMoved";
      await session.send("Input.dispatchMouseEvent", {
        type,
        x,
        y,
        button: "left",
        buttons: 1,
        clickCount: i === 0 ? 1 : 0,
        pointerType: "pen",
      });
    }
  }
  const [x, y] = places[places.length - 1];
  if (kind === "touch") {
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  } else {
    const released = { type: "mouseReleased", x, y, button: "left", clickCount: 1, pointerType: "pen" };
    await session.send("Input.dispatchMouseEvent", released);
  }
}

/** Records in the page the kind of each pointer that is pressed on the pad. */
const watchKinds = (page: GuiPage) =>
  page.evaluate(() => {
    const kinds: string[] = [];
    Object.assign(globalThis, { kinds });
    document.querySelector("#pad")!.addEventListener("pointerdown", (event) => {
      kinds.push((event as PointerEvent).pointerType);
    });
  });

pageTest("pad draws strokes of the mouse, and the network reads them", async (page, { gui }) => {
  await page.draw(SEVEN);
  await page.waitForGuess();
  const sheet = await gui.lastSheet(), box = boxOf(sheet);
  assertAlmostEquals(box.left, 0.25 - 0.0425, 0.01);
  assertAlmostEquals(box.right, 0.75 + 0.0425, 0.01);
  assertAlmostEquals(box.top, 0.2 - 0.0425, 0.01);
  assertAlmostEquals(box.bottom, 0.85 + 0.0425, 0.01);
  assertEquals((await page.read()).guess, "7");
});

for (const kind of ["pen", "touch"] as const) {
  pageTest(
    `pad draws strokes of ${kind === "pen" ? "a pen" : "a finger"}`,
    { hasTouch: true },
    async (page, { gui }) => {
      await watchKinds(page);
      await drawBy(kind, page, SEVEN);
      await page.waitForGuess();
      assertEquals((await page.read()).guess, "7");
      assertEquals(await page.evaluate("kinds"), [kind]);
      const box = boxOf(await gui.lastSheet());
      assertAlmostEquals(box.right - box.left, 0.585, 0.03);
    },
  );
}

pageTest("pad draws a dot when it is tapped, 8.5 % of its width", async (page, { gui }) => {
  await page.draw([[0.3, 0.6]]);
  await page.waitForGuess();
  const box = boxOf(await gui.lastSheet());
  assertAlmostEquals(box.right - box.left, 0.085, 0.011);
  assertAlmostEquals((box.left + box.right) / 2, 0.3, 0.01);
  assertAlmostEquals((box.top + box.bottom) / 2, 0.6, 0.01);
});

pageTest(
  "pad follows a stroke that leaves it, and continues it where it returns",
  async (page, { gui }) => {
    await page.draw([[0.8, 0.3], [1.3, 0.3], [1.3, 0.7], [0.8, 0.7]]);
    await page.waitForGuess();
    const sheet = await gui.lastSheet(), box = boxOf(sheet);
    assertEquals(box.right, 1);
    assertAlmostEquals(box.top, 0.2575, 0.02);
    assertAlmostEquals(box.bottom, 0.7425, 0.02);
    assert(sheet[98 * 196 + 195] < 128, "the part of the stroke outside the pad is drawn on it");
  },
);

pageTest(
  "pad ignores the other mouse buttons and a second finger",
  { hasTouch: true },
  async (page, { gui }) => {
    const [[x, y], [otherX, otherY]] = await page.onPad([[0.3, 0.3], [0.7, 0.7]]);
    await page.mouse.move(x, y);
    await page.mouse.down({ button: "right" });
    await page.mouse.move(otherX, otherY);
    await page.mouse.up({ button: "right" });
    const session = await page.context().newCDPSession(page);
    const touch = (type: string, touchPoints: object[]) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", [{ x, y, id: 1 }]);
    await touch("touchStart", [{ x, y, id: 1 }, { x: otherX, y: otherY, id: 2 }]);
    await touch("touchMove", [{ x, y: y + 20, id: 1 }, { x: otherX, y: otherY + 20, id: 2 }]);
    await touch("touchEnd", []);
    await page.waitForGuess();
    const box = boxOf(await gui.lastSheet());
    assert(box.right < 0.4 && box.bottom < 0.5, JSON.stringify(box));
  },
);

pageTest("pad is sharp on a high-density screen, and keeps the drawing when its size changes", {
  deviceScaleFactor: 3,
}, async (page) => {
  await page.draw(ONE);
  await page.waitForGuess();
  const look = () =>
    page.evaluate(() => {
      const pad = document.querySelector<HTMLCanvasElement>("#pad")!;
      const { data } = pad.getContext("2d")!.getImageData(0, 0, pad.width, pad.width);
      let dark = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 127) dark++;
      return { density: pad.width / pad.clientWidth, share: dark / pad.width ** 2 };
    });
  const before = await look();
  assertEquals(before.density, 3);
  await page.setViewportSize({ width: 400, height: 700 });
  await page.waitForTimeout(100);
  const after = await look();
  assertEquals(after.density, 3);
  assertAlmostEquals(after.share, before.share, 0.003);
});

pageTest("pad draws with the thickness of the pen's slider", async (page, { gui }) => {
  await page.fill("#pen", "14");
  await page.draw([[0.5, 0.5]]);
  await page.waitForGuess();
  const box = boxOf(await gui.lastSheet());
  assertAlmostEquals(box.right - box.left, 0.14, 0.011);
});

pageTest(
  "undo removes one stroke at a time and reverts Clear; Clear leaves nothing to read",
  async (page, { gui }) => {
    await page.draw(ONE);
    await page.draw([[0.2, 0.5], [0.8, 0.5]]);
    await page.waitForGuess();
    assertAlmostEquals(boxOf(await gui.lastSheet()).left, 0.1575, 0.01);
    await page.click("#undo");
    assertAlmostEquals(boxOf(await gui.lastSheet()).left, 0.4575, 0.01);
    await page.click("#clear");
    await page.waitForGuess({ none: true });
    assertEquals((await page.read()).values, Array(10).fill(null));
    await page.click("#undo");
    await page.waitForGuess();
    assertAlmostEquals(boxOf(await gui.lastSheet()).left, 0.4575, 0.01);
    await page.click("#undo");
    await page.waitForGuess({ none: true });
    await page.click("#undo");
    assertEquals((await page.read()).guess, "");
  },
);
