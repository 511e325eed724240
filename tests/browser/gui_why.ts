import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { violationsOn } from "./violations.ts";
import { collisionsOn } from "./collisions.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";
import { train } from "../../src/training/train.ts";
import { type GuiPage, ONE, SEVEN } from "./page.ts";
import { serveTest, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { pageTest, test, openPage } = prepareServer(async (stack) => {
  const { mlp, digits } = await trainSmall();
  const rows = () => Promise.resolve(digits.train);
  return {
    digits,
    gui: await serveTest(mlp, { rows, samples: digits.test }),
    plain: stack.use(await serveTest(mlp, { samples: digits.test })),
  };
});

/** Opens the panel, and waits until it shows the reasons for the drawing. */
async function openWhy(page: GuiPage): Promise<void> {
  await page.click("#why summary");
  await page.waitForText("#paths-words", /paths/);
  await page.waitForText("#nearest-words", /^Of/);
}

/** Checks that nothing overlaps or needs scrolling across. */
async function checkRoom(page: GuiPage): Promise<void> {
  for (let width = 320; width <= 2560; width += width < 1400 ? 72 : 232) {
    await page.setViewportSize({ width, height: 800 });
    assertEquals(await collisionsOn(page), [], `${width}`);
    const overflow = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    assertEquals(overflow, 0, `${width}`);
  }
}

/** Returns the numbers of the sum, by their titles. */
const sumOf = (page: GuiPage) =>
  page.evaluate(() => {
    const [titles, numbers] = ["dt", "dd"].map((tag) =>
      [...document.querySelectorAll(`#why-sum ${tag}`)].map(({ textContent }) => textContent!)
    );
    return Object.fromEntries(titles.map((title, i) => [title, Number(numbers[i].replace("−", "-"))]));
  });

pageTest("why is closed at first, and then nothing is asked for it", async (page, { gui }) => {
  await page.draw(SEVEN);
  await page.waitForGuess();
  await page.waitForTimeout(700);
  assertEquals(gui.paths.filter((path) => path === "/why" || path === "/nearest"), []);
  assert(!await page.evaluate(() => document.querySelector("#reasons")!.checkVisibility()));
});

pageTest("why shows contributions that add up to the logit, and follows the drawing", async (page) => {
  await page.click("#why summary");
  assertEquals(await page.waitForText("#why-words", /./), "Draw something first");
  await page.draw(SEVEN);
  await page.waitForText("#paths-words", /^8 of [\d,]+ paths, \d+\u202f% of their absolute sum/);
  const { guess } = await page.read();
  const sum = await sumOf(page), { [`sum: logit of ${guess}`]: logit, ...parts } = sum;
  assertEquals(Object.keys(parts), ["gradient × input", "biases", "curved activations"]);
  assertAlmostEquals(Object.values(parts).reduce((all, part) => all + part, 0), logit, 0.021); // rounded to 0.01
  const isPainted = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>("#why-picture")!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return [canvas.width, new Set(new Uint32Array(data.buffer)).size > 8];
    });
  assertEquals(await isPainted(), [28, true]);
  await page.click("#clear");
  await page.waitForText("#why-words", /^Draw something first$/);
  assertEquals([(await isPainted())[1], await page.textContent("#nearest")], [false, ""]);
  assertEquals(await page.textContent("#why-sum"), "");
  await page.draw(ONE);
  await page.waitForText("#why-sum", new RegExp(`logit of ${(await page.read()).guess}`));
});

pageTest(
  "why explains any class that is chosen, also by its bar, and one rather than another",
  async (page) => {
    await page.draw(SEVEN);
    await openWhy(page);
    const logits: number[] = [];
    for (const label of ["3", "8"]) {
      await page.selectOption("#why-class", label);
      await page.waitForText("#why-sum", new RegExp(`logit of ${label}`));
      logits.push((await sumOf(page))[`sum: logit of ${label}`]);
    }
    await page.click('[data-digit="3"]');
    await page.waitForText("#why-sum", /logit of 3/);
    await page.selectOption("#why-against", "8");
    await page.waitForText("#why-sum", /logit of 3 − 8/);
    assertAlmostEquals((await sumOf(page))["sum: logit of 3 − 8"], logits[0] - logits[1], 0.021);
    await page.selectOption("#why-class", "");
    await page.waitForText("#why-sum", new RegExp(`logit of ${(await page.read()).guess}`));
  },
);

