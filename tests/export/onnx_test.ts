import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { compareExport } from "../../src/export/compare.ts";
import { makeRows } from "../../src/export/made_rows.ts";
import { formatOnnx } from "../../src/export/onnx.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { networkOf, NETWORKS } from "./networks.ts";
import { decode, type Message, messages, numbers, texts } from "./protobuf.ts";

/** Returns a description of a graph's input or output: `input [batch, 4, 5] of type 1`. */
function valueText(graph: Message, field: number): string {
  const [value] = messages(graph, field), [type] = messages(value, 2), [tensor] = messages(type, 1);
  const dims = messages(messages(tensor, 2)[0], 1).map((dim) =>
    [...texts(dim, 2), ...numbers(dim, 1)].join()
  );
  return `${texts(value, 1)} [${dims.join(", ")}] of type ${numbers(tensor, 1)}`;
}

/** Returns the operations of a graph as text: `z = Gemm(x, w, b) transB 1`. */
function nodeTexts(graph: Message): string[] {
  return messages(graph, 1).map((node) => {
    const attributes = messages(node, 5).map((attribute) =>
      ` ${texts(attribute, 1)} ${[...numbers(attribute, 2), ...numbers(attribute, 3)].join()}`
    );
    return `${texts(node, 2)} = ${texts(node, 4)}(${texts(node, 1).join(", ")})${attributes.join("")}`;
  });
}

function graphOf(bytes: Uint8Array): Message {
  return messages(decode(bytes), 7)[0];
}

Deno.test("formatOnnx() writes a graph from raw rows to probabilities, in float64", () => {
  const graph = graphOf(formatOnnx(NETWORKS["images of bytes"]));
  assertEquals(valueText(graph, 11), "input [batch, 4, 5] of type 1");
  assertEquals(valueText(graph, 12), "probabilities [batch, 3] of type 1");
  assertEquals(nodeTexts(graph), [
    "flat = Flatten(input) axis 1",
    "wide = Cast(flat) to 11",
    "scaled = Mul(wide, constant_1)",
    "layer_1.weights.wide = Cast(layer_1.weights) to 11",
    "layer_1.bias.wide = Cast(layer_1.bias) to 11",
    "layer_1.z = Gemm(scaled, layer_1.weights.wide, layer_1.bias.wide) transB 1",
    "layer_1.y = Relu(layer_1.z)",
    "layer_2.weights.wide = Cast(layer_2.weights) to 11",
    "layer_2.bias.wide = Cast(layer_2.bias) to 11",
    "layer_2.z = Gemm(layer_1.y, layer_2.weights.wide, layer_2.bias.wide) transB 1",
    "layer_2.y = Softmax(layer_2.z) axis 1",
    "probabilities = Cast(layer_2.y) to 1",
  ]);
});

Deno.test("formatOnnx() writes a graph of float32 alone with precision float32", () => {
  const graph = graphOf(formatOnnx(NETWORKS["images of bytes"], { precision: "float32" }));
  assertEquals(nodeTexts(graph), [
    "flat = Flatten(input) axis 1",
    "scaled = Mul(flat, constant_1)",
    "layer_1.z = Gemm(scaled, layer_1.weights, layer_1.bias) transB 1",
    "layer_1.y = Relu(layer_1.z)",
    "layer_2.z = Gemm(layer_1.y, layer_2.weights, layer_2.bias) transB 1",
    "layer_2.y = Softmax(layer_2.z) axis 1",
    "probabilities = Identity(layer_2.y)",
  ]);
  assertEquals(messages(graph, 5).map((tensor) => numbers(tensor, 2)), Array.from({ length: 5 }, () => [1]));
});

Deno.test("formatOnnx() names the format's version, the operators' version and the network", () => {
  const mlp = NETWORKS["images of bytes"], model = decode(formatOnnx(mlp));
  assertEquals([numbers(model, 1), texts(model, 2)], [[7], ["mlpcuda"]]);
  assertEquals(messages(model, 8).map((opset) => [texts(opset, 1), numbers(opset, 2)]), [[[""], [13]]]);
  const metadata = new Map(messages(model, 14).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]]));
  assertEquals(JSON.parse(metadata.get("class_names")!), mlp.classNames);
  const { inputScale, activations, image } = JSON.parse(metadata.get("mlpcuda")!);
  assertEquals([inputScale, activations, image], [mlp.inputScale, ["relu", "softmax"], mlp.image]);
});

Deno.test("formatOnnx() stores the parameters as float32, row by row", () => {
  const mlp = NETWORKS["one layer"], tensors = messages(graphOf(formatOnnx(mlp)), 5);
  const found = tensors.map((tensor) => {
    const [data] = tensor.get(9) as Uint8Array[];
    return [texts(tensor, 8)[0], numbers(tensor, 1), numbers(tensor, 2), [
      ...new Float32Array(data.slice().buffer),
    ]];
  });
  assertEquals(found, [
    ["layer_1.weights", [3, 1], [1], [...mlp.parameters["layer_1.weights"]]],
    ["layer_1.bias", [3], [1], [...mlp.parameters["layer_1.bias"]]],
  ]);
});

for (
  const [kind, output] of [
    ["one sigmoid output", "probabilities [batch, 2] of type 1"],
    ["one logit", "probabilities [batch, 2] of type 1"],
    ["several labels", "probabilities [batch, 3] of type 1"],
    ["logits of classes", "probabilities [batch, 3] of type 1"],
    ["target values that were scaled", "outputs [batch, 2] of type 1"],
    ["a sigmoid output of no known meaning", "outputs [batch, 3] of type 1"],
  ]
) {
  Deno.test(`formatOnnx() gives ${output} for ${kind}`, () => {
    assertEquals(valueText(graphOf(formatOnnx(NETWORKS[kind])), 12), output);
  });
}

for (const precision of ["float64", "float32"] as const) {
  Deno.test(`formatOnnx() with precision ${precision} predicts as every kind of network`, async () => {
    for (const [kind, mlp] of Object.entries(NETWORKS)) {
      const bytes = formatOnnx(mlp, { precision }), inputs = makeRows(mlp, { count: 200 });
      const { largestDifference, allowedDifference } = await compareExport({
        mlp,
        format: "onnx",
        bytes,
        inputs,
      });
      assertEquals(allowedDifference, precision === "float64" ? 1e-6 : 1e-4);
      // float32: deviations up to 100 after the scaling, which later layers amplify
      const isSame = largestDifference <= allowedDifference;
      assertEquals(isSame, true, `${kind}: ${largestDifference}`);
    }
  });
}

Deno.test("formatOnnx() gives equal bytes for equal networks", () => {
  const mlp = NETWORKS["a table with texts"];
  assertEquals(formatOnnx(mlp), formatOnnx(new Mlp({ ...mlp })));
});

Deno.test("formatOnnx() refuses parameters above 2 GiB before it reads them", () => {
  const layers = [dense(30_000, "relu"), dense(3)],
    mlp = { inputShape: [20_000], inputScale: 1, layers, parameters: {} };
  const { message } = assertThrows(() => formatOnnx(mlp), RangeError);
  assertStringIncludes(
    message,
    "its weights and biases have 2,400,480,012 bytes, the format holds 2,130,706,432",
  );
});

Deno.test("formatOnnx() refuses an input scale that is no float32, if the graph computes in float32", () => {
  const mlp = networkOf([dense(2)], { inputShape: [2], inputScale: 1e-50 });
  const { message } = assertThrows(() => formatOnnx(mlp, { precision: "float32" }), RangeError);
  assertStringIncludes(message, "its input scale 1e-50 is not a normal float32");
  formatOnnx(mlp);
});
