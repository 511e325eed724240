import { join } from "@std/path";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { loadDataset } from "../../src/data/load.ts";
import { ONE, SEVEN } from "./page.ts";
import { serveTest, trainSmall } from "./server.ts";
import { prepareServer, tempFolder } from "./suite.ts";

const { pageTest } = prepareServer(async (stack) => {
  const { mlp, digits } = await trainSmall(), file = join(await tempFolder(stack), "corrections.npz");
  const corrections = openCorrections(file, {
    name: "my corrections.npz",
    classNames: Array.from("0123456789"),
  });
  return { gui: await serveTest(mlp, { corrections, samples: digits.test }), digits, file };
});

pageTest("look inside shows the units of every layer, colored by their outputs", async (page) => {
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
  await page.draw(SEVEN);
  await page.waitForGuess();
  const drawn = await colors();
  for (const layer of drawn) assert(new Set(layer).size > 3);
  await page.click("#clear");
  await page.waitForGuess({ none: true });
  assertEquals(await colors(), blank);
});

pageTest("look inside shows the weights, bias and activation of a clicked unit", async (page) => {
  await page.draw(SEVEN);
  await page.waitForGuess();
  await page.click('.layer:nth-child(1) [role="option"]:nth-child(6)');
  assertEquals(await page.waitForText("#unit-name", /unit 6$/), "Layer 1, unit 6");
  await page.waitForText("#unit-words", /pixel/);
  assertMatch((await page.textContent("#unit-bias"))!, /^−?\d\.\d\d$/);
  assertMatch((await page.textContent("#unit-activation"))!, /^\d+\.\d\d$/);
  const size = () =>
    page.evaluate(() => {
      const { width, height } = document.querySelector<HTMLCanvasElement>("#weights")!;
      return [width, height];
    });
  assertEquals(await size(), [28, 28]);
  await page.click('.layer:nth-child(2) [role="option"]:nth-child(2)');
  await page.waitForText("#unit-words", /unit of layer 1/);
  const [width, height] = await size();
  assert(width * height >= 32 && width * (height - 1) < 32, `${width}×${height}`);
});

pageTest(
  "look inside moves between units with the arrow keys, with one tab stop for each layer",
  async (page) => {
    await page.focus('.layer:nth-child(1) [tabindex="0"]');
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assertEquals(await page.waitForText("#unit-name", /unit 3$/), "Layer 1, unit 3");
    await page.keyboard.press("ArrowDown");
    await page.waitForText("#unit-name", /unit 19$/); // 16 in a row
    await page.keyboard.press("End");
    await page.waitForText("#unit-name", /unit 32$/);
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
    await page.waitForText("#unit-name", /^Layer 2, unit 1$/);
  },
);

pageTest(
  "test digit button draws the digit on the pad as ink, exactly as in the set, and undo removes it",
  async (page, { digits, gui }) => {
    await page.click("#sample");
    const words = await page.waitForText("#caption", /row/);
    const [, row, label] = words.match(/row (\d+): a (\d)$/)!;
    assertEquals(Number(label), digits.test!.labels![Number(row)]);
    await page.waitForGuess();
    const sheet = await gui.lastSheet();
    const pixels = digits.test!.inputs.subarray(784 * Number(row), 784 * (Number(row) + 1));
    const magnified = sheet.map((_, at) => pixels[28 * Math.floor(at / 196 / 7) + Math.floor(at % 196 / 7)]);
    assertEquals(sheet, magnified);
    await page.click("#undo");
    await page.waitForGuess({ none: true });
  },
);

pageTest(
  "that was a … saves the drawing with its label, and shows their number and the file",
  async (page, { file }) => {
    await page.click('#labels [data-label="1"]');
    assertEquals(await page.waitForText("#correction", /./), "Draw something first");
    await page.draw(ONE);
    await page.waitForGuess();
    await page.click('#labels [data-label="1"]');
    assertEquals(
      await page.waitForText("#correction", /Saved/),
      "Saved as a 1, the first correction in my corrections.npz",
    );
    await page.click("#clear");
    assertEquals(await page.textContent("#correction"), "");
    await page.draw(SEVEN);
    await page.click('#labels [data-label="7"]');
    assertEquals(
      await page.waitForText("#correction", /Saved/),
      "Saved as a 7, one of 2 corrections in my corrections.npz",
    );
    const { train } = await loadDataset(file);
    assertEquals([...train.labels!], [1, 7]);
    assertEquals((await page.read()).guess, "7");
  },
);
