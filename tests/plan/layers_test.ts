import { assertEquals, assertThrows } from "@std/assert";
import type { ActivationName } from "../../src/plan/activations.ts";
import { backwardInputOp, dense, formatLayers, forwardOp, parseLayers } from "../../src/plan/layers.ts";

Deno.test("dense() makes a layer, linear unless told", () => {
  assertEquals(dense(10), { outFeatures: 10, activation: "linear" });
  assertEquals(dense(1, "tanh"), { outFeatures: 1, activation: "tanh" });
});

Deno.test("dense() refuses widths and activations that there are not", () => {
  for (const width of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => dense(width), RangeError, `needs a whole number of outputs from 1, found ${width}`);
  }
  const activation = "gelu" as ActivationName;
  assertThrows(
    () => dense(1, activation),
    TypeError,
    `Unknown activation "gelu", needs one of relu, sigmoid`,
  );
});

Deno.test("parseLayers() reads what formatLayers() writes", () => {
  const layers = [dense(128, "relu"), dense(7, "linear"), dense(10, "softmax")];
  assertEquals(formatLayers(layers), "128:relu,7:linear,10:softmax");
  assertEquals(parseLayers(formatLayers(layers)), layers);
  assertEquals(parseLayers(" 128 : relu , 7,10:softmax "), layers);
});

Deno.test("parseLayers() refuses text that is no list of layers", () => {
  for (const text of ["", "relu", "128:", "128:relu,", "-1:relu", "1e3:relu", "128;relu", "128:relu:relu"]) {
    assertThrows(() => parseLayers(text), TypeError, `of "${text}", needs a form such as "128:relu"`);
  }
  assertThrows(() => parseLayers("0:relu"), RangeError, "found 0");
  assertThrows(() => parseLayers("3:gelu"), TypeError, `Unknown activation "gelu"`);
});

Deno.test("forwardOp() and backwardInputOp() join neighbouring layers", () => {
  const [first, second] = [
    forwardOp(0, "relu", { keepsZ: true }),
    forwardOp(1, "softmax", { keepsZ: true }),
  ];
  assertEquals([first.x, second.x], ["x", first.y]);
  const back = backwardInputOp(1, "relu");
  assertEquals([back.x, back.weights, back.dX], [first.y, second.weights, "layer_1.dZ"]);
  assertEquals([first.z, back.z], [undefined, undefined]);
});

Deno.test("forwardOp() keeps the sums that backwardInputOp() needs, and none if nothing goes back", () => {
  assertEquals(forwardOp(0, "silu", { keepsZ: true }).z, "layer_1.z");
  assertEquals(backwardInputOp(1, "silu").z, "layer_1.z");
  assertEquals(forwardOp(0, "silu", { keepsZ: false }).z, undefined);
});
