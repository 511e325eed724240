import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildForwardPlan, buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { isLoss } from "../../src/plan/losses.ts";
import { isUpdate, statesOf } from "../../src/plan/optimizers.ts";
import type { Op, StepPlan } from "../../src/plan/plan.ts";

const LAYERS = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
const INPUT = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };

/** Returns the names of buffers in an operation: every string except its kind and activation. */
function buffersOf(op: Op): string[] {
  return Object.entries(op)
    .filter(([field]) => field !== "op" && field !== "activation")
    .flatMap(([, value]) =>
      typeof value === "string" || Array.isArray(value) ? value as string | string[] : []
    );
}

/** Returns the buffers that an operation writes. */
function writtenBy(op: Op): string[] {
  if (isLoss(op)) return [op.dZ];
  switch (op.op) {
    case "gather":
      return [op.x, op.target, op.rowWeights].filter((name) => name !== undefined);
    case "linear":
      return op.z === undefined ? [op.y] : [op.z, op.y];
    case "dropout":
      return [op.y];
    case "linearBackwardInput":
      return [op.dX];
    case "linearBackwardWeight":
      return [op.dWeights, op.dBias];
    case "clipByNorm":
      return [...op.gradients];
    case "average":
      return [op.average];
    default:
      return [op.parameter, ...statesOf(op)];
  }
}

Deno.test("buildPlan() makes the default step: forward, loss, backward, updates", () => {
  const plan = buildPlan(LAYERS, resolveConfig(), INPUT);
  assertEquals(plan.ops.map(({ op }) => op), [
    "gather",
    ...["linear", "linear", "linear"],
    "softmaxCrossEntropy",
    ...["linearBackwardInput", "linearBackwardInput"],
    ...["linearBackwardWeight", "linearBackwardWeight", "linearBackwardWeight"],
    ...["adam", "adam", "adam", "adam", "adam", "adam"],
  ]);
  const { batchSize, inFeatures, outFeatures, labels } = plan;
  const wanted = { batchSize: 128, inFeatures: 784, outFeatures: 10, labels: true };
  assertEquals({ batchSize, inFeatures, outFeatures, labels }, wanted);
  // Cross-entropy is computed from logits and contains the softmax.
  const activations = plan.ops.flatMap((op) => op.op === "linear" ? op.activation : []);
  assertEquals(activations, ["relu", "relu", "linear"]);
});

const PLANS: Record<string, StepPlan> = {
  "the default": buildPlan(LAYERS, resolveConfig(), INPUT),
  "sgd with momentum and clipping": buildPlan(
    LAYERS,
    resolveConfig({ optimizer: "sgd", momentum: 0.9, clipNorm: 1 }),
    INPUT,
  ),
  "target values": buildPlan(
    [dense(3, "softmax"), dense(2, "sigmoid")],
    resolveConfig({ loss: "mean-squared-error", optimizer: "sgd" }),
    { inFeatures: 5, inputScale: 1, labels: false, outFeatures: 2 },
  ),
  "one layer": buildPlan([dense(10)], resolveConfig(), INPUT),
  "dropout, averages and row weights": buildPlan(
    [dense(8, "gelu", { dropout: 0.5 }), dense(7, "elu"), dense(6, "tanh", { dropout: 0.25 }), dense(10)],
    resolveConfig({ inputDropout: 0.125, average: 0.75, seed: 7, clipNorm: 1 }),
    { ...INPUT, weighted: true },
  ),
  "dropout of the inputs of one layer": buildPlan([dense(10)], resolveConfig({ inputDropout: 0.5 }), INPUT),
  "binary cross-entropy, rmsprop, row weights": buildPlan(
    [dense(3, "silu"), dense(2, "sigmoid")],
    resolveConfig({ loss: "binary-cross-entropy", optimizer: "rmsprop" }),
    { inFeatures: 5, inputScale: 1, labels: false, weighted: true, outFeatures: 2 },
  ),
  "huber, lion, averages": buildPlan(
    [dense(3, "silu"), dense(2, "gelu")],
    resolveConfig({ loss: "huber", optimizer: "lion", average: 0.999 }),
    { inFeatures: 5, inputScale: 1, labels: false, outFeatures: 2 },
  ),
};
const PARTS = PLANS["dropout, averages and row weights"];

