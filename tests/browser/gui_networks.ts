import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import type { GuiPage } from "./page.ts";
import { serveTest, type TestGui } from "./server.ts";
import { prepareTests } from "./suite.ts";
import { violationsOn } from "./violations.ts";

/** A table in which the class is "yes" for old passengers and for those of the first class. */
const TABLE = [
  "age,fare,class,survived",
  ...Array.from({ length: 240 }, (_, row) => {
    const age = row % 80,
      kind = ["first", "second", "third"][row % 3],
      fare = row % 7 === 0 ? "" : row % 50 + 0.5;
    return `${age},${fare},${kind},${age > 50 || kind === "first" ? "yes" : "no"}`;
  }),
].join("\n");

/** The names of 60 classes, of which the first is very long. */
const NAMES = Array.from(
  { length: 60 },
  (_, c) => c === 0 ? `a bar ${"very ".repeat(30)}far left` : `bar ${c}`,
);
const [WIDTH, HEIGHT] = [60, 15];

/** Draws wide images, each with a bar from top to bottom at a place that is its class. */
function drawBars(): Dataset {
  const count = 1200, inputs = new Uint8Array(count * WIDTH * HEIGHT), labels = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    labels[row] = row % WIDTH;
    for (let y = 0; y < HEIGHT; y++) {
      const from = (row * HEIGHT + y) * WIDTH;
      inputs.fill(255, from, from + WIDTH);
      inputs[from + labels[row]] = row % 40;
    }
  }
  return {
    inputs,
    labels,
    inputShape: [HEIGHT, WIDTH],
    inputScale: 1 / 255,
    outFeatures: 60,
    classNames: NAMES,
    image: { white: 255, background: "light", placement: "resize" },
    source: "bars",
  };
}

async function trained(rows: Dataset, options: TrainOptions): Promise<Mlp> {
  const activation = rows.labels ? "softmax" : "linear";
  const mlp = Mlp.create([dense(16, "tanh"), dense(rows.outFeatures, activation)], rows);
  for await (const _ of train(mlp, rows, { learningRate: 0.01, ...options }));
  return mlp;
}

const { openPage, test } = prepareTests(async (stack) => {
  const file = new TextEncoder().encode(TABLE);
  const rows = (await datasetFromCsv(file, { label: ["survived"], missing: "mean" })).train;
  const { labels: _, classNames: __, ...rest } = rows;
  const targets = Float32Array.from({ length: 240 }, (_, row) => 100 + 2 * (row % 80));
  const prices: Dataset = { ...rest, targets, outFeatures: 1, labelColumns: ["price"], task: "regress" };
  const serve = async (rows: Dataset, options: TrainOptions) =>
    stack.use(
      await serveTest(await trained(rows, options), {
        samples: rows,
        corrections: createCorrections("memory"),
      }),
    );
  return {
    table: await serve(rows, { epochs: 30, inputScaling: "standardize" }),
    prices: await serve(prices, { epochs: 30, inputScaling: "standardize", loss: "mean-squared-error" }),
    bars: await serve(drawBars(), { epochs: 15 }),
  };
});

/** Registers a test on a new page of one of the servers. */
function pageTest(
  name: string,
  kind: "table" | "prices" | "bars",
  work: (page: GuiPage, gui: TestGui) => Promise<void>,
  options: Readonly<Record<string, unknown>> = {},
): void {
  test(name, async (servers) => {
    await using page = await openPage(servers[kind].url, options);
    await work(page, servers[kind]);
  });
}

/** Returns the texts of elements that are shown. */
const textsOf = (page: GuiPage, selector: string) =>
  page.evaluate(
    (selector: string) =>
      [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).map((element) =>
        element.textContent
      ),
    selector,
  );

