import { assert, assertEquals, assertMatch } from "@std/assert";
import { openBackend } from "../../src/backends/open.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { SEVEN } from "./page.ts";
import { serveTest, sessionOf } from "./server.ts";
import { prepareTests } from "./suite.ts";

const { openPage, test } = prepareTests(() => Promise.resolve());

/** Starts a server that trains until its disposal. */
async function serveTraining(epochs: number) {
  const backend = await openBackend("wasm", { threads: 1 });
  const digits = drawDigits({ count: 3000, testCount: 300 });
  const mlp = Mlp.create([dense(32, "relu"), dense(10, "softmax")], digits.train);
  const session = sessionOf({ mlp, digits }, { backend, epochs });
  const server = await serveTest(mlp, { training: session });
  return {
    url: server.url,
    sheets: server.sheets,
    session,
    async [Symbol.asyncDispose]() {
      if (session.isUnderWay) await session.stop();
      await server[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

test("training panel draws the curves and the confusion matrix during training, and the drawing is read again", async () => {
  await using server = await serveTraining(400);
  await using page = await openPage(server.url);
  await page.draw(SEVEN);
  await page.waitForGuess();
  const before = await page.read();
  const asked = server.sheets.length;
  const run = server.session.run();
  await page.waitForText("#step", /^epoch [4-9]|^epoch \d\d/);
  await page.click("#pause");
  await page.waitForText("#phase", /^Paused$/);
  assertEquals(await page.textContent("#pause"), "Resume");

  const { curves, label, cells, readout } = await page.evaluate(() => ({
    curves: Array.from(
      document.querySelectorAll("#training polyline"),
      (line) => [line.getAttribute("class"), line.getAttribute("points")!.trim().split(" ").length] as const,
    ),
    label: document.querySelector("#loss")!.getAttribute("aria-label"),
    cells: document.querySelectorAll("#confusion [tabindex]").length,
    readout: document.querySelector("#confusion-words")!.textContent,
  }));
  assertEquals(curves.map(([name]) => name), ["train", "test", "train", "test"]);
  for (const [, points] of curves) assert(points >= 3, `${points} points`);
  assertMatch(label!, /^Loss after epoch [\d.]+: training [\d.]+, test [\d.]+$/);
  assertEquals([cells, readout], [100, "Point at a number, or use the arrow keys"]);
  assertMatch((await page.textContent("#speed"))!, /^[\d,]+ images\/s$/);
  assertMatch((await page.textContent("#backend"))!, /^wasm on /);

  assert(server.sheets.length > asked, "the drawing was read again");
  const after = await page.read();
  assert(JSON.stringify(after.values) !== JSON.stringify(before.values));
  assertEquals(after.guess, "7");

  await page.hover("#confusion tr:nth-child(2) td:nth-child(2)");
  assertMatch(
    (await page.textContent("#confusion-words"))!,
    /^0, read correctly: \d+ of \d+, [\d.]+\u202f%$/,
  );
  await page.focus("#confusion [tabindex='0']");
  await page.keyboard.press("ArrowRight");
  assertMatch((await page.textContent("#confusion-words"))!, /^0, read as 1: \d+ of \d+/);

  const step = await page.textContent("#step");
  await page.waitForTimeout(400);
  assertEquals(await page.textContent("#step"), step);
  await page.click("#pause");
  await page.waitForText("#phase", /^Running$/);
  assertEquals(await page.textContent("#pause"), "Pause");
  await page.waitUntil(async () => await page.textContent("#step") !== step, "training continues");

  await page.click("#stop");
  await page.waitForText("#phase", /^Stopped$/);
  assertEquals(await page.waitForText("#training-words", /./), "Saved as model/mine.npz");
  assertEquals(
    await page.evaluate(() => ["pause", "stop"].map((id) => document.getElementById(id)!.ariaDisabled)),
    ["true", "true"],
  );
  await run;
});

test("training panel shows all epochs to a page that opens late, and says when training is finished", async () => {
  await using server = await serveTraining(3);
  await server.session.run();
  await using page = await openPage(server.url);
  await page.waitForText("#phase", /^Finished$/);
  assertEquals(
    await page.evaluate(() =>
      document.querySelector("#loss polyline.test")!.getAttribute("points")!.split(" ").length
    ),
    3,
  );
  assertMatch((await page.textContent("#step"))!, /^epoch 3 of 3/);
});

test("training panel is absent if nothing is trained", async () => {
  const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
  await using server = await serveTest(mlp);
  await using page = await openPage(server.url);
  assertEquals(await page.evaluate(() => document.querySelector<HTMLElement>("#training")!.hidden), true);
});
