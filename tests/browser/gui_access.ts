import { assert, assertEquals } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { violationsOn } from "./violations.ts";
import { SEVEN } from "./page.ts";
import { serveTest, sessionOf, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { openPage, pageTest, test } = prepareServer(async (stack) => {
  const { mlp, digits } = await trainSmall(), backend = stack.use(await openBackend("wasm", { threads: 1 }));
  const training = sessionOf({ mlp, digits }, { backend, epochs: 3 });
  const gui = await serveTest(mlp, { training, samples: digits.test, rows: digits.train });
  await training.run();
  return { gui };
});

const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 640 }, hasTouch: true },
  "on a phone across": { viewport: { width: 844, height: 390 }, hasTouch: true },
  "narrow and dark": { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  "in forced colors": { forcedColors: "active" },
};
for (const [look, options] of Object.entries(looks)) {
  pageTest(`axe finds no violation: ${look}, blank and drawn, after training`, options, async (page) => {
    await page.waitForText("#phase", /^Finished$/);
    assertEquals(await violationsOn(page), []);
    await page.draw(SEVEN);
    await page.waitForGuess();
    await page.click("#sample");
    await page.waitForText("#caption", /row/);
    await page.click('.layer:nth-child(2) [role="option"]');
    assertEquals(await violationsOn(page), []);
  });
}

pageTest("page is printed light, without its controls, and with nothing cut off", {
  colorScheme: "dark",
  viewport: { width: 740, height: 1000 }, // of A4, in CSS pixels
}, async (page) => {
  await page.draw(SEVEN);
  await page.waitForGuess();
  await page.click("#why-details summary");
  await page.waitForText("#nearest-words", /distance/);
  await page.click("#confusion .opens");
  await page.waitForText("#cell-words", /choose one/);
  await page.emulateMedia({ media: "print" });
  const read = () =>
    page.evaluate(() => {
      const shown = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility());
      const isCut = (element: Element) => {
        const { overflowX, overflowY } = getComputedStyle(element);
        return overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1 ||
          overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
      };
      const canvases = shown.filter((element) => element instanceof HTMLCanvasElement) as HTMLCanvasElement[];
      // Ink on paper: the corner of a picture is light, or transparent; something on the pad is dark.
      const cornersOf = (
        canvas: HTMLCanvasElement,
      ) => [...canvas.getContext("2d")!.getImageData(0, 0, 1, 1).data];
      const pad = canvases.find(({ id }) => id === "pad")!;
      const painted = pad.getContext("2d")!.getImageData(0, 0, pad.width, pad.height).data;
      return {
        paper: getComputedStyle(document.body).backgroundColor,
        controls: shown.filter((element) =>
          element.matches("button:not(#paths *, #cell-images *), input, progress")
        )
          .map(({ id }) => id),
        cut: shown.filter((element) => !element.matches("#live, #guess") && isCut(element)).map(({ id }) =>
          id
        ),
        pictures: canvases.length,
        dark: canvases.filter((canvas) => {
          const [red, , , alpha] = cornersOf(canvas);
          return alpha > 0 && red < 128;
        }).map(({ id }) => id),
        ink: Math.max(...painted.filter((_, at) => at % 4 === 0 && painted[at + 3] === 255)),
      };
    });
  // The page paints the pictures anew when its colors have changed.
  await page.waitUntil(async () => (await read()).dark.length === 0, "no picture is dark");
  const found = await read();
  const { pictures, ink, ...rest } = found;
  assertEquals(rest, { paper: "rgb(255, 255, 255)", controls: [], cut: [], dark: [] });
  assert(pictures >= 10 && ink < 64, JSON.stringify({ pictures, ink }));
  assertEquals(await violationsOn(page), []);
});

