import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { nearestRows, type Neighbor } from "../../src/gui/network/nearest.ts";
import { INK_SIDE, ROUTES } from "../../src/gui/protocol/protocol.ts";
import { ask, createNetwork, drawInk, openGui } from "./support.ts";

const { train: digits, test: others } = drawDigits({ count: 400, testCount: 20 });

/** Returns the nearest rows by a sort of all. */
function nearestBySort(
  { inputs, labels, inputScale }: Dataset,
  input: ArrayLike<number>,
  count: number,
): Neighbor[] {
  const length = input.length;
  return Array.from(labels!, (_, row) => {
    let square = 0;
    for (let i = 0; i < length; i++) square += (inputs[row * length + i] - input[i]) ** 2;
    return { row, distance: Math.sqrt(square) * inputScale };
  }).sort((a, b) => a.distance - b.distance).slice(0, count);
}

Deno.test("nearestRows() finds the rows that a sort of all distances finds, of bytes and of numbers", async () => {
  const floats = { ...digits, inputs: Float32Array.from(digits.inputs, (value) => value / 3) };
  for (const set of [digits, floats]) {
    for (let at = 0; at < 20; at++) {
      const input = others!.inputs.subarray(784 * at, 784 * (at + 1));
      for (const count of [1, 5]) {
        const found = await nearestRows(set, input, { count, pause: () => Promise.resolve() });
        const wanted = nearestBySort(set, input, count);
        assertEquals(found.map(({ row }) => row), wanted.map(({ row }) => row));
        for (const [i, { distance }] of found.entries()) {
          assertAlmostEquals(distance, wanted[i].distance, 1e-9);
        }
      }
    }
  }
});

Deno.test("nearestRows() takes the lower one of equal rows, and all rows of a small set", async () => {
  const set: Dataset = {
    inputs: Uint8Array.of(5, 5, 0, 0, 5, 5, 9, 9),
    labels: Uint32Array.of(0, 1, 0, 1),
    inputShape: [2],
    inputScale: 0.5,
    outFeatures: 2,
    source: "a test",
  };
  assertEquals((await nearestRows(set, [5, 5], { count: 2 })).map(({ row }) => row), [0, 2]);
  assertEquals((await nearestRows(set, [0, 0])).map(({ row, distance }) => [row, distance]), [
    [1, 0],
    [0, Math.sqrt(50) / 2],
    [2, Math.sqrt(50) / 2],
    [3, Math.sqrt(162) / 2],
  ]);
  await assertRejects(() => nearestRows(set, [1]), TypeError, "The set's rows have 2 inputs, found 1");
});

Deno.test("nearestRows() lets other work go on between parts of a large set", async () => {
  const rows = 12_000, inputs = new Uint8Array(784 * rows), labels = new Uint32Array(rows);
  let pauses = 0;
  const pause = () => Promise.resolve(void pauses++);
  await nearestRows({ ...digits, inputs, labels }, new Uint8Array(784).fill(1), { pause });
  assertEquals(pauses, Math.ceil(rows / Math.ceil(2 ** 21 / 784)) - 1);
});

Deno.test("createGui() shows the nearest training rows, and test rows if it has no training rows", async () => {
  let loaded = 0;
  const rows = () => Promise.resolve((loaded++, digits));
  const gui = await openGui({ rows, samples: others });
  assertEquals(loaded, 0, "the rows are loaded when a page asks");
  const { status, json } = await ask(gui, ROUTES.nearest, { body: drawInk({ bar: true }) });
  const { neighbors, ...set } = json as { neighbors: (Neighbor & { label: number; pixels: number[] })[] };
  assertEquals([status, loaded, set], [200, 1, {
    source: digits.source,
    isTraining: true,
    rows: 400,
  }]);
  assertEquals(neighbors.length, 5);
  for (const { row, label, pixels } of neighbors) {
    assertEquals(label, digits.labels![row]);
    assertEquals(pixels, [...digits.inputs.subarray(784 * row, 784 * (row + 1))]);
  }
  for (const lacking of [undefined, () => Promise.resolve(undefined)]) {
    const { json } = await ask(await openGui({ rows: lacking, samples: others }), ROUTES.nearest);
    assertEquals([json.isTraining, json.rows], [false, 20]);
  }
});

Deno.test("createGui() refuses to search for nearest images without images, or in images of another size", async () => {
  const none = await ask(await openGui(), ROUTES.nearest);
  assertEquals([none.status, none.json.error], [404, "There are no training images to show"]);
  const small = { ...digits, inputs: digits.inputs.slice(0, 400 * 49), inputShape: [7, 7] };
  const other = await ask(await openGui({ rows: () => Promise.resolve(small) }), ROUTES.nearest);
  assertEquals([other.status, other.json.error], [404, "The training images have another size"]);
  const broken = await ask(
    await openGui({ rows: () => Promise.reject(new Error("no such file")), samples: others }),
    ROUTES.nearest,
  );
  assertEquals([broken.status, broken.json.error], [
    404,
    "The training images cannot be read: no such file",
  ]);
});

Deno.test("createGui() searches for nearest images one after the other, predicts meanwhile, and refuses more than 32 searches", async () => {
  const gate = Promise.withResolvers<void>();
  let running = 0, most = 0;
  const rows = async () => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
    return digits;
  };
  const gui = await openGui({ rows });
  const searches = Array.from({ length: 33 }, () => ask(gui, ROUTES.nearest));
  assertEquals((await ask(gui, ROUTES.predict)).status, 200);
  gate.resolve();
  const statuses = (await Promise.all(searches)).map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === 200).length, 32);
  assertEquals(statuses.filter((status) => status === 429).length, 1);
  assertEquals(most, 1);
  assertEquals((await ask(gui, ROUTES.nearest)).status, 200);
});

Deno.test("createGui() explains a class of a drawing, or the difference of two", async () => {
  const mlp = createNetwork(), gui = await openGui({ mlp });
  const why = await ask(gui, `${ROUTES.why}?label=7`);
  const { seen, contributions, logit, total, biases, curved, paths } = why.json as Record<
    string,
    number & number[]
  >;
  assertEquals([why.status, why.json.label, why.json.version, why.json.against], [200, 7, 1, undefined]);
  assertEquals([contributions.length, paths.length], [784, 8]);
  for (const [i, value] of contributions.entries()) if (seen[i] === 0) assertAlmostEquals(value, 0);
  assertAlmostEquals(total + biases + curved, logit, 1e-9);
  assertEquals((await ask(gui, ROUTES.predict)).json.seen, why.json.seen);
  const [one, both] = await Promise.all(
    ["1", "7&against=1"].map((q) => ask(gui, `${ROUTES.why}?label=${q}`)),
  );
  assertEquals(both.json.against, 1);
  assertAlmostEquals(Number(both.json.logit), Number(logit) - Number(one.json.logit), 1e-9);
});

Deno.test("createGui() explains nothing for a blank sheet, and guests may ask", async () => {
  const gui = await openGui({ samples: others }), body = new Uint8Array(INK_SIDE ** 2);
  for (const route of [`${ROUTES.why}?label=7`, ROUTES.nearest]) {
    const { status, json } = await ask(gui, route, { body });
    assertEquals([status, json.error], [422, "The sheet is blank"]);
    assertEquals((await ask(gui, route, { address: "192.168.1.5" })).status, 200);
  }
});
