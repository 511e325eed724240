import { assert, assertEquals } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { Mlp } from "../../src/mlp.ts";
import { collisionsOn } from "./collisions.ts";
import { type GuiPage, SEVEN } from "./page.ts";
import { serveTest, sessionOf, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { openPage, pageTest, test } = prepareServer(async (stack) => {
  const { mlp, digits } = await trainSmall(), backend = stack.use(await openBackend("wasm", { threads: 1 }));
  const training = sessionOf({ mlp, digits }, { backend, epochs: 2 });
  const gui = await serveTest(mlp, { training, samples: digits.test });
  await training.run();
  return { gui, mlp, digits, plain: stack.use(await serveTest(mlp)) };
});

/** The screens on which drawing and answer need no scrolling; 640×400 is 1280×800 at 200 %. */
const SCREENS = [[844, 390], [390, 664], [640, 400], [1280, 800], [1366, 650], [1920, 1080]] as const;

/** Returns the box of an element in the window. */
const boxOf = (page: GuiPage, selector: string) =>
  page.evaluate((selector: string) => {
    const { left, top, right, bottom } = document.querySelector(selector)!.getBoundingClientRect();
    return { left, top, right, bottom };
  }, selector);

for (const [width, height] of SCREENS) {
  for (const hasTouch of [false, true]) {
    const look = { viewport: { width, height }, hasTouch };
    pageTest(
      `drawing and answer fit a screen of ${width}×${height}${
        hasTouch ? " with touch" : ""
      }; the answer is the largest text`,
      look,
      async (withTraining, { plain }) => {
        await using without = await openPage(plain.url, look);
        for (const page of [withTraining, without]) {
          await page.draw(SEVEN);
          await page.waitForGuess();
          for (const part of ["#pad", ".answer", "#verdict", "#clear", "#undo", "#redo"]) {
            const { left, top, right, bottom } = await boxOf(page, part);
            assert(
              left >= 0 && top >= 0 && right <= width && bottom <= height,
              `${part}: ${JSON.stringify({ left, top, right, bottom })}`,
            );
          }
          const pad = await boxOf(page, "#pad");
          assert(pad.bottom - pad.top >= 0.44 * Math.min(width, height), `${pad.bottom - pad.top}`);
          const sizes = await page.evaluate(() => {
            const sizeOf = (element: Element) => parseFloat(getComputedStyle(element).fontSize);
            const others = [...document.querySelectorAll("body *:not(#guess)")].map(sizeOf);
            return { guess: sizeOf(document.querySelector("#guess")!), other: Math.max(...others) };
          });
          assert(sizes.guess >= 4 * sizes.other, JSON.stringify(sizes));
        }
      },
    );
  }
}

for (const isLarge of [false, true]) {
  pageTest(
    `nothing collides at any width from 320 to 2560${isLarge ? " in the large mode" : ""}`,
    async (withTraining, { plain }) => {
      await using without = await openPage(plain.url);
      for (const page of [withTraining, without]) {
        if (isLarge) await page.keyboard.press("l");
        await page.draw(SEVEN);
        await page.waitForGuess();
        for (const height of [400, 664, 800, 1080]) {
          for (let width = 320; width <= 2560; width += width < 1400 ? 24 : 116) {
            await page.setViewportSize({ width, height });
            assertEquals(await collisionsOn(page), [], `${width}×${height}`);
          }
        }
      }
    },
  );
}

test("drawing and answer fit beside the notice that the server is gone", async ({ mlp }) => {
  const server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw(SEVEN);
  await page.waitForGuess();
  await server[Symbol.asyncDispose]();
  await page.waitForText("#connection", /^No server$/);
  for (const [width, height] of SCREENS) {
    await page.setViewportSize({ width, height });
    assertEquals(await collisionsOn(page), [], `${width}×${height}`);
    for (const part of ["#notice", "#pad", ".answer", "#verdict", "#clear", "#undo", "#redo"]) {
      const { top, bottom } = await boxOf(page, part);
      assert(top >= 0 && bottom <= height, `${part} at ${width}×${height}: ${top} to ${bottom}`);
    }
  }
});

test("nothing collides below the answer if names of classes have no spaces", async ({ mlp, digits }) => {
  const classNames = Array.from("abcdefghij", (letter) => letter.repeat(35)), { layers, parameters } = mlp;
  const named = new Mlp({ layers, parameters, inputShape: [28, 28], inputScale: mlp.inputScale, classNames });
  await using server = await serveTest(named, { rows: { ...digits.train, classNames } });
  await using page = await openPage(server.url);
  await page.draw(SEVEN);
  await page.waitForGuess();
  await page.click("#why summary");
  await page.waitForText("#nearest-words", /^Of/);
  for (const [width, height] of [...SCREENS, [320, 640], [2560, 1440]]) {
    await page.setViewportSize({ width, height });
    assertEquals(await collisionsOn(page), [], `${width}×${height}`);
    const over = await page.evaluate(() =>
      [...document.querySelectorAll("#verdict, #nearest li, #why-sum, #detail")]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ id }) => id)
    );
    assertEquals(over, [], `${width}×${height}`);
  }
});

