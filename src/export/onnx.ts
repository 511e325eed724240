/**
 * Networks as ONNX files: one graph from raw rows to probabilities, with operators that every runtime has.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 * @module
 */
import { inFeaturesOf } from "../data/dataset.ts";
import { bytesOf } from "../formats/byte_order.ts";
import { shapeText } from "../formats/fault.ts";
import { bytesField, type EncodedFields, floatField, joinFields, varintField } from "../formats/protobuf.ts";
import { answerOf } from "../guess.ts";
import type { MlpParts } from "../mlp_parts.ts";
import type { ActivationName } from "../plan/activations.ts";
import { formatLayers, layerBuffer } from "../plan/layers.ts";
import { checkSize, checkScale } from "./limits.ts";
import { namedConfig } from "./sequential.ts";

/** The version of the file format, of the year 2020, and of its set of operators: the oldest that have all that is needed. */
const IR_VERSION = 7, OPSET = 13;

/** The maximum size of the weights in bytes: a protobuf message has at most 2³¹ - 1, and texts need some. */
const MAX_BYTES = 2 ** 31 - 2 ** 24;

/** Field numbers of `onnx.proto`. */
export const ONNX = {
  model: { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 },
  opset: { domain: 1, version: 2 },
  metadata: { key: 1, value: 2 },
  graph: { node: 1, name: 2, initializer: 5, doc: 10, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5 },
  attribute: { name: 1, float: 2, int: 3, type: 20 },
  tensor: { dims: 1, type: 2, name: 8, data: 9 },
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dim: 1 },
  dim: { value: 1, param: 2 },
} as const;

/** The number of float32 in `TensorProto.DataType`. */
export const FLOAT = 1;
/** The numbers of a float and of an integer in `AttributeProto.AttributeType`. */
const FLOAT_ATTRIBUTE = 1, INT_ATTRIBUTE = 2;

/**
 * Returns the bytes of an ONNX file that predicts as the network does.
 *
 * - `input` `[batch, ...inputShape]`, float32: raw rows, such as pixels from 0 to 255; the graph scales them.
 * - `probabilities` `[batch, C]`, float32: of classes, of the two classes of a network with one output, or of several labels.
 *   A network without them, such as that of a regression, has `outputs` `[batch, O]` instead.
 *
 * The number of rows is free. The metadata has `mlpcuda`, the network's `config`, and `class_names` if there are names, both as
 * JSON. Equal networks give equal bytes.
 *
 * @throws {RangeError} if the file would be larger than 2 GiB, or if the input scale is too large or too small for a float32
 */
export function formatOnnx(mlp: MlpParts): Uint8Array<ArrayBuffer> {
  checkSize(mlp, { format: "ONNX", maxBytes: MAX_BYTES });
  checkScale(mlp);
  const nodes: EncodedFields[] = [], tensors: EncodedFields[] = [];
  const constants = new Map<number, string>();

  /** Adds an operation, and returns the name of its output. */
  const add: Add = (op, inputs, output, attributes = {}) => {
    nodes.push(nodeOf(op, inputs, output, attributes));
    return output;
  };
  /** Returns the name of a number, which becomes part of the file once. */
  const constant: Constant = (value) => {
    const known = constants.get(value);
    if (known !== undefined) return known;
    const name = `constant_${constants.size + 1}`;
    constants.set(value, name);
    tensors.push(tensorOf(name, [], Float32Array.of(value)));
    return name;
  };

  let y = "input", inFeatures = inFeaturesOf(mlp);
  if (mlp.inputShape.length > 1) y = add("Flatten", [y], "flat", { axis: 1 });
  if (mlp.inputScale !== 1) y = add("Mul", [y, constant(mlp.inputScale)], "scaled");
  for (const [index, { outFeatures, activation }] of mlp.layers.entries()) {
    const weights = layerBuffer(index, "weights"), bias = layerBuffer(index, "bias");
    tensors.push(tensorOf(weights, [outFeatures, inFeatures], Float32Array.from(mlp.parameters[weights])));
    tensors.push(tensorOf(bias, [outFeatures], Float32Array.from(mlp.parameters[bias])));
    const z = add("Gemm", [y, weights, bias], layerBuffer(index, "z"), { transB: 1 });
    y = ACTIVATIONS_AS_NODES[activation](z, layerBuffer(index, "y"), add, constant);
    inFeatures = outFeatures;
  }
  const { kind, activation } = answerOf(mlp);
  const output = kind === "values" ? "outputs" : "probabilities";
  if (activation) y = ACTIVATIONS_AS_NODES[activation](y, activation, add, constant);
  if (kind === "pair") {
    const first = add("Sub", [constant(1), y], "first");
    add("Concat", [first, y], output, { axis: 1 });
  } else add("Identity", [y], output);
  const outFeatures = kind === "pair" ? 2 : inFeatures;

  const { graph, model, opset } = ONNX;
  const text = `${formatLayers(mlp.layers)} on inputs ${shapeText(mlp.inputShape)}`;
  const graphFields = [
    ...nodes.flatMap((node) => bytesField(graph.node, node)),
    ...bytesField(graph.name, "network"),
    ...tensors.flatMap((tensor) => bytesField(graph.initializer, tensor)),
    ...bytesField(graph.doc, text),
    ...bytesField(graph.input, valueOf("input", mlp.inputShape)),
    ...bytesField(graph.output, valueOf(output, [outFeatures])),
  ];
  const { classNames } = mlp;
  return joinFields([
    ...varintField(model.irVersion, IR_VERSION),
    ...bytesField(model.producer, "mlpcuda"),
    ...bytesField(model.graph, graphFields),
    ...bytesField(model.opset, [...bytesField(opset.domain, ""), ...varintField(opset.version, OPSET)]),
    ...bytesField(model.metadata, metadataOf("mlpcuda", namedConfig(mlp))),
    ...classNames ? bytesField(model.metadata, metadataOf("class_names", JSON.stringify(classNames))) : [],
  ]);
}

