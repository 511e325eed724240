import { assertEquals, assertMatch } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dense, parseLayers } from "../../src/plan/layers.ts";
import { formatPlan } from "../../src/plan/format.ts";
import type { PlanInput } from "../../src/plan/plan.ts";

const INPUT = { inFeatures: 5, inputScale: 1, labels: false, outFeatures: 2 };

Deno.test("formatPlan() writes the default step as its formulas", () => {
  const layers = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
  const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  const lines = formatPlan(buildPlan(layers, resolveConfig(), input)).split("\n");
  assertEquals(lines.slice(0, 12), [
    "784 inputs, 10 outputs, 109386 parameters; batches of B = 128 rows; 16 operations over 32 buffers",
    " 0  gather                x [B, 784], target [B]     x = inputs[rows] · 0.00392157, target = labels[rows]",
    " 1  linear                y1 [B, 128]                y1 = relu(x W1ᵀ + b1)",
    " 2  linear                y2 [B, 64]                 y2 = relu(y1 W2ᵀ + b2)",
    " 3  linear                y3 [B, 10]                 y3 = y2 W3ᵀ + b3",
    " 4  softmaxCrossEntropy   dZ3 [B, 10]                loss = mean(-log softmax(y3)[target]), dZ3 = (softmax(y3) - onehot(target)) / B",
    " 5  linearBackwardInput   dZ2 [B, 64]                dZ2 = (dZ3 W3) ∘ relu'(y2)",
    " 6  linearBackwardInput   dZ1 [B, 128]               dZ1 = (dZ2 W2) ∘ relu'(y1)",
    " 7  linearBackwardWeight  dW3 [10, 64], db3 [10]     dW3 = dZ3ᵀ y2, db3 = Σ dZ3",
    " 8  linearBackwardWeight  dW2 [64, 128], db2 [64]    dW2 = dZ2ᵀ y1, db2 = Σ dZ2",
    " 9  linearBackwardWeight  dW1 [128, 784], db1 [128]  dW1 = dZ1ᵀ x, db1 = Σ dZ1",
    "10  adam                  W1 [128, 784]              W1 = W1 - rate · m̂ / (√v̂ + 1e-8), m, v of dW1 by 0.9, 0.999",
  ]);
  assertEquals(lines.length, 17);
});

Deno.test("formatPlan() writes momentum, weight decay, clipping and target values", () => {
  const given = { loss: "mean-squared-error", optimizer: "sgd", clipNorm: 1, weightDecay: 0.01 } as const;
  const textOf = (more: { momentum?: number; nesterov?: boolean }) =>
    formatPlan(buildPlan([dense(2, "tanh")], resolveConfig({ ...given, ...more }), INPUT)).split("\n")
      .map((line) => line.replace(/^\s*\d+ {2}(\w+).*\] {2,}(.*)$/, "$1: $2"));
  assertEquals(textOf({}).slice(1), [
    "gather: x = inputs[rows], target = targets[rows]",
    "linear: y1 = tanh(x W1ᵀ + b1)",
    "meanSquaredError: loss = mean((y1 - target)²), dZ1 = 2 (y1 - target) / (B 2) ∘ tanh'(y1)",
    "linearBackwardWeight: dW1 = dZ1ᵀ x, db1 = Σ dZ1",
    "clipByNorm: all · min(1, 1 / ‖dW1, db1‖)",
    "sgd: W1 = W1 - rate · (dW1 + 0.01 W1)",
    "sgd: b1 = b1 - rate · (db1 + 0.01 b1)",
  ]);
  assertEquals(
    textOf({ momentum: 0.9 })[6],
    "sgd: v = 0.9 v + dW1 + 0.01 W1, W1 = W1 - rate · v",
  );
  assertEquals(
    textOf({ momentum: 0.9, nesterov: true })[6],
    "sgd: v = 0.9 v + dW1 + 0.01 W1, W1 = W1 - rate · (dW1 + 0.01 W1 + 0.9 v)",
  );
});

/** Returns the lines of a plan after the first, as `kind: formula`. */
function formulasOf(
  layers: string,
  given: Partial<TrainConfig>,
  input: Partial<PlanInput>,
): string[] {
  const plan = buildPlan(parseLayers(layers), resolveConfig(given), { ...INPUT, ...input });
  return formatPlan(plan).split("\n").slice(1)
    .map((line) => line.replace(/^\s*\d+ {2}(\w+).*\] {2,}(.*)$/, "$1: $2"));
}

