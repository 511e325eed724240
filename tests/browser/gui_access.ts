import { assert, assertEquals } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { createTrainingSession } from "../../src/gui/training.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import type { Browser } from "./chromium.ts";
import {
  drawByMouse,
  type GuiPage,
  openBrowser,
  openPage,
  serveTest,
  SEVEN,
  type TestGui,
  trainSmall,
  waitForGuess,
  waitForText,
} from "./gui_support.ts";

/** What looks for barriers. A variable, because TypeScript would fetch what a literal names. */
const AXE = "npm:axe-core@^4.11";

let browser: Browser, gui: TestGui, axe: string;
const backend = await openBackend("wasm", { threads: 1 });
Deno.test.beforeAll(async () => {
  const { mlp, digits } = await trainSmall();
  const training = createTrainingSession({
    mlp,
    train: digits.train,
    test: digits.test,
    config: { epochs: 3 },
    backend,
    save: () => Promise.resolve("model/mine.npz"),
  });
  gui = await serveTest(mlp, { training, samples: digits.test });
  await training.run();
  axe = (await import(AXE)).default.source;
  browser = await openBrowser();
});
Deno.test.afterAll(async () => {
  await browser.close();
  await gui[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

/** Each barrier that axe finds: its rule, and the elements that have it. */
async function barriers(page: GuiPage): Promise<string[]> {
  await page.evaluate(axe); // the page's policy lets no script in; the debugger's is not the page's
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
  "narrow and dark": { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  "in forced colours": { forcedColors: "active" },
};
for (const [look, options] of Object.entries(looks)) {
  Deno.test(`axe finds no barrier: ${look}, blank and drawn, after training`, async () => {
    await using page = await openPage(browser, gui.url, options);
    await waitForText(page, "#phase", /^Finished$/);
    assertEquals(await barriers(page), []);
    await drawByMouse(page, SEVEN);
    await waitForGuess(page);
    await page.click("#sample");
    await waitForText(page, "#caption", /row/);
    await page.click('.layer:nth-child(2) [role="option"]');
    assertEquals(await barriers(page), []);
  });
}

Deno.test("axe finds no barrier once the server has ended", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using page = await openPage(browser, server.url);
  await page.click("#quit");
  await waitForText(page, "#notice", /ended/);
  assertEquals(await barriers(page), []);
});

Deno.test("the page needs no horizontal scrolling from 320 pixels on, and none with text of twice the size from 640 on", async () => {
  await using page = await openPage(browser, gui.url);
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
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
});

Deno.test("the page shows pad and guess at once on a screen of 360×640", async () => {
  await using page = await openPage(browser, gui.url, { viewport: { width: 360, height: 640 } });
  const bottom = await page.evaluate(() => document.querySelector("#guess")!.getBoundingClientRect().bottom);
  assert(bottom <= 640, `${bottom}`);
});

Deno.test("nothing moves when a guess comes", async () => {
  await using page = await openPage(browser, gui.url);
  await waitForText(page, "#phase", /^Finished$/);
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
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
  const rename = (all: string[]) => all.map((place) => place.replace(/^(guess|next) /, " "));
  assertEquals(rename(await places()), rename(before));
});

Deno.test("the page asks no other origin for anything, and is less than 60 KB in all", async () => {
  const page = await browser.newPage() as GuiPage;
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  await page.goto(gui.url);
  await page.waitForSelector('[data-connection="connected"]');
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
  await page.context().close();
  assertEquals(urls.filter((url) => !url.startsWith(gui.url)), []);
  for (const { route } of pageFiles) {
    assert(urls.includes(new URL(route, gui.url).href), `${route} is not used`);
  }
  const bytes = pageFiles.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  assert(bytes < 60_000, `${bytes} bytes`);
});
