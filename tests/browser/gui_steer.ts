/** Tests of the settings, the curves and the images of a cell in the panel of the training. @module */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { type GuiPage, SEVEN } from "./page.ts";
import { serveTest, sessionOf } from "./server.ts";
import { prepareTests } from "./suite.ts";

const { openPage, test } = prepareTests(() => Promise.resolve());

/** Starts a server that trains until its disposal. */
async function serveTraining(given: { address?: string; epochs?: number; units?: number } = {}) {
  const { address, epochs = 2000, units = 32 } = given;
  const backend = await openBackend("wasm", { threads: 1 });
  const digits = drawDigits({ count: 12_000, testCount: 300 });
  const mlp = Mlp.create([dense(units, "relu"), dense(10, "softmax")], digits.train);
  const session = sessionOf({ mlp, digits }, { backend, epochs });
  const server = await serveTest(mlp, { training: session, samples: digits.test }, { address });
  session.run().catch(() => {});
  return {
    url: server.url,
    session,
    digits,
    async [Symbol.asyncDispose]() {
      if (session.isUnderWay) await session.stop();
      await server[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

/** Chooses an option as a person does with the keyboard: the select gets its events. */
const choose = (page: GuiPage, id: string, value: string) =>
  page.evaluate(([id, value]) => {
    const field = document.querySelector<HTMLSelectElement>(`#${id}`)!;
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, [id, value]);

test("settings change a training that runs, and the page shows from which step on", async () => {
  await using server = await serveTraining();
  await using page = await openPage(server.url);
  await page.waitForText("#step", /^epoch [2-9]|^epoch \d\d/);
  await choose(page, "rate", "0.01");
  assertEquals(await page.waitForText("#steering-words", /./), "Used from the next step on");
  await page.waitForText(
    "#steered",
    /^Changed: learning rate 0\.01 after step [\d,]+\. The model's record has each change\.$/,
  );
  await choose(page, "batch", "256");
  await page.waitForText("#steering-words", /^Used from the next epoch on$/);
  await page.waitForText("#steered", /, batch size 256 after step [\d,]+\./);
  await page.waitForText("#step", /of 47$/);
  await page.click("#augment");
  await page.waitForText("#steered", /, deformed images true after step/);
  const { learningRate, batchSize, augment } = server.session.state.settings;
  assertEquals([learningRate, batchSize, augment], [0.01, 256, true]);
});

test("a restart asks before it discards what is not saved, by keyboard alone, and shows the new network", async () => {
  await using server = await serveTraining();
  await using page = await openPage(server.url);
  await page.draw(SEVEN);
  await page.waitForText("#step", /^epoch [2-9]|^epoch \d\d/);
  await choose(page, "hidden-layers", "2");
  assertEquals(await page.textContent("#steering-words"), "Other layers need a new network: press Restart");
  await page.focus("#units label:nth-child(2) input");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("9");
  await choose(page, "activation", "tanh");
  await page.focus("#restart");
  await page.keyboard.press("Enter");
  assertMatch(
    await page.waitForText("#discard-words", /./),
    /^What was learned in \d+ epochs? is not saved, and a restart discards it$/,
  );
  assertEquals(server.session.state.run, 1);
  for (const id of ["save-first", "discard-it", "discard-not"]) {
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate(() => document.activeElement?.id), id);
  }
  await page.keyboard.press("Enter");
  assertEquals(
    await page.evaluate(
      () => [document.activeElement?.id, document.querySelector<HTMLElement>("#discard")!.hidden],
    ),
    ["restart", true],
  );

  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForText("#network", /^784-32-9-10,/);
  assertEquals(server.session.state.settings.layers, "32:tanh,9:tanh,10:softmax");
  assertEquals([server.session.state.run, server.session.state.saved], [2, undefined]);
  assertEquals(await page.evaluate(() => document.querySelectorAll(".layer").length), 3);
  await page.waitForGuess();
});

test("a restart can stop and save first, and starts without a question after the end", async () => {
  await using server = await serveTraining();
  await using page = await openPage(server.url);
  await page.waitForText("#step", /^epoch [2-9]|^epoch \d\d/);
  const runs: [number, string | undefined][] = [];
  server.session.listen({ state: ({ run, saved }) => void (saved && runs.push([run, saved])) });
  await page.click("#restart");
  await page.click("#save-first");
  await page.waitUntil(() => Promise.resolve(server.session.state.run === 2), "a second run");
  assertEquals(runs[0], [1, "model/mine.npz"]);
  await page.click("#stop");
  await page.waitForText("#phase", /^Stopped$/);
  await page.waitForText("#training-words", /^Saved as/);
  await choose(page, "rate", "0.003");
  assertEquals(await page.textContent("#steering-words"), "Used by the next run: press Restart");
  await page.click("#restart");
  await page.waitUntil(() => Promise.resolve(server.session.state.run === 3), "a third run");
  assertEquals(server.session.state.settings.learningRate, 0.003);
});

test("the page says why layers are refused, and offers every activation but softmax", async () => {
  await using server = await serveTraining({ epochs: 1 });
  await using page = await openPage(server.url);
  await page.waitForText("#phase", /^Finished$/);
  const offered = await page.evaluate(() =>
    Array.from(document.querySelectorAll("#activation option"), (option) => option.textContent!)
  );
  assertEquals(offered.toSorted(), ACTIVATIONS.filter((name) => name !== "softmax").toSorted());
  await choose(page, "hidden-layers", "6");
  await page.evaluate(() => {
    for (const field of document.querySelectorAll<HTMLInputElement>("#units input")) field.value = "4096";
    document.querySelector("#units")!.dispatchEvent(new Event("change"));
  });
  await page.click("#restart");
  await page.waitForText(
    "#steering-words",
    /^A network that the page starts needs at most 16777216 parameters, found \d+$/,
  );
  assertEquals(server.session.state.run, 1);
});

test("curves have points within the epoch, and dots of equal size", async () => {
  await using server = await serveTraining({ epochs: 6, units: 512 });
  await using page = await openPage(server.url);
  await page.waitForText("#phase", /^Finished$/);
  await page.waitUntil(
    () => page.evaluate(() => document.querySelectorAll("#loss polyline").length === 2),
    "curves",
  );
  const { train, test, radii, strokes, sizes } = await page.evaluate(() => {
    const pointsOf = (which: string) =>
      document.querySelector(`#loss polyline.${which}`)!.getAttribute("points")!.split(" ").length;
    const circles = [...document.querySelectorAll("#training circle")];
    return {
      train: pointsOf("train"),
      test: pointsOf("test"),
      radii: [...new Set(circles.map((circle) => circle.getAttribute("r")))],
      strokes: [...new Set(circles.map((circle) => getComputedStyle(circle).strokeWidth))],
      sizes: [
        ...new Set(Array.from(document.querySelectorAll("#training svg"), (svg) => {
          const { width, height } = svg.getBoundingClientRect();
          return `${Math.round(width)} ${Math.round(height)}`;
        })),
      ],
    };
  });
  assertEquals(test, 6);
  assertGreater(train, 6);
  assertEquals([radii.length, strokes.length, sizes.length], [1, 1, 1]);
  assertMatch(
    (await page.evaluate(() => document.querySelector("#loss")!.getAttribute("aria-label")))!,
    /^Loss after epoch 6: /,
  );
});

test("a cell of the confusion matrix opens its images, by keyboard too, and one of them is drawn", async () => {
  await using server = await serveTraining({ epochs: 2 });
  await using page = await openPage(server.url);
  await page.waitForText("#phase", /^Finished$/);
  await page.waitUntil(
    () => page.evaluate(() => document.querySelector("#confusion .opens") !== null),
    "a matrix",
  );
  await page.focus("#confusion [tabindex='0']");
  await page.keyboard.press("Enter");
  assertEquals(await page.waitForText("#h-cell", /0/), "0, read correctly");
  await page.waitForText("#cell-words", /^\d+ in the test set; choose one to draw it$/);
  const { confusion = [] } = server.session.epochs;
  const shown = () => page.evaluate(() => document.querySelectorAll("#cell-images button").length);
  assertEquals(await shown(), confusion[0]);

  const wrong = confusion.findIndex((count, at) => count > 0 && at % 11 !== 0),
    [label, predicted] = [Math.floor(wrong / 10), wrong % 10];
  await page.click(`#confusion tr:nth-child(${label + 2}) td:nth-child(${predicted + 2})`);
  await page.waitForText("#h-cell", new RegExp(`^${label}, read as ${predicted}$`));
  await page.waitForText("#cell-words", /choose one/);
  assertEquals(await shown(), confusion[wrong]);
  await page.focus("#cell-images button");
  const words = await page.evaluate(() => document.activeElement!.getAttribute("aria-label")!);
  assertMatch(words, new RegExp(`^Row [\\d,]+, ${predicted} with [\\d.]+\u202f%$`));
  await page.keyboard.press("Enter");
  await page.waitForGuess();
  assertMatch((await page.textContent("#caption"))!, /^Test set, row [\d,]+$/);
  assertEquals(
    (await page.textContent("#caption"))!.match(/row [\d,]+/)![0],
    words.match(/Row [\d,]+(?=,)/)![0].toLowerCase(),
  );
  await page.click("#cell-close");
  assertEquals(await page.evaluate(() => document.querySelector<HTMLElement>("#cell")!.hidden), true);
});

test("a guest sees curves and cells, but no settings", async () => {
  await using server = await serveTraining({ address: "192.168.1.5", epochs: 1 });
  await using page = await openPage(server.url);
  await page.waitForText("#phase", /^Finished$/);
  await page.waitForText("#connection", /^Connected as guest$/);
  const hidden = (id: string) => page.evaluate((id) => document.getElementById(id)!.hidden, id);
  assertEquals(await hidden("steering"), true);
  await page.waitUntil(
    () => page.evaluate(() => document.querySelector("#confusion .opens") !== null),
    "a matrix",
  );
  await page.click("#confusion .opens");
  await page.waitForText("#cell-words", /choose one/);
});

for (
  const [width, height, touch] of [
    [320, 640, true],
    [390, 664, true],
    [844, 390, true],
    [640, 400, false],
    [1280, 800, false],
    [1920, 1080, false],
    [2560, 1440, false],
  ] as const
) {
  test(`the panel of the training fits ${width}×${height}, with its question and a cell open`, async () => {
    await using server = await serveTraining();
    await using page = await openPage(server.url, { viewport: { width, height }, hasTouch: touch });
    await page.waitForText("#step", /^epoch [2-9]|^epoch \d\d/);
    await page.waitUntil(
      () => page.evaluate(() => document.querySelector("#confusion .opens") !== null),
      "a matrix",
    );
    await page.click("#confusion .opens");
    await page.waitForText("#cell-words", /choose one/);
    await page.click("#restart");
    await page.waitForText("#discard-words", /./);
    const { found, small, tall } = await page.evaluate((touch) => {
      const section = document.querySelector("#training")!.getBoundingClientRect();
      const things = [...document.querySelectorAll<HTMLElement>(
        "#training :is(button, select, input, h2, h3, table, svg, progress, .note, figcaption, #discard-words)",
      )].flatMap((element) => {
        const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
        const name = element.id || element.textContent!.slice(0, 20) || element.tagName;
        return width * height > 0 && !element.closest(".scroll")
          ? [{ element, name, left, top, right, bottom, width, height }]
          : [];
      });
      const found: string[] = [];
      for (const [i, a] of things.entries()) {
        if (a.left < section.left - 1 || a.right > Math.min(innerWidth, section.right) + 1) {
          found.push(`${a.name} sticks out`);
        }
        for (const b of things.slice(i + 1)) {
          if (a.element.contains(b.element)) continue;
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left),
            down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (across > 1 && down > 1) found.push(`${a.name} and ${b.name}`);
        }
      }
      const targets = things.filter(({ element }) =>
        element.matches("button, select, input:not([type=checkbox])")
      );
      const small = touch
        ? targets.filter(({ width, height }) => Math.min(width, height) < 44).map(({ name }) => name)
        : [];
      return { found, small, tall: document.documentElement.scrollWidth - innerWidth };
    }, touch);
    assertEquals(found, []);
    assertEquals(small, []);
    assert(tall <= 0, `${tall} px wider than the window`);
  });
}