/** Adds an operation with these inputs, output and attributes, and returns the output. */
type Add = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, number>>,
) => string;

/** Returns the name of a tensor with one number. */
type Constant = (value: number) => string;

/** Adds the operations of an activation of `z` with the output `y`, and returns the output. */
type AddActivation = (z: string, y: string, add: Add, constant: Constant) => string;

/** The operations of the activations. */
const ACTIVATIONS_AS_NODES: Readonly<Record<ActivationName, AddActivation>> = {
  linear: (z) => z,
  relu: (z, y, add) => add("Relu", [z], y),
  sigmoid: (z, y, add) => add("Sigmoid", [z], y),
  tanh: (z, y, add) => add("Tanh", [z], y),
  softmax: (z, y, add) => add("Softmax", [z], y, { axis: 1 }),
  silu: (z, y, add) => add("Mul", [z, add("Sigmoid", [z], `${y}.sigmoid`)], y),
  mish: (z, y, add) => add("Mul", [z, add("Tanh", [add("Softplus", [z], `${y}.softplus`)], `${y}.tanh`)], y),
  "leaky-relu": (z, y, add) => add("LeakyRelu", [z], y, { alpha: 0.01 }),
  elu: (z, y, add) => add("Elu", [z], y, { alpha: 1 }),
  gelu: (z, y, add, constant) => { // the operator Gelu is newer than this set of operators
    const erf = add("Erf", [add("Mul", [z, constant(Math.SQRT1_2)], `${y}.scaled`)], `${y}.erf`);
    const share = add("Add", [erf, constant(1)], `${y}.share`);
    return add("Mul", [add("Mul", [z, constant(0.5)], `${y}.half`), share], y);
  },
};

function nodeOf(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>>,
): EncodedFields {
  const { node } = ONNX;
  return [
    ...inputs.flatMap((name) => bytesField(node.input, name)),
    ...bytesField(node.output, output),
    ...bytesField(node.name, `${op}:${output}`),
    ...bytesField(node.op, op),
    ...Object.entries(attributes).flatMap((attribute) => bytesField(node.attribute, attributeOf(...attribute))),
  ];
}

/** Encodes an attribute; only `alpha` is a float. */
function attributeOf(name: string, value: number): EncodedFields {
  const { attribute } = ONNX, isFloat = name === "alpha";
  return [
    ...bytesField(attribute.name, name),
    ...isFloat ? floatField(attribute.float, value) : varintField(attribute.int, value),
    ...varintField(attribute.type, isFloat ? FLOAT_ATTRIBUTE : INT_ATTRIBUTE),
  ];
}

function tensorOf(name: string, shape: readonly number[], values: Float32Array): EncodedFields {
  const { tensor } = ONNX;
  return [
    ...shape.flatMap((length) => varintField(tensor.dims, length)),
    ...varintField(tensor.type, FLOAT),
    ...bytesField(tensor.name, name),
    ...bytesField(tensor.data, bytesOf(values)),
  ];
}

/** Encodes an input or output `[batch, ...shape]`. */
function valueOf(name: string, shape: readonly number[]): EncodedFields {
  const { value, type, tensorType, shape: shapes, dim } = ONNX;
  const dims = [
    ...bytesField(shapes.dim, bytesField(dim.param, "batch")),
    ...shape.flatMap((length) => bytesField(shapes.dim, varintField(dim.value, length))),
  ];
  const tensor = [...varintField(tensorType.element, FLOAT), ...bytesField(tensorType.shape, dims)];
  return [...bytesField(value.name, name), ...bytesField(value.type, bytesField(type.tensor, tensor))];
}

function metadataOf(key: string, value: string): EncodedFields {
  const { metadata } = ONNX;
  return [...bytesField(metadata.key, key), ...bytesField(metadata.value, value)];
}
