import { assertEquals, assertThrows } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { LOSSES, trainedActivation } from "../../src/plan/losses.ts";

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

Deno.test("LOSSES make the operation of each loss, with the sums that its gradient needs", () => {
  const input = { index: 1, labels: true, settings: { labelSmoothing: 0.25 } };
  const buffers = { target: "target", dZ: "layer_2.dZ" };
  assertEquals(
    LOSSES["cross-entropy"].op({ ...input, output: "softmax" }),
    { op: "softmaxCrossEntropy", logits: "layer_2.y", ...buffers, labelSmoothing: 0.25 },
  );
  assertEquals(
    LOSSES["mean-squared-error"].op({ ...input, output: "tanh", labels: false }),
    { op: "meanSquaredError", y: "layer_2.y", ...buffers, labels: false, activation: "tanh" },
  );
  assertEquals(
    LOSSES["mean-squared-error"].op({ ...input, output: "silu" }),
    {
      op: "meanSquaredError",
      y: "layer_2.y",
      z: "layer_2.z",
      ...buffers,
      labels: true,
      activation: "silu",
    },
  );
});