for (const [name, plan] of Object.entries(PLANS)) {
  Deno.test(`buildPlan() has every buffer that an operation names, each once: ${name}`, () => {
    const names = plan.buffers.map((buffer) => buffer.name);
    assertEquals(new Set(names).size, names.length);
    const used = new Set(plan.ops.flatMap(buffersOf));
    assertEquals([...used].filter((buffer) => !names.includes(buffer)), []);
    assertEquals(names.filter((buffer) => !used.has(buffer)), []);
  });

  Deno.test(`buildPlan() writes every buffer of a step before it is read: ${name}`, () => {
    const outlive = plan.buffers.filter(({ role }) => role === "parameter" || role === "state");
    const written = new Set(outlive.map((buffer) => buffer.name));
    for (const op of plan.ops) {
      const writes = writtenBy(op);
      for (const read of buffersOf(op)) {
        assert(written.has(read) || writes.includes(read), `${op.op} reads ${read}`);
      }
      for (const each of writes) written.add(each);
    }
  });

  Deno.test(`buildPlan() updates each parameter once, after every operation that reads it: ${name}`, () => {
    const parameters = plan.buffers.filter(({ role }) => role === "parameter").map((buffer) => buffer.name);
    const updated = plan.ops.filter(isUpdate).map(({ parameter }) => parameter);
    assertEquals(updated.toSorted(), parameters.toSorted());
    const rest = plan.ops.slice(plan.ops.findIndex(isUpdate)).slice(updated.length);
    const averaged = rest.map((op) => op.op === "average" ? op.parameter : op.op);
    assertEquals(averaged, averaged.length > 0 ? updated : []);
  });
}

Deno.test("buildPlan() gives buffers the shapes of their layers, and state the shape of its parameter", () => {
  const { buffers } = PLANS["sgd with momentum and clipping"];
  const shapeOf = (name: string) => buffers.find((buffer) => buffer.name === name)?.shape;
  assertEquals(shapeOf("x"), ["B", 784]);
  assertEquals(shapeOf("target"), ["B"]);
  assertEquals(shapeOf("layer_2.weights"), [64, 128]);
  assertEquals(shapeOf("layer_2.weights.velocity"), [64, 128]);
  assertEquals(shapeOf("layer_2.dWeights"), [64, 128]);
  assertEquals(shapeOf("layer_3.bias"), [10]);
  assertEquals(shapeOf("layer_3.y"), ["B", 10]);
  assertEquals(PLANS["target values"].buffers.find(({ name }) => name === "target")?.shape, ["B", 2]);
});

Deno.test("buildPlan() has dropout of the inputs and of layers with a rate, forward and backward", () => {
  const kinds = PARTS.ops.map(({ op }) => op);
  assertEquals(kinds.slice(0, 9), [
    ...["gather", "dropout", "linear", "dropout", "linear", "linear", "dropout", "linear"],
    "softmaxCrossEntropy",
  ]);
  const drops = PARTS.ops.filter((op) => op.op === "dropout").map(({ x, y, mask }) => [x, y, mask]);
  const masks = [[0.125, 0], [0.5, 1], [0.25, 3]].map(([rate, layer]) => ({ rate, seed: 7, layer }));
  assertEquals(drops, [
    ["x", "x.dropped", masks[0]],
    ["layer_1.y", "layer_1.dropped", masks[1]],
    ["layer_3.y", "layer_3.dropped", masks[2]],
  ]);
  const back = PARTS.ops.filter((op) => op.op === "linearBackwardInput").map((
    { x, dX, mask },
  ) => [x, dX, mask]);
  assertEquals(back, [
    ["layer_3.y", "layer_3.dZ", masks[2]],
    ["layer_2.y", "layer_2.dZ", undefined],
    ["layer_1.y", "layer_1.dZ", masks[1]],
  ]);
  // The gradients of weights are computed from the dropped inputs of the layers.
  const inputs = PARTS.ops.flatMap((op) => op.op === "linearBackwardWeight" ? op.x : []);
  assertEquals(inputs, ["layer_3.dropped", "layer_2.y", "layer_1.dropped", "x.dropped"]);
  assertEquals(PARTS.ops.flatMap((op) => op.op === "linear" ? op.x : []), inputs.toReversed());
});

