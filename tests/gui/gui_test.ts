import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { centerDigit } from "../../src/data/pictures/center.ts";
import { loadDataset } from "../../src/data/load.ts";
import { inputsOfInk } from "../../src/data/pictures/pixel_units.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { classNamesOf } from "../../src/gui/network/shown_network.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { folderTest } from "../support/folders.ts";
import { INK_SIDE, type Prediction, ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import { drawBlobs } from "../support/sets.ts";
import { ask, createNetwork, drawInk, openGui, requestOf } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };

Deno.test("createGui() predicts the class of the centered drawing", options, async () => {
  const mlp = createNetwork(), gui = await openGui({ mlp });
  const ink = drawInk({ bar: true });
  const { status, json } = await ask(gui, ROUTES.predict, { body: ink });
  const image = centerDigit({ values: ink, width: INK_SIDE, height: INK_SIDE });
  const wanted = mlp.predict(image), prediction = json as unknown as Required<Prediction>;
  assertEquals(status, 200);
  assertEquals(prediction.seen, [...image]);
  assertEquals(prediction.probabilities.map(Math.fround), [...wanted]);
  const sorted = [...wanted.keys()].sort((a, b) => wanted[b] - wanted[a]);
  assertEquals([prediction.guess, prediction.runnerUp], sorted.slice(0, 2));
  assertEquals(prediction.sure, wanted[sorted[0]] >= 0.6);
  assertEquals(prediction.activations.map(({ length }) => length), [12, 7]);
  assertEquals(prediction.version, 1);
});

Deno.test("createGui() gives no prediction for a blank sheet", options, async () => {
  const gui = await openGui();
  const { status, json } = await ask(gui, ROUTES.predict, { body: new Uint8Array(INK_SIDE ** 2) });
  assertEquals([status, json], [200, { version: 1, seen: null }]);
});

Deno.test("createGui() shows a unit's incoming weights", options, async () => {
  const mlp = createNetwork(), gui = await openGui({ mlp });
  const unitOf = async (layer: number, unit: number) =>
    (await ask(gui, ROUTES.unit, { body: JSON.stringify({ layer, unit }) })).json;
  const first = await unitOf(0, 3), second = await unitOf(1, 6);
  assertEquals(first.weights, [...mlp.parameters["layer_1.weights"].subarray(3 * 784, 4 * 784)]);
  assertEquals([first.rows, first.columns, first.bias], [28, 28, mlp.parameters["layer_1.bias"][3]]);
  assertEquals(second.weights, [...mlp.parameters["layer_2.weights"].subarray(72, 84)]);
  assertEquals([second.rows, second.columns], [3, 4]);
});

Deno.test(
  "createGui() shows a random row of the samples, and names their source",
  options,
  async () => {
    const { labels, inputs, ...rest } = drawBlobs({ rows: 5, inFeatures: 784, classes: 5 });
    const pixels = Uint8Array.from(inputs, (_, at) => Math.floor(at / 784));
    const gui = await openGui({ samples: { ...rest, labels, inputs: pixels } });
    const rows = new Set();
    for (let i = 0; i < 100; i++) {
      const { json } = await ask(gui, ROUTES.sample);
      assertEquals(json.pixels, Array(784).fill(json.row));
      assertEquals([json.label, json.source], [json.row, "drawn blobs, test set"]);
      rows.add(json.row);
    }
    assertEquals(rows.size, 5); // only 4 by chance once in 10⁹ runs
    const trained = { ...rest, labels, inputs: pixels };
    for (const loaded of [trained, () => Promise.resolve(trained)]) {
      const { json } = await ask(await openGui({ rows: loaded }), ROUTES.sample);
      assertEquals([json.label, json.source], [json.row, "drawn blobs, training set"]);
    }
    const bare = await ask(await openGui(), ROUTES.sample);
    assertEquals([bare.status, bare.json.error], [404, "There is no data set to show"]);
  },
);

Deno.test(
  "createGui() saves the image that the network got, with the given label",
  options,
  async () => {
    const corrections = createCorrections("c.npz");
    const gui = await openGui({ corrections }), ink = drawInk();
    const { status, json } = await ask(gui, `${ROUTES.correct}?label=7`, { body: ink });
    assertEquals([status, json], [200, { count: 1, file: "c.npz" }]);
    const image = centerDigit({ values: ink, width: INK_SIDE, height: INK_SIDE });
    assertEquals(await corrections.list(), [{ image, label: 7 }]);
    const blank = await ask(gui, `${ROUTES.correct}?label=7`, { body: new Uint8Array(INK_SIDE ** 2) });
    assertEquals([blank.status, blank.json], [422, { error: "The sheet is blank" }]);
    assertEquals((await corrections.list()).length, 1);
  },
);