pageTest("axe finds no violation in the large mode, and with something to redo", {
  viewport: { width: 1920, height: 1080 },
}, async (page) => {
  await page.keyboard.press("l");
  assertEquals(await violationsOn(page), []);
  await page.draw(SEVEN, [[0.4, 0.5], [0.7, 0.5]]);
  await page.keyboard.press("u");
  await page.waitForGuess();
  assertEquals(await violationsOn(page), []);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds no violation with a cell's images and the question of a restart: ${colorScheme}`, async () => {
    await using backend = await openBackend("wasm", { threads: 1 });
    const { mlp, digits } = await trainSmall(),
      training = sessionOf({ mlp, digits }, { backend, epochs: 9999 });
    await using server = await serveTest(mlp, { training, samples: digits.test });
    const running = training.run();
    await using page = await openPage(server.url, { colorScheme });
    await page.waitForText("#step", /^epoch [2-9]|^epoch \d\d/);
    await page.click("#confusion .opens");
    await page.waitForText("#cell-words", /choose one/);
    await page.click("#restart");
    await page.waitForText("#discard-words", /./);
    assertEquals(await violationsOn(page), []);
    await page.click("#pause");
    await page.waitForText("#phase", /^Paused$/);
    assertEquals(await violationsOn(page), []);
    await training.stop();
    await running;
  });
}

test("axe finds no violation after the server has ended", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using page = await openPage(server.url);
  await page.click("#quit");
  await page.waitForText("#notice", /ended/);
  assertEquals(await violationsOn(page), []);
});

test("axe finds no violation while the server is gone, and on a guest's page", async () => {
  const { mlp } = await trainSmall();
  await using guests = await serveTest(mlp, {}, { address: "192.168.1.5" });
  await using guest = await openPage(guests.url);
  await guest.waitForText("#connection", /^Connected as guest$/);
  assertEquals(await violationsOn(guest), []);
  const server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw(SEVEN);
  await page.waitForGuess();
  await server[Symbol.asyncDispose]();
  await page.waitForText("#connection", /^No server$/);
  await page.click('#labels [data-label="7"]');
  await page.waitForText("#correction", /^1 correction waits/);
  assertEquals(await violationsOn(page), []);
});

pageTest(
  "page needs no horizontal scrolling at 320 pixels or more, nor at 640 or more with text of twice the size",
  async (page) => {
    await page.draw(SEVEN);
    await page.waitForGuess();
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    for (const width of [320, 360, 480, 640, 768, 1000, 1152, 1280, 1440, 1920, 3440]) {
      await page.setViewportSize({ width, height: 640 });
      assertEquals(await overflow(), 0, `${width} pixels`);
    }
    const session = await page.context().newCDPSession(page);
    await session.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 32 } });
    assertEquals(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), "32px");
    for (const width of [640, 1280]) {
      await page.setViewportSize({ width, height: 640 });
      assertEquals(await overflow(), 0, `${width} pixels with large text`);
    }
  },
);

pageTest("page shows pad and guess at once on a screen of 360×640", {
  viewport: { width: 360, height: 640 },
}, async (page) => {
  const bottom = await page.evaluate(() => document.querySelector("#guess")!.getBoundingClientRect().bottom);
  assert(bottom <= 640, `${bottom}`);
});

pageTest("page layout does not shift when a guess appears", async (page) => {
  await page.waitForText("#phase", /^Finished$/);
  const places = () =>
    page.evaluate(() =>
      Array.from(
        document.querySelectorAll("section, canvas, button, [data-digit], .track, #guess"),
        (element) => {
          const { left, top, width, height } = element.getBoundingClientRect();
          return [element.id || element.className, left, top, width, height].join(" ");
        },
      )
    );
  const before = await places();
  await page.draw(SEVEN);
  await page.waitForGuess();
  const rename = (all: string[]) => all.map((place) => place.replace(/^(guess|next) /, " "));
  assertEquals(rename(await places()), rename(before));
});

pageTest(
  "page requests nothing from other origins, and is less than 110 KB in total",
  async (page, { gui }) => {
    await page.draw(SEVEN);
    await page.waitForGuess();
    assertEquals(page.urls.filter((url) => !url.startsWith(gui.url)), []);
    for (const { route } of pageFiles) {
      assert(page.urls.includes(new URL(route, gui.url).href), `${route} is not used`);
    }
    const bytes = pageFiles.reduce(
      (sum, { text }) => sum + new TextEncoder().encode(text).length,
      0,
    );
    assert(bytes < 110_000, `${bytes} bytes`);
  },
);
