/** The reasons for rows of a table, for one output, and for rectangular images on a light background. @module */
import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import type { InputSpec } from "../../src/data/dataset.ts";
import { ROUTES, type WhyView } from "../../src/gui/protocol/protocol.ts";
import { showNetwork } from "../../src/gui/network/shown_network.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { LossName } from "../../src/plan/losses.ts";
import { ask, openGui } from "./support.ts";

const COLUMNS = [{ name: "age" }, { name: "class", categories: ["first", "second"] }];
const TABLE: InputSpec = { inputShape: [3], columns: COLUMNS };

/** Creates a network that seems to be trained with a loss on rows with known ranges. */
function networkOf(layers: readonly LayerSpec[], input: InputSpec, loss: LossName): Mlp {
  const mlp = Mlp.create(layers, input);
  const training = {
    config: resolveConfig({ loss }),
    epochs: 1,
    dataset: { source: "a test", rows: 9 },
    backend: "reference",
    inputRanges: {
      least: [0, 0, 0],
      most: [80, 1, 1],
      mean: [40, 0.7, 0.3],
      whole: [true, true, true],
    },
  };
  return new Mlp({ ...mlp, training });
}

/** Asks for the reasons of a row. */
async function whyRow(mlp: Mlp, query: string, values: unknown) {
  const headers = { "content-type": "application/json" }, body = JSON.stringify({ values });
  const { status, json } = await ask(await openGui({ mlp }), `${ROUTES.why}?${query}`, { headers, body });
  return { status, why: json as unknown as WhyView & { error: string } };
}

Deno.test("createGui() explains a row of a table by its differences from the usual values", async () => {
  const mlp = networkOf([dense(6, "relu"), dense(3, "softmax")], TABLE, "cross-entropy");
  const { status, why } = await whyRow(mlp, "label=2", [70, "second"]);
  assertEquals([status, why.contributions.length, why.seen], [200, 3, [70, 0, 1]]);
  assertAlmostEquals(why.total + why.biases + why.curved, why.logit, 1e-9);
  const usual = await whyRow(mlp, "label=2", [40, "first"]);
  assertEquals([usual.why.contributions.map(Math.abs), usual.why.paths], [[0, 0, 0], []]);
});

Deno.test("createGui() refuses to explain rows that are not valid, and to find images near them", async () => {
  const mlp = networkOf([dense(3, "softmax")], TABLE, "cross-entropy");
  const refusals: [query: string, values: unknown, error: RegExp][] = [
    ["label=2", [70], /2 columns, found 1/],
    ["label=2", [70, "third"], /"class" needs one of its texts/],
    ["label=2", ["old", "first"], /"age" needs a number/],
    ["label=3", [70, "first"], /"label" needs .* 0 to 2, found 3/],
    ["label=2&against=x", [70, "first"], /"against"/],
  ];
  for (const [query, values, error] of refusals) {
    const { status, why } = await whyRow(mlp, query, values);
    assertEquals(status, 400);
    assertMatch(why.error, error);
  }
  const gui = await openGui({ mlp });
  assertEquals((await ask(gui, `${ROUTES.why}?label=2`, { body: new Uint8Array(9) })).status, 415);
  assertEquals((await ask(gui, ROUTES.nearest, { body: new Uint8Array(9) })).status, 404);
});

Deno.test("showNetwork() explains the value of one output itself, and both classes of a pair", () => {
  const price = networkOf([dense(4, "tanh"), dense(1, "linear")], TABLE, "mean-squared-error");
  const row = { values: [70, "second"] }, shown = showNetwork(price, "");
  const [value] = shown.predictRow(row.values).values!;
  assertAlmostEquals(shown.why(shown.inputsOf(row)!, { label: 0 }).logit, value, 1e-5);
  const pair = networkOf([dense(4, "tanh"), dense(1, "sigmoid")], TABLE, "binary-cross-entropy");
  const both = showNetwork(pair, ""), [, yes] = both.predictRow(row.values).probabilities!;
  const [no, one] = [0, 1].map((label) => both.why(both.inputsOf(row)!, { label }));
  assertAlmostEquals(one.logit, Math.log(yes / (1 - yes)), 1e-5);
  assertEquals(no.logit, -one.logit);
});

Deno.test("showNetwork() explains dark ink on white, in a rectangular image, by its ink", () => {
  const image = { white: 255, background: "light", placement: "resize" } as const;
  const mlp = Mlp.create([dense(9, "relu"), dense(4, "softmax")], {
    inputShape: [15, 60],
    inputScale: 1 / 255,
    image,
  });
  const shown = showNetwork(mlp, ""), { input } = shown.view();
  if (input.kind !== "image") throw new Error("It takes images");
  const ink = new Uint8Array(input.sheetWidth * input.sheetHeight).fill(255, 400, 900);
  const { seen } = shown.predict(ink), why = shown.why(shown.inputsOf(ink)!, { label: 3 });
  assertEquals([why.seen, why.contributions.length], [seen, 900]);
  for (const [i, value] of why.contributions.entries()) if (seen![i] === 0) assertEquals(Math.abs(value), 0);
  assertAlmostEquals(why.total + why.biases + why.curved, why.logit, 1e-9);
  assertEquals(shown.inputsOf(new Uint8Array(ink.length)), undefined);
});