/** Moves a slider to a value, as a person does. */
const slide = (page: GuiPage, column: number, value: number) =>
  page.evaluate(([column, value]: readonly number[]) => {
    const slider = document.querySelector<HTMLInputElement>(`#column-${column}`)!;
    slider.value = `${value}`;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, [column, value]);

pageTest("network of a table gets a form, and the prediction follows its sliders", "table", async (page) => {
  assertEquals(await textsOf(page, "h1, #h-draw, #sample, #pad, #teaching, #undo"), [
    "Set the values",
    "The values",
    "Test row",
  ]);
  assertEquals(await textsOf(page, "#form label"), ["age", "fare", "class"]);
  assertEquals(
    await page.evaluate(() => {
      const { min, max, step } = document.querySelector<HTMLInputElement>("#column-0")!;
      return [
        min,
        max,
        step,
        ...[...document.querySelectorAll("#column-2 option")].map((option) => option.textContent),
      ];
    }),
    ["0", "79", "1", "first", "second", "third"],
  );
  await page.evaluate(() => {
    const choice = document.querySelector<HTMLSelectElement>("#column-2")!;
    choice.value = "third";
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await slide(page, 0, 5);
  await page.waitForText("#guess", /^no$/);
  assertMatch((await page.read()).verdict, /^Sure/);
  await slide(page, 0, 75);
  await page.waitForText("#guess", /^yes$/);
  await page.fill("#form div:nth-child(1) [type=number]", "6.5");
  await page.waitForText("#guess", /^no$/);
  assertEquals(await page.evaluate(() => document.querySelector<HTMLInputElement>("#column-0")!.value), "7");
});

pageTest("C sets the usual values of a form, and an empty number is a missing one", "table", async (page) => {
  const valuesOf = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>("#form [type=number], #form select")].map((x) =>
        x.value
      )
    );
  const usual = await valuesOf();
  await page.focus("#column-0");
  await page.keyboard.press("ArrowRight");
  assertEquals((await valuesOf())[0], `${Number(usual[0]) + 1}`);
  await page.fill("#form div:nth-child(2) [type=number]", "");
  await page.focus("#column-0");
  assertEquals((await valuesOf())[1], "");
  assertMatch((await page.read()).guess, /^(yes|no)$/);
  await page.keyboard.press("c");
  assertEquals(await valuesOf(), usual);
});

pageTest("test row fills the form with a row of the test set", "table", async (page) => {
  await page.click("#sample");
  const [, at, name] = (await page.waitForText("#caption", /row/)).match(/row (\d+): a (yes|no)$/)!;
  const [age, fare, kind, survived] = TABLE.split("\n")[Number(at) + 1].split(",");
  assertEquals(survived, name);
  const found = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("#form [type=number], #form select")].map((x) => x.value)
  );
  assertEquals([found[0], found[2]], [age, kind]);
  if (fare !== "") assertEquals(found[1], fare);
  await page.waitForText("#guess", /^(yes|no)$/);
});

pageTest("regression shows its value, and the range of the data", "prices", async (page) => {
  await slide(page, 0, 10);
  await page.waitForText("#guess", /^1[12]\d(\.\d)?$/);
  await slide(page, 0, 70);
  await page.waitForText("#guess", /^2[34]\d(\.\d)?$/);
  assertEquals((await page.read()).verdict, "priceIn the data: 100 to 258");
  assertEquals(await textsOf(page, "#axis, #accuracy"), []);
  const [row] = await textsOf(page, "[data-digit] .value");
  assertEquals(row, (await page.read()).guess);
});

pageTest("wide images get a pad of their proportions, dark on light as well", "bars", async (page, gui) => {
  assertEquals(await textsOf(page, "h1, #sample, #form, #seen-size"), [
    "Draw an image",
    "Test image",
    "Input, 60×15",
  ]);
  const [wide, high] = await page.evaluate(() => {
    const { clientWidth, clientHeight } = document.querySelector("#pad")!;
    return [clientWidth, clientHeight];
  });
  assert(Math.abs(wide / high - 4) < 0.05, `${wide}×${high}`);
  await page.evaluate(() => document.querySelector<HTMLInputElement>("#pen")!.value = "3");
  await page.draw([[42.5 / 60, 0.005], [42.5 / 60, 0.12], [42.5 / 60, 0.245]]);
  await page.waitForText("#guess", /^bar 42$/);
  const sheet = await gui.lastSheet();
  assertEquals(sheet.length, 180 * 45);
  const inked = [...sheet.keys()].filter((at) => sheet[at] > 128).map((at) => at % 180);
  assert(
    Math.min(...inked) >= 125 && Math.max(...inked) <= 129,
    `${Math.min(...inked)} to ${Math.max(...inked)}`,
  );
  await page.click("#clear");
  await page.waitForGuess({ none: true });
  await page.click("#sample");
  const [, name] = (await page.waitForText("#caption", /row/)).match(/row [\d,]+: a (.*)$/)!;
  await page.waitForGuess();
  assertEquals((await page.read()).guess, name);
});

pageTest("correction that is not square is shown on the pad as it was drawn", "bars", async (page) => {
  const seen = () => page.evaluate(() => document.querySelector<HTMLCanvasElement>("#seen")!.toDataURL());
  await page.click("#sample");
  await page.waitForGuess();
  const drawn = await seen();
  for (const part of ['#labels [data-label="1"]', "#tiles button", "#clear"]) await page.click(part);
  await page.waitForGuess({ none: true });
  await page.click("#show");
  await page.waitForGuess();
  assertEquals(await seen(), drawn);
  await page.click("#delete");
});

