import { join } from "@std/path";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openCorrections } from "../../src/gui/corrections.ts";
import { loadDataset } from "../../src/data/load.ts";
import type { DatasetPair } from "../../src/data/dataset.ts";
import type { Browser } from "./chromium.ts";
import {
  drawByMouse,
  lastSheet,
  ONE,
  openBrowser,
  openPage,
  readPage,
  serveTest,
  SEVEN,
  type TestGui,
  trainSmall,
  waitForGuess,
  waitForText,
} from "./gui_support.ts";

let browser: Browser, gui: TestGui, folder: string, file: string, digits: DatasetPair;
Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "mlpcuda_gui_" });
  file = join(folder, "corrections.npz");
  const small = await trainSmall();
  digits = small.digits;
  const corrections = openCorrections(file, {
    name: "my corrections.npz",
    classNames: Array.from("0123456789"),
  });
  gui = await serveTest(small.mlp, { corrections, samples: digits.test });
  browser = await openBrowser();
});
Deno.test.afterAll(async () => {
  await browser.close();
  await gui[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("look inside shows every layer's units, coloured by what they answer", async () => {
  await using page = await openPage(browser, gui.url);
  const colors = () =>
    page.evaluate(() =>
      Array.from(
        document.querySelectorAll(".cells"),
        (layer) => Array.from(layer.children, (cell) => getComputedStyle(cell).backgroundColor),
      )
    );
  const blank = await colors();
  assertEquals(blank.map((layer) => layer.length), [32, 12, 10]);
  assertEquals(new Set(blank.flat()).size, 1);
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
  const drawn = await colors();
  for (const layer of drawn) assert(new Set(layer).size > 3);
  await page.click("#clear");
  await waitForGuess(page, { none: true });
  assertEquals(await colors(), blank);
});

Deno.test("look inside shows the weights, bias and activation of a unit that is clicked", async () => {
  await using page = await openPage(browser, gui.url);
  await drawByMouse(page, SEVEN);
  await waitForGuess(page);
  await page.click('.layer:nth-child(1) [role="option"]:nth-child(6)');
  assertEquals(await waitForText(page, "#unit-name", /unit 6$/), "Layer 1, unit 6");
  await waitForText(page, "#unit-words", /pixel/);
  assertMatch((await page.textContent("#unit-bias"))!, /^−?\d\.\d\d$/);
  assertMatch((await page.textContent("#unit-activation"))!, /^\d+\.\d\d$/);
  const size = () =>
    page.evaluate(() => {
      const { width, height } = document.querySelector<HTMLCanvasElement>("#weights")!;
      return [width, height];
    });
  assertEquals(await size(), [28, 28]);
  await page.click('.layer:nth-child(2) [role="option"]:nth-child(2)');
  await waitForText(page, "#unit-words", /unit of layer 1/);
  const [width, height] = await size();
  assert(width * height >= 32 && width * (height - 1) < 32, `${width}×${height}`);
});

Deno.test("look inside is walked through with the arrow keys: one tab stop a layer", async () => {
  await using page = await openPage(browser, gui.url);
  await page.focus('.layer:nth-child(1) [tabindex="0"]');
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assertEquals(await waitForText(page, "#unit-name", /unit 3$/), "Layer 1, unit 3");
  await page.keyboard.press("ArrowDown");
  await waitForText(page, "#unit-name", /unit 19$/); // 16 in a row
  await page.keyboard.press("End");
  await waitForText(page, "#unit-name", /unit 32$/);
  assertEquals(
    await page.evaluate(() =>
      Array.from(
        document.querySelectorAll(".cells"),
        (layer) => layer.querySelectorAll("[tabindex='0']").length,
      )
    ),
    [1, 1, 1],
  );
  await page.keyboard.press("Tab");
  await waitForText(page, "#unit-name", /^Layer 2, unit 1$/);
});

Deno.test("a test digit is put onto the pad as ink, exactly as the set has it, and can be taken back", async () => {
  await using page = await openPage(browser, gui.url);
  await page.click("#sample");
  const words = await waitForText(page, "#caption", /row/);
  const [, row, label] = words.match(/row (\d+): a (\d)$/)!;
  assertEquals(Number(label), digits.test!.labels![Number(row)]);
  await waitForGuess(page);
  const sheet = await lastSheet(page, gui);
  const pixels = digits.test!.inputs.subarray(784 * Number(row), 784 * (Number(row) + 1));
  const magnified = sheet.map((_, at) => pixels[28 * Math.floor(at / 196 / 7) + Math.floor(at % 196 / 7)]);
  assertEquals(sheet, magnified);
  await page.click("#undo");
  await waitForGuess(page, { none: true });
});

Deno.test("that was a … keeps the drawing with its label, and says how many there are and where", async () => {
  await using page = await openPage(browser, gui.url);
  await page.click('#labels [data-label="1"]');
  assertEquals(await waitForText(page, "#correction", /./), "Draw something first");
  await drawByMouse(page, ONE);
  await waitForGuess(page);
  await page.click('#labels [data-label="1"]');
  assertEquals(
    await waitForText(page, "#correction", /Kept/),
    "Kept as a 1, the first correction in my corrections.npz",
  );
  await page.click("#clear");
  assertEquals(await page.textContent("#correction"), "");
  await drawByMouse(page, SEVEN);
  await page.click('#labels [data-label="7"]');
  assertEquals(
    await waitForText(page, "#correction", /Kept/),
    "Kept as a 7, one of 2 corrections in my corrections.npz",
  );
  const { train } = await loadDataset(file);
  assertEquals([...train.labels!], [1, 7]);
  assertEquals((await readPage(page)).guess, "7");
});