Deno.test("formatPlan() writes dropout, row weights and averages", () => {
  const given = { inputDropout: 0.1, average: 0.999, optimizer: "sgd" } as const;
  const lines = formulasOf("3:gelu:dropout=0.3,4:linear:dropout=0.5,2:softmax", given, {
    ...{ labels: true, weighted: true },
  });
  assertEquals(lines.slice(0, 10), [
    "gather: x = inputs[rows], target = labels[rows], rowWeights = weights[rows]",
    "dropout: d0 = x ∘ mask0(0.1) / 0.9",
    "linear: z1 = d0 W1ᵀ + b1, y1 = gelu(z1)",
    "dropout: d1 = y1 ∘ mask1(0.3) / 0.7",
    "linear: y2 = d1 W2ᵀ + b2",
    "dropout: d2 = y2 ∘ mask2(0.5) / 0.5",
    "linear: y3 = d2 W3ᵀ + b3",
    "softmaxCrossEntropy: loss = mean(-log softmax(y3)[target]), dZ3 = rowWeights (softmax(y3) - onehot(target)) / B",
    "linearBackwardInput: dZ2 = (dZ3 W3) ∘ mask2(0.5) / 0.5",
    "linearBackwardInput: dZ1 = (dZ2 W2) ∘ mask1(0.3) / 0.7 ∘ gelu'(z1)",
  ]);
  assertEquals(lines[12], "linearBackwardWeight: dW1 = dZ1ᵀ d0, db1 = Σ dZ1");
  assertEquals(lines.slice(-2), [
    "average: avg(W3) = 0.999 avg(W3) + 0.001 W3",
    "average: avg(b3) = 0.999 avg(b3) + 0.001 b3",
  ]);
});

Deno.test("formatPlan() writes binary cross-entropy, huber, rmsprop and lion", () => {
  const binary = { loss: "binary-cross-entropy", optimizer: "rmsprop" } as const;
  assertEquals(formulasOf("2:sigmoid", binary, { weighted: true }).slice(2), [
    "binaryCrossEntropy: loss = mean(-target log σ(y1) - (1 - target) log(1 - σ(y1))), " +
    "dZ1 = rowWeights (σ(y1) - target) / (B 2)",
    "linearBackwardWeight: dW1 = dZ1ᵀ x, db1 = Σ dZ1",
    "rmsprop: W1 = W1 - rate · g / (√v + 1e-8), v of g = dW1 by 0.99",
    "rmsprop: b1 = b1 - rate · g / (√v + 1e-8), v of g = db1 by 0.99",
  ]);
  assertEquals(
    formulasOf("2:sigmoid", { ...binary, weightDecay: 0.01 }, {})[4],
    "rmsprop: W1 = W1 - rate · g / (√v + 1e-8), v of g = dW1 + 0.01 W1 by 0.99",
  );
  const huber = { loss: "huber", optimizer: "lion", huberDelta: 0.5 } as const;
  assertEquals(formulasOf("2:gelu", huber, {}).slice(2), [
    "huber: loss = mean(huber(y1 - target)), linear beyond ±0.5, dZ1 = clip(y1 - target, ±0.5) / (B 2) ∘ gelu'(z1)",
    "linearBackwardWeight: dW1 = dZ1ᵀ x, db1 = Σ dZ1",
    "lion: W1 = W1 - rate · sign(0.9 m + 0.1 dW1), m of dW1 by 0.99",
    "lion: b1 = b1 - rate · sign(0.9 m + 0.1 db1), m of db1 by 0.99",
  ]);
  assertEquals(
    formulasOf("2:linear", { ...huber, weightDecay: 0.01 }, { weighted: true }).slice(2, 5),
    [
      "huber: loss = mean(huber(y1 - target)), linear beyond ±0.5, dZ1 = rowWeights clip(y1 - target, ±0.5) / (B 2)",
      "linearBackwardWeight: dW1 = dZ1ᵀ x, db1 = Σ dZ1",
      "lion: W1 = W1 - rate · (0.01 W1 + sign(0.9 m + 0.1 dW1)), m of dW1 by 0.99",
    ],
  );
});

Deno.test("formatPlan() has a line for each operation, with every activation forward and backward", () => {
  for (const activation of ACTIVATIONS) {
    const layers = [dense(3, activation), dense(2)];
    const plan = buildPlan(layers, resolveConfig({ loss: "mean-squared-error", optimizer: "adamw" }), INPUT);
    const lines = formatPlan(plan).split("\n");
    assertEquals(lines.length, plan.ops.length + 1);
    for (const line of lines.slice(1)) assertMatch(line, /^ ?\d+ {2}\w+ .* = /);
    if (activation !== "linear") {
      assertMatch(lines[2], new RegExp(`y1 = ${activation}\\((x W1ᵀ \\+ b1|z1)\\)$`));
    }
  }
});
