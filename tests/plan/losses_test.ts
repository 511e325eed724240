import { assertEquals, assertThrows } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { lossOp, trainedActivation } from "../../src/plan/losses.ts";

Deno.test("trainedActivation() leaves softmax to cross-entropy, and everything as it is to mean squared error", () => {
  assertEquals(trainedActivation("cross-entropy", "softmax", true), "linear");
  assertEquals(trainedActivation("cross-entropy", "linear", true), "linear");
  for (const labels of [true, false]) {
    for (const output of ACTIVATIONS) {
      assertEquals(trainedActivation("mean-squared-error", output, labels), output);
    }
  }
});

Deno.test("trainedActivation() refuses cross-entropy of what is no class", () => {
  for (const output of ["relu", "sigmoid", "tanh"] as const) {
    const message =
      `Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "${output}"; ` +
      `loss "mean-squared-error" takes any output`;
    assertThrows(() => trainedActivation("cross-entropy", output, true), RangeError, message);
  }
  const message = `Loss "cross-entropy" needs class labels, the data set has target values; ` +
    `those need loss "mean-squared-error"`;
  for (const output of ACTIVATIONS) {
    assertThrows(() => trainedActivation("cross-entropy", output, false), RangeError, message);
  }
});

Deno.test("lossOp() is the operation of the configuration's loss", () => {
  const input = { inFeatures: 4, inputScale: 1, labels: true, outFeatures: 3 };
  const buffers = { target: "target", dZ: "layer_2.dZ" };
  assertEquals(
    lossOp(1, "softmax", resolveConfig({ labelSmoothing: 0.25 }), input),
    { op: "softmaxCrossEntropy", logits: "layer_2.y", ...buffers, labelSmoothing: 0.25 },
  );
  assertEquals(
    lossOp(1, "tanh", resolveConfig({ loss: "mean-squared-error" }), { ...input, labels: false }),
    { op: "meanSquaredError", y: "layer_2.y", ...buffers, labels: false, activation: "tanh" },
  );
});