pageTest(
  "unit of a path selects the unit in look inside, with its weights, by keyboard too",
  async (page) => {
    await page.draw(SEVEN);
    await openWhy(page);
    for (const layer of [1, 2]) {
      const selector = `#paths > div:nth-of-type(${layer + 1}) button`;
      const label = await page.evaluate(
        (selector: string) => document.querySelector(selector)!.ariaLabel!,
        selector,
      );
      assertMatch(label, new RegExp(`^Layer ${layer}, unit \\d+: −?\\d+\\.\\d\\d$`));
      await page.focus(selector);
      await page.keyboard.press("Enter");
      const name = label.split(":")[0];
      await page.waitForText("#unit-name", new RegExp(`^${name}$`));
      assertEquals(
        await page.evaluate(() => document.activeElement!.getAttribute("aria-label")),
        `Unit ${name.split(" ").pop()}`,
      );
      assert(await isBesideUnit(page));
    }
  },
);

pageTest("nearest images are rows of the training set with their labels", async (page, { digits, gui }) => {
  await page.draw(SEVEN);
  await openWhy(page);
  assertMatch(
    (await page.textContent("#nearest-words"))!,
    /^Of 3,000 training images of .*, by Euclidean distance between inputs from 0 to 1$/,
  );
  const tiles = await page.evaluate(() =>
    Array.from(document.querySelectorAll("#nearest li"), (tile) => ({
      row: Number(tile.querySelector("canvas")!.ariaLabel!.replace("Row ", "")),
      label: tile.querySelector("strong")!.textContent,
      distance: Number(tile.querySelector("span")!.textContent),
    }))
  );
  assertEquals(tiles.length, 5);
  for (const [i, { row, label, distance }] of tiles.entries()) {
    assertEquals(label, `${digits.train.labels![row]}`);
    assert(distance >= (tiles[i - 1]?.distance ?? 0));
  }
  // A stroke in many parts is searched after it rests, not after each part.
  const asked = (path: string) => gui.paths.filter((other) => other === path).length;
  const [searches, predictions] = [asked("/nearest"), asked("/predict")];
  await page.draw(ONE);
  await page.waitUntil(() => Promise.resolve(asked("/nearest") > searches), "a search");
  await page.waitForTimeout(500);
  const found = [asked("/nearest") - searches, asked("/predict") - predictions];
  assert(found[0] < found[1] / 2, `${found}`);
});

test("nearest images are of the test set if the training set is not known, and the page says so", async ({ plain }) => {
  await using page = await openPage(plain.url);
  await page.draw(SEVEN);
  await openWhy(page);
  assertMatch(
    (await page.textContent("#nearest-words"))!,
    /^Of 100 test images of .*; the training images are not known$/,
  );
});

test("path through a unit that has no cell shows its weights, and a training keeps the focus on a unit", async () => {
  const random = createRandom(1);
  const layers = [dense(1500, "tanh"), dense(10, "softmax")];
  const mlp = Mlp.create(layers, { inputShape: [28, 28], inputScale: 1 / 255 });
  const weights = mlp.parameters["layer_2.weights"];
  for (let label = 0; label < 10; label++) weights[1500 * label + 1400] = 50 + random.next();
  await using gui = await serveTest(mlp, {});
  await using page = await openPage(gui.url);
  await page.draw(SEVEN);
  await page.click("#why summary");
  await page.waitForText("#nearest-words", /^There are no training images to show$/);
  await page.focus('#paths [data-unit="1-1400"]');
  const asked = gui.paths.length;
  await page.evaluate(() => document.querySelector("#why-class")!.dispatchEvent(new Event("change")));
  await page.waitUntil(() => Promise.resolve(gui.paths.length > asked), "another request");
  await page.waitForTimeout(200);
  await page.keyboard.press("Enter"); // the unit is drawn again, and keeps the focus
  await page.waitForText("#unit-name", /^Layer 1, unit 1401$/);
  assertEquals(await page.evaluate(() => document.querySelectorAll('[aria-selected="true"]').length), 0);
});

/** Returns whether the weights are directly below the row of the selected unit, and no unit is between or covered. */
const isBesideUnit = (page: GuiPage) =>
  page.evaluate(() => {
    const detail = document.querySelector("#detail")!, box = detail.getBoundingClientRect();
    const cell = document.querySelector('.layer:has(#detail) [aria-selected="true"]')!
      .getBoundingClientRect();
    const others = [...document.querySelectorAll(".cells > *")].map((other) => other.getBoundingClientRect());
    const isFree = others.every(({ top, bottom, left, right }) =>
      bottom <= box.top || top >= box.bottom || right <= box.left || left >= box.right
    );
    return isFree && box.top - cell.bottom >= 0 && box.top - cell.bottom < 16;
  });

