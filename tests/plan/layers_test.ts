import { assertEquals, assertThrows } from "@std/assert";
import type { ActivationName } from "../../src/plan/activations.ts";
import { backwardInputOp, dense, formatLayers, forwardOp, parseLayers } from "../../src/plan/layers.ts";

Deno.test("dense() returns a layer, linear by default", () => {
  assertEquals(dense(10), { outFeatures: 10, activation: "linear" });
  assertEquals(dense(1, "tanh"), { outFeatures: 1, activation: "tanh" });
  assertEquals(dense(1, "tanh", { dropout: 0.5 }), { outFeatures: 1, activation: "tanh", dropout: 0.5 });
  assertEquals(dense(1, "tanh", { dropout: 0 }), dense(1, "tanh"));
});

Deno.test("dense() refuses invalid widths, activations and rates of dropout", () => {
  for (const dropout of [-0.1, 1, 1.5, NaN, Infinity, "0.5" as unknown as number]) {
    const found = typeof dropout === "string" ? `"0.5"` : `${dropout}`;
    const message = `The dropout of a layer needs a number from 0 to below 1, found ${found}`;
    assertThrows(() => dense(1, "relu", { dropout }), RangeError, message);
  }
  for (const width of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => dense(width), RangeError, `needs a whole number of outputs from 1, found ${width}`);
  }
  const activation = "celu" as ActivationName;
  assertThrows(
    () => dense(1, activation),
    TypeError,
    `Unknown activation "celu", needs one of relu, sigmoid`,
  );
});

Deno.test("parseLayers() reads what formatLayers() writes", () => {
  const layers = [dense(128, "relu"), dense(7, "linear"), dense(10, "softmax")];
  assertEquals(formatLayers(layers), "128:relu,7:linear,10:softmax");
  assertEquals(parseLayers(formatLayers(layers)), layers);
  assertEquals(parseLayers(" 128 : relu , 7,10:softmax "), layers);
});

Deno.test("parseLayers() reads rates of dropout, which formatLayers() writes if they are above 0", () => {
  const layers = [dense(128, "relu", { dropout: 0.3 }), dense(7, "leaky-relu", { dropout: 1e-7 }), dense(10)];
  assertEquals(formatLayers(layers), "128:relu:dropout=0.3,7:leaky-relu:dropout=1e-7,10:linear");
  assertEquals(parseLayers(formatLayers(layers)), layers);
  assertEquals(parseLayers(" 8 : relu : dropout = .25 ,8:dropout=5e-1,8:elu:dropout=0"), [
    dense(8, "relu", { dropout: 0.25 }),
    dense(8, "linear", { dropout: 0.5 }),
    dense(8, "elu"),
  ]);
  for (const rate of [Number.MIN_VALUE, 0.1 + 0.2, 1 - 2 ** -53]) {
    const layers = [dense(2, "tanh", { dropout: rate })];
    assertEquals(parseLayers(formatLayers(layers)), layers);
  }
  for (const rate of ["1", "1.5", "-0.1", "1e9", "1.2.3", "e", "--1"]) {
    const message = `The dropout of a layer needs a number from 0 to below 1, found ${Number(rate)}`;
    assertThrows(() => parseLayers(`8:relu:dropout=${rate},3`), RangeError, message);
  }
});

Deno.test("parseLayers() refuses text that is not a list of layers", () => {
  const texts = ["", "relu", "128:", "128:relu,", "-1:relu", "1e3:relu", "128;relu", "128:relu:relu"];
  texts.push("8:relu:0.3", "8:relu:dropout", "8:relu:dropout=", "8:relu:dropout=half", "8:dropout=0.1:relu");
  texts.push(
    "8:relu:dropout=0.1:dropout=0.1",
    "8:relu:Dropout=0.1",
    "8:relu:dropout:0.1",
    "8:relu:dropout=0.1%",
  );
  for (const text of texts) {
    const needed = `needs a form such as "128:relu" or "128:relu:dropout=0.3"`;
    assertThrows(() => parseLayers(text), TypeError, `of "${text}", ${needed}`);
  }
  assertThrows(() => parseLayers("0:relu"), RangeError, "found 0");
  assertThrows(() => parseLayers("3:celu"), TypeError, `Unknown activation "celu"`);
});

Deno.test("forwardOp() and backwardInputOp() connect neighboring layers", () => {
  const [first, second] = [
    forwardOp(0, "relu", { keepsZ: true }),
    forwardOp(1, "softmax", { keepsZ: true }),
  ];
  assertEquals([first.x, second.x], ["x", first.y]);
  const back = backwardInputOp(1, "relu");
  assertEquals([back.x, back.weights, back.dX], [first.y, second.weights, "layer_1.dZ"]);
  assertEquals([first.z, back.z], [undefined, undefined]);
});

Deno.test("forwardOp() keeps the sums that backwardInputOp() needs, and none without a backward pass", () => {
  assertEquals(forwardOp(0, "silu", { keepsZ: true }).z, "layer_1.z");
  assertEquals(backwardInputOp(1, "silu").z, "layer_1.z");
  assertEquals(forwardOp(0, "silu", { keepsZ: false }).z, undefined);
});
