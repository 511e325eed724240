import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { isLoss } from "../../src/plan/losses.ts";
import { statesOf } from "../../src/plan/optimizers.ts";
import type { Op, StepPlan } from "../../src/plan/plan.ts";

const LAYERS = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
const INPUT = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };

/** The names of buffers in an operation: every string but its kind and activation. */
function buffersOf(op: Op): string[] {
  return Object.entries(op)
    .filter(([field]) => field !== "op" && field !== "activation")
    .flatMap(([, value]) =>
      typeof value === "string" || Array.isArray(value) ? value as string | string[] : []
    );
}

/** What each operation writes. */
function writtenBy(op: Op): string[] {
  if (isLoss(op)) return [op.dZ];
  switch (op.op) {
    case "gather":
      return op.target === undefined ? [op.x] : [op.x, op.target];
    case "linear":
      return op.z === undefined ? [op.y] : [op.z, op.y];
    case "linearBackwardInput":
      return [op.dX];
    case "linearBackwardWeight":
      return [op.dWeights, op.dBias];
    case "clipByNorm":
      return [...op.gradients];
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
  // Cross-entropy works on logits, so that the softmax is left to it.
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
};

for (const [name, plan] of Object.entries(PLANS)) {
  Deno.test(`buildPlan() names only buffers that there are, each once: ${name}`, () => {
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

  Deno.test(`buildPlan() updates each parameter once, after all that reads it: ${name}`, () => {
    const parameters = plan.buffers.filter(({ role }) => role === "parameter").map((buffer) => buffer.name);
    const isUpdate = ({ op }: Op) => op === "sgd" || op === "adam";
    const updated = plan.ops.flatMap((op) => "parameter" in op ? op.parameter : []);
    assertEquals(updated.toSorted(), parameters.toSorted());
    assert(plan.ops.slice(plan.ops.findIndex(isUpdate)).every(isUpdate));
  });
}

Deno.test("buildPlan() has the shapes of layers, and of state their parameter's", () => {
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

Deno.test("buildPlan() clips only where there is a limit, all gradients at once", () => {
  const clip = PLANS["sgd with momentum and clipping"].ops.find((op) => op.op === "clipByNorm");
  assertEquals(clip?.gradients.length, 6);
  assertEquals(clip?.maxNorm, 1);
  assertEquals(PLANS["the default"].ops.some(({ op }) => op === "clipByNorm"), false);
});

Deno.test("buildPlan() refuses parts that do not go together", () => {
  const build = (layers = LAYERS, given = {}, input = {}) => () =>
    buildPlan(layers, resolveConfig(given), { ...INPUT, ...input });
  assertThrows(build([]), RangeError, "A network needs at least one layer, found none");
  const classes = "The data set has 12 classes, the network's last layer has 10 outputs";
  assertThrows(build(LAYERS, {}, { outFeatures: 12 }), RangeError, classes);
  const values = "The data set has 2 target values a row, the network's last layer has 10 outputs";
  assertThrows(build(LAYERS, {}, { labels: false, outFeatures: 2 }), RangeError, values);
});
