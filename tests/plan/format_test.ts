import { assertEquals, assertMatch } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { dense } from "../../src/plan/layers.ts";
import { formatPlan } from "../../src/plan/format.ts";

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

Deno.test("formatPlan() has a line for each operation, with every activation forward and back", () => {
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