Deno.test("buildPlan() gathers row weights for the loss, and has the averages after all other state", () => {
  const shapeOf = (name: string) => PARTS.buffers.find((buffer) => buffer.name === name)?.shape;
  assertEquals(PARTS.weighted, true);
  assertEquals([shapeOf("rowWeights"), shapeOf("x.dropped"), shapeOf("layer_3.dropped")], [
    ["B"],
    ["B", 784],
    ["B", 6],
  ]);
  const [gather] = PARTS.ops, loss = PARTS.ops.find(isLoss)!;
  assertEquals([gather, loss].map((op) => "rowWeights" in op ? op.rowWeights : undefined), [
    "rowWeights",
    "rowWeights",
  ]);
  const parameters = [1, 2, 3, 4].flatMap((layer) => [`layer_${layer}.weights`, `layer_${layer}.bias`]);
  const states = PARTS.buffers.filter(({ role }) => role === "state").map(({ name }) => name);
  assertEquals(
    states,
    ["m", "v", "average"].flatMap((state) => parameters.map((name) => `${name}.${state}`)),
  );
  assertEquals(shapeOf("layer_1.weights.average"), [8, 784]);
  const averages = PARTS.ops.filter((op) => op.op === "average");
  assertEquals(
    averages.map(({ parameter, decay }) => [parameter, decay]),
    parameters.map((name) => [name, 0.75]),
  );
});

Deno.test("buildPlan() has no dropout, averages or row weights by default", () => {
  for (const name of ["the default", "target values", "one layer"]) {
    const { ops, buffers, weighted } = PLANS[name];
    assertEquals(ops.filter(({ op }) => op === "dropout" || op === "average"), [], name);
    assertEquals(ops.filter((op) => "mask" in op || isLoss(op) && "rowWeights" in op), []);
    assertEquals(buffers.filter(({ name }) => /dropped|average|^weights$/.test(name)), []);
    assertEquals(weighted, false);
  }
});

Deno.test("buildForwardPlan() has no dropout", () => {
  const layers = [dense(8, "gelu", { dropout: 0.5 }), dense(3)], network = { inFeatures: 4, inputScale: 1 };
  const plain = layers.map(({ outFeatures, activation }) => dense(outFeatures, activation));
  assertEquals(buildForwardPlan({ ...network, layers }), buildForwardPlan({ ...network, layers: plain }));
});

Deno.test("buildPlan() clips only if there is a limit, all gradients together", () => {
  const clip = PLANS["sgd with momentum and clipping"].ops.find((op) => op.op === "clipByNorm");
  assertEquals(clip?.gradients.length, 6);
  assertEquals(clip?.maxNorm, 1);
  assertEquals(PLANS["the default"].ops.some(({ op }) => op === "clipByNorm"), false);
});

Deno.test("buildPlan() refuses parts that do not fit each other", () => {
  const build = (layers = LAYERS, given = {}, input = {}) => () =>
    buildPlan(layers, resolveConfig(given), { ...INPUT, ...input });
  assertThrows(build([]), RangeError, "A network needs at least one layer, found none");
  const classes = "The data set has 12 classes, the network's last layer has 10 outputs";
  assertThrows(build(LAYERS, {}, { outFeatures: 12 }), RangeError, classes);
  const values = "The data set has 2 target values a row, the network's last layer has 10 outputs";
  assertThrows(build(LAYERS, {}, { labels: false, outFeatures: 2 }), RangeError, values);
  assertThrows(
    build([dense(8, "relu"), dense(10, "softmax", { dropout: 0.2 })]),
    RangeError,
    "The last layer has dropout 0.2, needs 0: the loss is computed from all of its outputs",
  );
  for (const dropout of [1, -0.5, NaN, "0.5", null]) {
    const layers = [{ ...dense(8, "relu"), dropout: dropout as number }, dense(10, "softmax")];
    const message = `The dropout of a layer needs a number from 0 to below 1, found ${
      typeof dropout === "string" ? `"${dropout}"` : dropout
    }`;
    assertThrows(build(layers), RangeError, message);
  }
  for (const loss of ["binary-cross-entropy", "huber"] as const) {
    assertThrows(
      build(LAYERS, { loss }),
      RangeError,
      `Loss "${loss}" needs target values, the data set has class labels, which need loss "cross-entropy" or ` +
        `"mean-squared-error"`,
    );
  }
  assertThrows(
    build(LAYERS, { loss: "binary-cross-entropy" }, { labels: false }),
    RangeError,
    `Loss "binary-cross-entropy" needs a sigmoid output, or a linear one that gives logits, found "softmax"; loss ` +
      `"mean-squared-error" or "huber" takes any output`,
  );
});
