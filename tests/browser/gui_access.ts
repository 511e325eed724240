import { assert, assertEquals } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { type GuiPage, SEVEN } from "./page.ts";
import { serveTest, sessionOf, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

/**
 * The specifier of axe, the accessibility checker. It is a variable, because TypeScript would fetch a literal
 * specifier.
 */
const AXE = "npm:axe-core@^4.11";

const { openPage, pageTest, test } = prepareServer(async (stack) => {
  const { mlp, digits } = await trainSmall(), backend = stack.use(await openBackend("wasm", { threads: 1 }));
  const training = sessionOf({ mlp, digits }, { backend, epochs: 3 });
  const gui = await serveTest(mlp, { training, samples: digits.test });
  await training.run();
  return { gui };
});

/** Returns the violations that axe finds: each rule, and the elements that break it. */
async function violationsOn(page: GuiPage): Promise<string[]> {
  const { default: { source } } = await import(AXE);
  await page.evaluate<void>(source); // the page's policy blocks scripts, but not those of the debugger
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run({ runOnly: tags, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}

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
    const bytes = pageFiles.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
    assert(bytes < 110_000, `${bytes} bytes`);
  },
);
