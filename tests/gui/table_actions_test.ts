/** Tests of the page's server for a network of a table, and for images of another size. */
import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { ROUTES, type Sample } from "../../src/gui/protocol/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { ask, openGui } from "./support.ts";

const ROWS: Dataset = {
  inputs: Float32Array.of(1, 1, 0, -0.1, 0, 1),
  inputShape: [3],
  inputScale: 1,
  labels: Uint32Array.of(0, 1),
  classNames: ["no", "yes"],
  columns: [{ name: "size" }, { name: "kind", categories: ["a", "b"] }],
  outFeatures: 2,
  source: "rows.csv",
};
const MLP = Mlp.create([dense(4, "tanh"), dense(2, "softmax")], ROWS);

/** A request with these values. */
const row = (values: unknown) => ({
  body: JSON.stringify({ values }),
  headers: { "content-type": "application/json" },
});

Deno.test("createGui() predicts rows of a table", async () => {
  const gui = await openGui({ mlp: MLP });
  const { status, json } = await ask(gui, ROUTES.predict, row([-0.1, "b"]));
  assertEquals([status, json.seen], [200, [Math.fround(-0.1), 0, 1]]);
  const wanted = MLP.predict(ROWS.inputs.subarray(3));
  for (const [label, value] of (json.probabilities as number[]).entries()) {
    assertAlmostEquals(value, wanted[label], 1e-6);
  }
});

Deno.test("createGui() gives rows of a table as values, with a label or with target values", async () => {
  const shown = new Set<string>(), { labels: _, ...rest } = ROWS;
  const gui = await openGui({ mlp: MLP, samples: ROWS });
  for (let i = 0; i < 60; i++) {
    const { values, label, targets, pixels, source } = (await ask(gui, ROUTES.sample))
      .json as unknown as Sample;
    assertEquals([pixels, targets, source], [undefined, undefined, "rows.csv, test set"]);
    shown.add(JSON.stringify([values, label]));
  }
  assertEquals([...shown].sort(), ['[[-0.1,"b"],1]', '[[1,"a"],0]']);
  const samples = { ...rest, targets: Float32Array.of(7, 7), outFeatures: 1 };
  const values = await openGui({ mlp: Mlp.create([dense(1, "linear")], ROWS), samples });
  assertEquals((await ask(values, ROUTES.sample)).json.targets, [7]);
});

for (
  const [name, status, error, changed] of [
    ["ink", 415, /takes application\/json/, {}],
    ["no values", 400, /"values" needs a value for each of 2 columns, found undefined/, row(undefined)],
    ["a value too few", 400, /found 1/, row([1])],
    ["an object", 400, /found \{\}/, row({})],
    ["a text for a number", 400, /Column "size" needs a number, found "x"/, row(["x", "a"])],
    [
      "an unknown text",
      400,
      /Column "kind" needs one of its texts, found "__proto__"/,
      row([1, "__proto__"]),
    ],
    ["a missing number", 400, /Column "size" needs a number, found null/, row([null, "a"])],
    ["100 KB", 413, /larger than 65536 bytes/, row([1, "a".repeat(100_000)])],
  ] as const
) {
  Deno.test(`createGui() refuses a row: ${name}`, async () => {
    const gui = await openGui({ mlp: MLP }), answer = await ask(gui, ROUTES.predict, changed);
    assertEquals(answer.status, status);
    assertMatch(String(answer.json.error), error);
    assertEquals((await ask(gui, ROUTES.predict, row([1, "a"]))).status, 200);
  });
}

Deno.test("createGui() takes drawings of the size of the network's sheet only", async () => {
  const images = { inputShape: [10, 40], inputScale: 1 / 255 };
  const gui = await openGui({ mlp: Mlp.create([dense(3, "softmax")], images) });
  const sheet = (length: number) => ({ body: new Uint8Array(length).fill(255) });
  assertEquals((await ask(gui, ROUTES.predict, sheet(200 * 50))).json.seen, new Array(400).fill(255));
  assertMatch(
    String((await ask(gui, ROUTES.predict, sheet(9999))).json.error),
    /needs 10000 bytes, found 9999/,
  );
  assertEquals((await ask(gui, ROUTES.predict, sheet(10_001))).status, 413);
});