pageTest(
  "weights of a unit are below its row at every width, and the clicked unit stays in its place",
  async (page) => {
    await page.draw(SEVEN);
    await page.waitForGuess();
    for (const [width, height] of [[320, 640], [390, 664], [844, 390], [1280, 800], [1920, 1080]]) {
      await page.setViewportSize({ width, height });
      for (const [layer, unit] of [[1, 30], [2, 12], [1, 2], [3, 9], [1, 17]]) {
        const cell = `.layer:nth-child(${layer}) [role="option"]:nth-child(${unit})`;
        await page.evaluate(
          (cell: string) => document.querySelector(cell)!.scrollIntoView({ block: "center" }),
          cell,
        );
        const topOf = () =>
          page.evaluate((cell: string) => document.querySelector(cell)!.getBoundingClientRect().top, cell);
        const before = await topOf(), room = await page.evaluate(() => scrollY);
        await page.click(cell);
        assert(await isBesideUnit(page), `${width}: ${layer}, ${unit}`);
        if (room > 400) assertAlmostEquals(await topOf(), before, 1.5, `${width}: ${layer}, ${unit}`);
      }
      await page.setViewportSize({ width: width + 90, height });
      await page.waitForTimeout(50);
      assert(await isBesideUnit(page), `${width} + 90`);
    }
    await page.focus('.layer:nth-child(1) [tabindex="0"]');
    for (const key of ["Home", "ArrowDown", "ArrowRight", "End"]) {
      await page.keyboard.press(key);
      assert(await isBesideUnit(page), key);
    }
  },
);

pageTest("nothing collides and nothing is cut off while why is open, in the large mode too", async (page) => {
  await page.draw(SEVEN);
  await openWhy(page);
  await checkRoom(page);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.keyboard.press("l");
  for (const [width, height] of [[1920, 1080], [1280, 800], [2560, 1440]]) {
    await page.setViewportSize({ width, height });
    assertEquals(await collisionsOn(page), [], `${width} in the large mode`);
  }
});

test("nothing collides while why is open, with names of classes that are long", async ({ digits }) => {
  const { layers, parameters, inputShape, inputScale } = (await trainSmall()).mlp;
  const classNames = Array.from("0123456789", (name) => `a ${"very ".repeat(2)}long name of ${name}`);
  const mlp = new Mlp({ layers, parameters, inputShape, inputScale, classNames });
  await using gui = await serveTest(mlp, { rows: digits.train });
  await using page = await openPage(gui.url);
  await page.draw(SEVEN);
  await openWhy(page);
  await checkRoom(page);
});

test("why lists the contributions of a table's columns, and no images", async () => {
  const file = new TextEncoder().encode(
    [
      "age,kind,old",
      ...Array.from({ length: 80 }, (_, age) => `${age},${age % 3 ? "a" : "b"},${age > 50 ? "yes" : "no"}`),
    ].join("\n"),
  );
  const rows = (await datasetFromCsv(file, { label: ["old"] })).train;
  const mlp = Mlp.create([dense(8, "relu"), dense(2, "softmax")], rows);
  for await (const _ of train(mlp, rows, { epochs: 30, inputScaling: "standardize", learningRate: 0.01 }));
  await using gui = await serveTest(mlp, { samples: rows });
  await using page = await openPage(gui.url);
  await page.waitForGuess();
  await page.click("#why summary");
  await page.fill('#form input[type="number"]', "75");
  await page.waitForText("#why-sum", /logit of yes/);
  await page.waitForText("#why-columns", /age[\d.]+kind/);
  const sum = await sumOf(page), logit = sum["sum: logit of yes"];
  assertEquals(Object.keys(sum)[0], "gradient × (value − usual)");
  assertAlmostEquals(Object.values(sum).reduce((all, part) => all + part, 0), 2 * logit, 0.021);
  for (const part of ["#why-picture", "#nearest"]) {
    assert(!await page.evaluate((part: string) => document.querySelector(part)!.checkVisibility(), part));
  }
  assertEquals(gui.paths.includes("/nearest"), false);
  assertEquals(await violationsOn(page), []);
  assertEquals(await collisionsOn(page), []);
});

const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "on a phone": { viewport: { width: 390, height: 664 }, hasTouch: true, isMobile: true },
  "in forced colors": { forcedColors: "active" },
};
for (const [look, options] of Object.entries(looks)) {
  pageTest(`axe finds no violation while why is open: ${look}`, options, async (page) => {
    await page.click("#why summary");
    assertEquals(await violationsOn(page), []);
    await page.draw(SEVEN);
    await page.waitForText("#paths-words", /paths/);
    await page.waitForText("#nearest-words", /^Of/);
    assertEquals(await violationsOn(page), []);
    if (look !== "on a phone") return;
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("#why :is(button, select, summary)")].map((target) =>
        target.getBoundingClientRect()
      )
        .filter(({ width, height }) => width < 44 || height < 44).length
    );
    assertEquals(small, 0);
  });
}
