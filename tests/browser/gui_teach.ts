/** Tests of the corrections on the page, and of learning from them. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { Mlp } from "../../src/mlp.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { RequestError } from "../../src/gui/protocol/refusal.ts";
import type { GuiPage, Place } from "./page.ts";
import { violationsOn } from "./violations.ts";
import { serveTest, trainSmall } from "./server.ts";
import { prepareTests } from "./suite.ts";

const { openPage, openTabs, test } = prepareTests(async (stack) => {
  const backend = stack.use(await openBackend("wasm", { threads: 1 }));
  return { ...await trainSmall(), backend };
});

/** A cross, which is no digit. */
const CROSS: readonly (readonly Place[])[] = [[[0.2, 0.2], [0.8, 0.8]], [[0.8, 0.2], [0.2, 0.8]]];
/** A dash. */
const DASH: readonly Place[] = [[0.2, 0.5], [0.8, 0.5]];

/** Draws, and labels the drawing. */
async function teach(page: GuiPage, label: number, ...strokes: (readonly Place[])[]) {
  await page.bringToFront();
  await page.keyboard.press("c");
  await page.draw(...strokes);
  await page.waitForGuess();
  await page.click(`#labels [data-label="${label}"]`);
  await page.waitForText("#correction", /^Saved as a /);
}

/** Returns the names of the tiles. */
const tilesOn = (page: GuiPage) =>
  page.evaluate(() => Array.from(document.querySelectorAll("#tiles button"), (tile) => tile.ariaLabel));

/** Waits until the tiles have these names. */
const waitForTiles = (page: GuiPage, ...names: string[]) =>
  page.waitUntil(async () => `${await tilesOn(page)}` === `${names}`, `the tiles ${names}`);

/** Serves a page that keeps its corrections in memory. */
async function serveTaught({ mlp, digits, backend }: {
  readonly mlp: Parameters<typeof serveTest>[0];
  readonly digits: Awaited<ReturnType<typeof trainSmall>>["digits"];
  readonly backend: Awaited<ReturnType<typeof openBackend>>;
}, options: Parameters<typeof serveTest>[1] = {}) {
  return await serveTest(mlp, {
    ...{
      corrections: createCorrections("memory"),
      samples: digits.test,
      openBackend: () => Promise.resolve(backend),
    },
    rows: () => Promise.resolve(digits.train),
    ...options,
  });
}

test("corrections are tiles that every tab shows, and that can be relabeled, deleted and restored", async (prepared) => {
  await using gui = await serveTaught(prepared);
  await using tabs = await openTabs(gui.url, 2);
  const [page, other] = tabs.pages;
  assertEquals(await page.evaluate(() => document.querySelector<HTMLElement>("#taught")!.hidden), true);
  await teach(page, 3, ...CROSS);
  await teach(page, 1, DASH);
  await teach(page, 7, DASH); // one drawing has one label
  for (const one of [page, other]) await waitForTiles(one, "7, 1 of 2", "3, 2 of 2");
  assertEquals(await page.textContent("#h-taught"), "2 corrections");

  await page.click("#tiles button:nth-child(2)");
  assertEquals(await page.evaluate(() => document.querySelector<HTMLSelectElement>("#relabel")!.value), "3");
  await page.evaluate(() => {
    const select = document.querySelector<HTMLSelectElement>("#relabel")!;
    select.value = "5";
    select.dispatchEvent(new Event("change"));
  });
  await waitForTiles(other, "7, 1 of 2", "5, 2 of 2");
  assertEquals(await page.textContent("#tile-words"), "Relabeled as a 5");
  await page.click("#show");
  await page.waitForGuess();
  await page.click("#delete");
  await waitForTiles(other, "7, 1 of 1");
  await page.click("#restore");
  await waitForTiles(other, "5, 1 of 2", "7, 2 of 2");
});

test("tiles can be used with the keyboard alone", async (prepared) => {
  await using gui = await serveTaught(prepared);
  await using page = await openPage(gui.url);
  await teach(page, 3, ...CROSS);
  await teach(page, 1, DASH);
  await waitForTiles(page, "1, 1 of 2", "3, 2 of 2");
  await page.focus("#tiles button[tabindex='0']");
  await page.keyboard.press("ArrowRight");
  const focused = () => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.id);
  assertEquals(await focused(), "3, 2 of 2");
  await page.keyboard.press("Enter");
  assertEquals(await focused(), "3, 2 of 2");
  await page.keyboard.press("Delete");
  await waitForTiles(page, "1, 1 of 1");
  assertEquals(await focused(), "1, 1 of 1"); // the focus stays in the grid
  await page.keyboard.press("Delete");
  await waitForTiles(page);
  assertEquals(await focused(), "restore");
  await page.keyboard.press("Enter");
  await waitForTiles(page, "1, 1 of 1");
  assertEquals(await focused(), "1, 1 of 1");
});

