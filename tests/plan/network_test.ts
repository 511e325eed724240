import { assertEquals, assertThrows } from "@std/assert";
import { buildForwardPlan, buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { networkOf } from "../../src/plan/network.ts";
import type { Op, StepPlan } from "../../src/plan/plan.ts";
import { resolveConfig } from "../../src/training/config.ts";

const LAYERS = [dense(5, "silu"), dense(4, "relu"), dense(3, "softmax")];
const INPUT = { inFeatures: 7, inputScale: 0.5, labels: true, outFeatures: 3 };
const PLAN = buildPlan(LAYERS, resolveConfig({ clipNorm: 1 }), INPUT);

Deno.test("networkOf() finds all operations of a training plan on each layer", () => {
  const { gather, layers, loss, clip, buffers } = networkOf(PLAN);
  assertEquals(gather.scale, 0.5);
  assertEquals(loss?.op, "softmaxCrossEntropy");
  assertEquals(clip?.maxNorm, 1);
  assertEquals(buffers.get("layer_1.z")?.shape, ["B", 5]);
  assertEquals(layers.map(({ inFeatures, outFeatures }) => [inFeatures, outFeatures]), [[7, 5], [5, 4], [
    4,
    3,
  ]]);
  assertEquals(layers.map(({ forward }) => forward.z), ["layer_1.z", undefined, undefined]);
  assertEquals(layers.map(({ backwardInput }) => backwardInput?.dX), [undefined, "layer_1.dZ", "layer_2.dZ"]);
  for (const [index, { training }] of layers.entries()) {
    const name = `layer_${index + 1}`;
    assertEquals(training?.gradient.dBias, `${name}.dBias`);
    assertEquals(training?.weights.parameter, `${name}.weights`);
    assertEquals(training?.bias.parameter, `${name}.bias`);
  }
  const used = new Set<unknown>([gather, loss, clip]);
  for (const { forward, backwardInput, training } of layers) {
    for (const op of [forward, backwardInput, ...Object.values(training ?? {})]) used.add(op);
  }
  assertEquals(PLAN.ops.filter((op) => !used.has(op)), []);
  assertEquals(layers.map((layer) => "dropout" in layer || "averages" in layer.training), [
    false,
    false,
    false,
  ]);
});

const PARTS = buildPlan(
  [dense(5, "silu", { dropout: 0.25 }), dense(4, "relu"), dense(3, "softmax")],
  resolveConfig({ inputDropout: 0.5, average: 0.9 }),
  { ...INPUT, weighted: true },
);

Deno.test("networkOf() finds the dropout of each layer's inputs and the averages of its parameters", () => {
  const { gather, layers, loss } = networkOf(PARTS);
  assertEquals([gather.rowWeights, loss.rowWeights], ["rowWeights", "rowWeights"]);
  assertEquals(layers.map(({ dropout }) => dropout?.y), ["x.dropped", "layer_1.dropped", undefined]);
  assertEquals(layers.map(({ forward }) => forward.x), ["x.dropped", "layer_1.dropped", "layer_2.y"]);
  // The dropout of a layer's outputs is that of the next layer's inputs, also in the backward pass.
  assertEquals(layers.map(({ backwardInput }) => backwardInput?.mask), [
    undefined,
    layers[1].dropout?.mask,
    undefined,
  ]);
  const averages = layers.flatMap(({ training }) => Object.values(training.averages!));
  assertEquals(averages, PARTS.ops.filter((op) => op.op === "average"));
});

Deno.test("networkOf() of a prediction has only the forward operations of layers", () => {
  const plan = buildForwardPlan({ inFeatures: 7, inputScale: 0.5, layers: LAYERS });
  const { layers, loss, clip } = networkOf(plan);
  assertEquals([loss, clip], [undefined, undefined]);
  assertEquals(layers.map(({ forward, training }) => [forward.activation, training]), [
    ["silu", undefined],
    ["relu", undefined],
    ["softmax", undefined],
  ]);
});

Deno.test("networkOf() refuses plans that are not a chain of layers", () => {
  const without = (kind: Op["op"]): StepPlan => ({ ...PLAN, ops: PLAN.ops.filter(({ op }) => op !== kind) });
  const cases: [StepPlan, string][] = [
    [without("gather"), `it needs one operation "gather"`],
    [without("linear"), `it needs an operation "linear"`],
    [without("softmaxCrossEntropy"), "it has 0 losses"],
    [without("adam"), `it has no update of "layer_1.weights"`],
    [without("linearBackwardWeight"), `it has no gradient for "layer_1.weights"`],
    [{ ...PLAN, buffers: [] }, `it has no buffer "layer_1.weights"`],
    [
      {
        ...PLAN,
        ops: PLAN.ops.map((op) => op.op === "linear" && op.x === "layer_1.y" ? { ...op, x: "x" } : op),
      },
      `it has "x" as the input of layer 2, needs "layer_1.y"`,
    ],
    [
      { ...PARTS, ops: PARTS.ops.filter(({ op }) => op !== "dropout") },
      `it has "x.dropped" as the input of layer 1, needs "x"`,
    ],
    [
      {
        ...PARTS,
        ops: PARTS.ops.filter((op) => !(op.op === "average" && op.parameter === "layer_2.bias")),
      },
      `it has no average of "layer_2.bias"`,
    ],
  ];
  for (const [plan, fault] of cases) {
    assertThrows(() => networkOf(plan), TypeError, `Cannot use this plan: ${fault}`);
  }
});

Deno.test("buildForwardPlan() has the buffers of the forward operations, and no sums", () => {
  const { buffers, ops, outFeatures } = buildForwardPlan({ inFeatures: 7, inputScale: 0.5, layers: LAYERS });
  assertEquals(buffers.map(({ name }) => name), [
    "x",
    ...[1, 2, 3].flatMap((layer) => ["weights", "bias", "y"].map((part) => `layer_${layer}.${part}`)),
  ]);
  assertEquals(ops[0], { op: "gather", x: "x", scale: 0.5 });
  assertEquals(ops.length, 4);
  assertEquals(outFeatures, 3);
  assertThrows(
    () => buildForwardPlan({ inFeatures: 7, inputScale: 1, layers: [] }),
    RangeError,
    "found none",
  );
});