test("nothing collides if classes have long names", async () => {
  const { mlp: { layers, parameters, inputShape, inputScale } } = await trainSmall();
  const classNames = [
    "T-shirt or top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Boot",
  ];
  const mlp = new Mlp({ layers, parameters, inputShape, inputScale, classNames });
  await using server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw([[0.5, 0.15], [0.3, 0.5], [0.5, 0.85], [0.7, 0.5], [0.5, 0.15]]);
  await page.waitForGuess();
  for (const [width, height] of [...SCREENS, [320, 640], [2560, 1440]]) {
    await page.setViewportSize({ width, height });
    assertEquals(await collisionsOn(page), [], `${width}×${height}`);
    const { overflow, side } = await page.evaluate(() => {
      const guess = document.querySelector("#guess")!;
      return { overflow: guess.scrollWidth - guess.clientWidth, side: guess.clientWidth };
    });
    assert(overflow <= 0, `${overflow} of ${side}`);
  }
});

pageTest("every target is at least 44 pixels wide and high on touch", {
  viewport: { width: 390, height: 664 },
  hasTouch: true,
}, async (page) => {
  await page.waitForText("#phase", /^Finished$/);
  await page.draw(SEVEN);
  await page.waitForGuess();
  for (const [width, height] of SCREENS) {
    await page.setViewportSize({ width, height });
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, input, [role=option], #confusion [tabindex]")].flatMap(
        (element) => {
          const own = element.getBoundingClientRect();
          const label = element.closest("label")?.getBoundingClientRect() ?? own;
          const across = Math.max(own.width, label.width), down = Math.max(own.height, label.height);
          const isSmall = own.width > 0 && (across < 43.9 || down < 43.9);
          return isSmall ? [`${element.id || element.className || element.tagName}: ${across}×${down}`] : [];
        },
      )
    );
    assertEquals(small, [], `${width}×${height}`);
  }
});

pageTest("blank pad invites to draw, and a drawn one does not", async (page) => {
  const isShown = () => page.evaluate(() => document.querySelector("#invitation")!.checkVisibility());
  assertEquals([await page.textContent("#invitation"), await isShown()], ["Draw here", true]);
  await page.draw(SEVEN);
  assert(!await isShown());
  await page.click("#clear");
  assert(await isShown());
});

pageTest("large mode can be read from the last row of a classroom, and stays on", {
  viewport: { width: 1920, height: 1080 },
}, async (page) => {
  await page.keyboard.press("l");
  await page.draw(SEVEN);
  await page.waitForGuess();
  const sizeOf = (selector: string) =>
    page.evaluate(
      (selector: string) => parseFloat(getComputedStyle(document.querySelector(selector)!).fontSize),
      selector,
    );
  // At 9 m from a screen 2 m wide, 40 pixels are 16 minutes of arc; 20/40 vision needs 10.
  for (
    const [part, least] of [["#guess", 400], ["#verdict strong", 54], [".name", 40], [".value", 40]] as const
  ) {
    assert(await sizeOf(part) >= least, `${part}: ${await sizeOf(part)}`);
  }
  for (const part of ["#pad", ".answer", "#verdict", "#seen", "#bars"]) {
    assert((await boxOf(page, part)).bottom <= 1080, part);
  }
  await page.reload();
  await page.waitForGuess();
  assert(await sizeOf("#guess") >= 400);
  await page.click("#large");
  assert(await sizeOf("#guess") < 400);
  assertEquals(await page.evaluate(() => document.querySelector("#large")!.ariaPressed), "false");
});