test("Learn these teaches the network, shows the result, undoes it, and saves the network to a path", async (prepared) => {
  const saved: unknown[] = [];
  await using gui = await serveTaught(prepared, {
    save: (_mlp, request) => {
      saved.push(request);
      if (!request.replace) throw new RequestError(409, '"m.npz" exists already');
      return Promise.resolve({ file: "m.npz" });
    },
  });
  await using page = await openPage(gui.url);
  await teach(page, 3, ...CROSS);
  await teach(page, 4, DASH);
  const before = await page.read();
  await waitForTiles(page, "4, 1 of 2", "3, 2 of 2");
  await page.click("#learn");
  const result = await page.waitForText("#learned", /→.*right$/);
  assertMatch(
    result,
    /^Test accuracy \d+\.\d\d\u202f% → \d+\.\d\d\u202f%; your drawings \d of 2 → \d of 2 right$/,
  );
  const changed = async () => `${(await page.read()).values}` !== `${before.values}`;
  await page.waitUntil(changed, "another reading of the drawing");
  assertEquals(await violationsOn(page), []);

  await page.click("#save");
  await page.waitForText("#saved", /^"m.npz" exists already$/);
  assertEquals(await page.textContent("#save"), "Replace it");
  await page.click("#save");
  await page.waitForText("#saved", /^Saved as m\.npz; the file before is kept/);
  assertEquals(saved, [{ path: undefined, replace: false }, { path: undefined, replace: true }]);

  await page.focus("#unlearn");
  await page.keyboard.press("Enter");
  await page.waitForText("#learned", /^Undone/);
  await page.waitUntil(async () => !await changed(), "the reading before");
  assertEquals(await page.evaluate(() => document.querySelector("#unlearn")!.ariaDisabled), "true");
  assertEquals(await page.evaluate(() => document.activeElement!.id), "unlearn");
});

test("a guest's page has no corrections", async (prepared) => {
  const corrections = createCorrections("memory");
  await corrections.add(new Uint8Array(784).fill(255, 300, 400), 3);
  await using gui = await serveTest(prepared.mlp, { corrections }, { address: "192.168.1.5" });
  await using page = await openPage(gui.url);
  await page.waitForText("#connection", /^Connected as guest$/);
  await page.waitForTimeout(100);
  assert(await page.evaluate(() => document.querySelector<HTMLElement>("#taught")!.hidden));
  assertEquals(gui.paths.filter((path) => path === "/corrections"), []);
});

for (
  const [look, options] of Object.entries({
    light: { viewport: { width: 1280, height: 800 } },
    dark: { colorScheme: "dark" },
    narrow: { viewport: { width: 320, height: 640 }, hasTouch: true },
    "in forced colors": { forcedColors: "active" },
  })
) {
  test(`axe finds no violation in the corrections, and nothing is cut off: ${look}`, async (prepared) => {
    const corrections = createCorrections("memory");
    for (let i = 0; i < 120; i++) {
      await corrections.add(new Uint8Array(784).fill(255, 6 * i, 6 * i + 28), i % 10);
    }
    await using gui = await serveTaught(prepared, { corrections });
    await using page = await openPage(gui.url, options);
    await page.waitUntil(async () => (await tilesOn(page)).length === 100, "100 tiles");
    await page.click("#tiles button:nth-child(3)");
    assertEquals(await violationsOn(page), []);
    assertEquals(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      0,
    );
    await page.click("#more");
    await page.waitUntil(async () => (await tilesOn(page)).length === 120, "120 tiles");
    await page.keyboard.press("Tab");
    if ("hasTouch" in options) {
      const small = await page.evaluate(() =>
        Array.from(document.querySelectorAll("#taught :is(button, select)"), (element) => {
          const { width, height } = element.getBoundingClientRect();
          return height > 0 && (height < 43.9 || width < 43.9) ? element.id || element.textContent : "";
        }).filter(Boolean)
      );
      assertEquals(small, []);
    }
  });
}

test("everything of a drawing can be done with the keyboard alone, and the focus is never lost", async (prepared) => {
  await using gui = await serveTaught({ ...prepared, mlp: new Mlp({ ...prepared.mlp }) }, {
    save: () => Promise.resolve({ file: "m.npz" }),
  });
  await using page = await openPage(gui.url);
  const isActive = (selector: string) =>
    page.evaluate((selector: string) => document.activeElement!.matches(selector), selector);
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press("Tab");
      if (await isActive(selector)) return;
    }
    throw new Error(`Tab does not lead to ${selector}`);
  };
  const use = async (selector: string, key: string, result: string, pattern: RegExp, then = selector) => {
    await tabTo(selector);
    await page.keyboard.press(key);
    await page.waitForText(result, pattern);
    await page.waitUntil(() => isActive(then), `${key} on ${selector} leads to ${then}`);
  };

  await tabTo("#pad");
  for (const key of ["Space", ...Array.from({ length: 12 }, () => "ArrowDown"), "Space"]) {
    await page.keyboard.press(key);
  }
  await page.waitForGuess();
  await use('[data-label="1"]', "Enter", "#correction", /^Saved as a 1/);
  await use("#learn", "Enter", "#learned", /right$/);
  await use("#path", "Enter", "#saved", /^Saved as m\.npz/);
  await use("#tiles button", "Enter", "#h-taught", /^1 correction$/);
  await use("#relabel", "ArrowDown", "#tile-words", /^Relabeled as a 2/);
  await use("#show", "Enter", "#guess", /./);
  await use("#delete", "Enter", "#tile-words", /^Deleted/, "#restore");
  await page.keyboard.press("Enter");
  await page.waitUntil(() => isActive("#tiles button"), "the restored tile has the focus");
  await use("#why summary", "Enter", "#nearest-words", /^Of/);
  await use("#why-class", "ArrowDown", "#why-sum", /logit of 0/);
  await use("#paths button", "Enter", "#unit-name", /^Layer/, "[role=option]");
  await use("#unlearn", "Enter", "#learned", /^Undone/);
  await use("#large", "Enter", "#large", /^Large/);
  await use("#quit", "Enter", "#notice", /^The server has ended/);
});