pageTest("of 60 classes, the ten most probable are shown first, and all on demand", "bars", async (page) => {
  await page.click("#sample");
  await page.waitForGuess();
  const shares = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("[data-digit]")].map((bar) => Number(bar.ariaValueNow))
    );
  const ten = await shares();
  assertEquals([ten.length, ten], [10, ten.toSorted((a, b) => b - a)]);
  assertEquals(await page.textContent(".guess .name"), (await page.read()).guess);
  assertEquals(await page.textContent("#all-bars"), "All 60 classes");
  await page.focus("#all-bars");
  await page.keyboard.press("Enter");
  assertEquals((await shares()).length, 60);
  assertEquals((await shares()).slice(0, 10), ten);
  assertEquals(await page.evaluate(() => document.querySelectorAll("#labels button").length), 60);
  await page.click("#all-bars");
  assertEquals((await shares()).length, 10);
});

pageTest("names of any length fit, with the full name as a hint", "bars", async (page) => {
  await page.draw([[0.5 / 60, 0.005], [0.5 / 60, 0.245]]);
  await page.waitForGuess();
  for (const [width, height] of [[390, 664], [844, 390], [640, 400], [1280, 800], [1920, 1080]]) {
    await page.setViewportSize({ width, height });
    const found = await page.evaluate(() => {
      const overflowing = [...document.querySelectorAll<HTMLElement>("#guess, #labels button, [data-digit]")]
        .filter((
          { clientWidth, scrollWidth, title },
        ) => scrollWidth > clientWidth && !title);
      return [
        document.documentElement.scrollWidth - innerWidth,
        overflowing.map(({ id, className }) => id || className),
      ];
    });
    assertEquals(found, [0, []], `${width}×${height}`);
  }
  const title = await page.evaluate(() =>
    document.querySelector<HTMLElement>('#labels [data-label="0"]')!.title
  );
  assertEquals(title, NAMES[0]);
});

pageTest(
  "look inside names the columns of a table, and shows the weights of a wide image",
  "bars",
  async (page) => {
    await page.waitForText("#unit-words", /pixel/);
    const size = await page.evaluate(() => {
      const { width, height } = document.querySelector<HTMLCanvasElement>("#weights")!;
      return [width, height];
    });
    assertEquals(size, [WIDTH, HEIGHT]);
  },
);
pageTest("look inside names the inputs of a table", "table", async (page) => {
  await page.waitForText("#unit-words", /slider/);
  assertEquals(await textsOf(page, "#input-weights .name"), [
    "age",
    "fare",
    "class: first",
    "class: second",
    "class: third",
  ]);
});

for (const kind of ["table", "prices", "bars"] as const) {
  for (
    const [look, options] of Object.entries({
      light: {},
      dark: { colorScheme: "dark" },
      narrow: { viewport: { width: 360, height: 640 }, hasTouch: true },
      "in forced colors": { forcedColors: "active" },
    })
  ) {
    pageTest(`axe finds no violation: ${kind}, ${look}`, kind, async (page) => {
      await page.click("#sample");
      await page.waitForText("#caption", /row/);
      await page.waitForGuess();
      if (kind === "bars") await page.click("#all-bars");
      assertEquals(await violationsOn(page), []);
    }, options);
  }
}

for (const kind of ["table", "prices", "bars"] as const) {
  pageTest(
    `input and answer fit without scrolling, and targets are large on touch: ${kind}`,
    kind,
    async (page) => {
      await page.click("#sample");
      await page.waitForGuess();
      for (
        const [width, height] of [[844, 390], [390, 664], [640, 400], [1280, 800], [1366, 650], [1920, 1080]]
      ) {
        await page.setViewportSize({ width, height });
        const faults = await page.evaluate(() => {
          const faults: string[] = [];
          for (const part of ["#form", "#pad", ".answer", "#verdict", "#clear"]) {
            const element = document.querySelector(part)!,
              { left, top, right, bottom } = element.getBoundingClientRect();
            if (!element.checkVisibility()) continue;
            if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) {
              faults.push(`${part} ends at ${bottom}`);
            }
          }
          for (const target of document.querySelectorAll("button, #form input, #form select")) {
            const { width, height } = target.getBoundingClientRect();
            if (width > 0 && (width < 43.9 || height < 43.9)) {
              faults.push(`${target.id || target.className}: ${width}×${height}`);
            }
          }
          return faults;
        });
        assertEquals(faults, [], `${width}×${height}`);
      }
    },
    { hasTouch: true },
  );
}