folderTest("createGui() saves corrections that a set of light floats can be joined with", async (folder) => {
  const image = { white: 1, background: "light", placement: "center" } as const;
  const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1, image });
  const corrections = openCorrections(`${folder}/c.npz`, { classNames: classNamesOf(mlp) });
  const gui = await openGui({ mlp, corrections }), ink = drawInk();
  await ask(gui, `${ROUTES.correct}?label=7`, { body: ink });
  const pixels = centerDigit({ values: ink, width: INK_SIDE, height: INK_SIDE });
  assertEquals((await loadDataset(`${folder}/c.npz`)).train.inputs, pixels);
  const { train } = await loadDataset(`${folder}/c.npz`, { like: mlp });
  assertEquals([train.inputScale, train.labels], [1, Uint32Array.of(7)]);
  const { seen } = (await ask(gui, ROUTES.predict, { body: ink })).json;
  for (const [i, value] of (seen as number[]).entries()) {
    assertAlmostEquals(train.inputs[i], 1 - value / 255, 1e-6); // ink on a light background
  }
});

Deno.test("createGui() shows samples as ink, whatever their range and background", options, async () => {
  const pixels = Uint8Array.from({ length: 784 }, (_, at) => at % 256);
  const set = { inputShape: [28, 28], labels: Uint32Array.of(3), outFeatures: 10, source: "a set" };
  for (const white of [1, 255]) {
    for (const background of ["dark", "light"] as const) {
      const image = { white, background, placement: "center" } as const;
      const inputs = inputsOfInk(pixels, image);
      const gui = await openGui({ samples: { ...set, inputs, inputScale: 1 / white, image } });
      assertEquals((await ask(gui, ROUTES.sample)).json.pixels, [...pixels]);
    }
  }
});

Deno.test("createGui() handles no more requests at the same time than its limit", options, async () => {
  const gui = await openGui({ limits: { requests: 3 } });
  const senders = Array.from({ length: 3 }, () => new TransformStream<Uint8Array<ArrayBuffer>>());
  const waiting = senders.map(({ readable }) =>
    gui.handle(requestOf(gui, ROUTES.predict, { body: readable }))
  );
  const refused = await ask(gui, ROUTES.predict);
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  for (const { writable } of senders) {
    const writer = writable.getWriter();
    await writer.write(drawInk());
    await writer.close();
  }
  for (const answer of await Promise.all(waiting)) {
    assertEquals(answer.status, 200);
    await answer.body?.cancel();
  }
  assertEquals((await ask(gui, ROUTES.predict)).status, 200);
});

Deno.test("createGui() stops waiting for a body that does not arrive", options, async () => {
  const gui = await openGui({ limits: { bodyMilliseconds: 30 } });
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  const { status, json } = await ask(gui, ROUTES.predict, { body });
  assertEquals([status, json.error, cancelled], [408, "The body took longer than 0.03 seconds", true]);
  assertEquals((await ask(gui, ROUTES.predict)).status, 200);
});

Deno.test(
  "createGui() fails a request without revealing the reason, and handles the next",
  options,
  async () => {
    const secret = "EACCES: /home/someone";
    const corrections = { ...createCorrections("c.npz"), add: () => Promise.reject(new Error(secret)) };
    const gui = await openGui({ corrections });
    const { status, json } = await ask(gui, `${ROUTES.correct}?label=1`);
    assertEquals([status, json], [500, { error: "The server failed at this request" }]);
    assertEquals((await ask(gui, ROUTES.predict)).status, 200);
  },
);

Deno.test("createGui() ends on a quit request, and informs the pages that watch", options, async () => {
  const gui = await openGui();
  const stream = await gui.handle(requestOf(gui, ROUTES.watch));
  assertEquals(stream.headers.get("content-type"), "application/x-ndjson");
  assertEquals((await ask(gui, ROUTES.quit)).json, {});
  await gui.quit;
  const [first, access, last, end] = (await stream.text()).split("\n").map((line) =>
    line && JSON.parse(line)
  );
  assertEquals([first.type, access, last, end], ["network", { type: "access", isGuest: false }, {
    type: "quit",
  }, ""]);
  assertEquals(first.network, {
    title: "784-12-7-10, 9,591 parameters",
    origin: "a test",
    classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    layers: [
      { outFeatures: 12, activation: "relu" },
      { outFeatures: 7, activation: "tanh" },
      { outFeatures: 10, activation: "softmax" },
    ],
    input: { kind: "image", width: 28, height: 28, sheetWidth: 196, sheetHeight: 196 },
    answer: "classes",
    isCentered: true,
    sureFrom: 0.6,
    hasThresholds: false,
    version: 1,
  });
  assertEquals((await ask(gui, ROUTES.predict)).status, 503);
});

Deno.test(
  "createGui() lets no more pages watch than its limit, and removes those that leave",
  options,
  async () => {
    const gui = await openGui({ limits: { watchers: 2 } });
    const watch = () => gui.handle(requestOf(gui, ROUTES.watch));
    const first = await watch(), second = await watch(), third = await watch();
    assertEquals([first.status, second.status, third.status], [200, 200, 429]);
    assertEquals(await third.json(), { error: "The server is full: 2 pages are open" });
    await first.body?.cancel();
    const fourth = await watch();
    assertEquals(fourth.status, 200);
    gui.close();
    await Promise.all([second.text(), fourth.text()]);
  },
);

Deno.test("createGui() creates a new token for each run", options, async () => {
  const [first, second] = [await openGui(), await openGui()];
  assertMatch(first.token, /^[0-9a-f]{64}$/);
  assert(first.token !== second.token);
  assertEquals((await ask(first, ROUTES.quit, { headers: { [TOKEN_HEADER]: second.token } })).status, 403);
});
