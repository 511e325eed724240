import { assertEquals, assertThrows } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { LOSSES, trainedActivation } from "../../src/plan/losses.ts";

Deno.test("trainedActivation() is linear for a loss of logits, and unchanged for other losses", () => {
  assertEquals(trainedActivation("binary-cross-entropy", "sigmoid", false), "linear");
  assertEquals(trainedActivation("binary-cross-entropy", "linear", false), "linear");
  for (const output of ACTIVATIONS) assertEquals(trainedActivation("huber", output, false), output);
  assertEquals(trainedActivation("cross-entropy", "softmax", true), "linear");
  assertEquals(trainedActivation("cross-entropy", "linear", true), "linear");
  assertEquals(trainedActivation("cross-entropy", "softmax", false), "linear");
  for (const labels of [true, false]) {
    for (const output of ACTIVATIONS) {
      assertEquals(trainedActivation("mean-squared-error", output, labels), output);
    }
  }
});

Deno.test("trainedActivation() refuses cross-entropy without a softmax, and losses of target values for labels", () => {
  for (const output of ["relu", "sigmoid", "tanh"] as const) {
    const start =
      `Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "${output}"; `;
    const others = { true: `loss "mean-squared-error"`, false: `loss "mean-squared-error" or "huber"` };
    for (const labels of [true, false]) {
      const message = `${start}${others[`${labels}`]} takes any output`;
      assertThrows(() => trainedActivation("cross-entropy", output, labels), RangeError, message);
    }
  }
  const message = `Loss "huber" needs target values, the data set has class labels, ` +
    `which need loss "cross-entropy" or "mean-squared-error"`;
  for (const output of ACTIVATIONS) {
    assertThrows(() => trainedActivation("huber", output, true), RangeError, message);
  }
});

Deno.test("LOSSES make the operation of each loss, with the sums that its gradient needs", () => {
  const input = { index: 1, labels: true, settings: { labelSmoothing: 0.25, huberDelta: 2 } };
  const buffers = { target: "target", dZ: "layer_2.dZ" };
  assertEquals(
    LOSSES["cross-entropy"].op({ ...input, output: "softmax" }),
    { op: "softmaxCrossEntropy", logits: "layer_2.y", ...buffers, labels: true, labelSmoothing: 0.25 },
  );
  assertEquals(
    LOSSES["cross-entropy"].op({ ...input, output: "linear", labels: false }),
    { op: "softmaxCrossEntropy", logits: "layer_2.y", ...buffers, labels: false, labelSmoothing: 0.25 },
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
  assertEquals(
    LOSSES["binary-cross-entropy"].op({ ...input, output: "sigmoid", labels: false }),
    { op: "binaryCrossEntropy", logits: "layer_2.y", ...buffers },
  );
  const huber = { op: "huber", y: "layer_2.y", ...buffers, delta: 2 } as const;
  assertEquals(
    LOSSES.huber.op({ ...input, output: "elu", labels: false }),
    { ...huber, activation: "elu" },
  );
  assertEquals(
    LOSSES.huber.op({ ...input, output: "gelu", labels: false }),
    { ...huber, z: "layer_2.z", activation: "gelu" },
  );
});

Deno.test("LOSSES name the buffer of row weights, if rows have weights", () => {
  const input = {
    index: 1,
    labels: true,
    output: "linear",
    settings: { labelSmoothing: 0, huberDelta: 1 },
  } as const;
  for (const { op } of Object.values(LOSSES)) {
    const plain = op(input);
    assertEquals(op({ ...input, rowWeights: "rowWeights" }), { ...plain, rowWeights: "rowWeights" });
    assertEquals("rowWeights" in plain, false);
  }
});
