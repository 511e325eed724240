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
import { CONFIG_KEY } from "../model_config.ts";
import { formatLayers, layerBuffer } from "../plan/layers.ts";
import { checkScale, checkSize } from "./limits.ts";
import { addActivation, type AddNode } from "./onnx_activations.ts";
import { DOUBLE, FLOAT, ONNX, type OnnxPrecision } from "./onnx_types.ts";
import { namedConfig } from "./sequential.ts";

/** The version of the file format, of the year 2020, and of its set of operators: the oldest that have all that is needed. */
const IR_VERSION = 7, OPSET = 13;

/** The maximum size of the weights in bytes: a protobuf message has at most 2³¹ - 1, and texts need some. */
const MAX_BYTES = 2 ** 31 - 2 ** 24;

/** The numbers of a float and of an integer in `AttributeProto.AttributeType`. */
const FLOAT_ATTRIBUTE = 1, INT_ATTRIBUTE = 2;

/** The options of {@linkcode formatOnnx}. */
export interface OnnxOptions {
  /**
   * `"float64"`, the default, gives the probabilities of `Mlp.predict` to about 1e-7; CPU runtimes have it, also in browsers.
   * `"float32"` suits every runtime and device, and differs by rounding errors of up to about 1e-5. Parameters, inputs and
   * outputs are float32 in both.
   */
  readonly precision?: OnnxPrecision;
}

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
 * @throws {RangeError} if the parameters are larger than the format can hold, or if the input scale of a float32 graph is not a
 * normal float32
 */
export function formatOnnx(mlp: MlpParts, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { precision = "float64" } = options;
  checkSize(mlp, { format: "ONNX", maxBytes: MAX_BYTES });
  if (precision === "float32") checkScale(mlp);
  const { nodes, tensors, add, constant, floats } = startGraph(precision);
  let y = "input", inFeatures = inFeaturesOf(mlp);
  if (mlp.inputShape.length > 1) y = add("Flatten", [y], "flat", { axis: 1 });
  if (precision === "float64") y = add("Cast", [y], "wide", { to: DOUBLE });
  if (mlp.inputScale !== 1) y = add("Mul", [y, constant(mlp.inputScale)], "scaled");
  for (const [index, { outFeatures, activation }] of mlp.layers.entries()) {
    const weights = layerBuffer(index, "weights"), bias = layerBuffer(index, "bias");
    const w = floats(weights, [outFeatures, inFeatures], mlp.parameters[weights]);
    const b = floats(bias, [outFeatures], mlp.parameters[bias]);
    const z = add("Gemm", [y, w, b], layerBuffer(index, "z"), { transB: 1 });
    y = addActivation(activation, { z, y: layerBuffer(index, "y"), precision, add, constant });
    inFeatures = outFeatures;
  }
  const { kind, activation } = answerOf(mlp);
  if (activation) y = addActivation(activation, { z: y, y: activation, precision, add, constant });
  if (kind === "pair") {
    const first = add("Sub", [constant(1), y], "first");
    y = add("Concat", [first, y], "both", { axis: 1 });
  }
  const output = kind === "values" ? "outputs" : "probabilities";
  if (precision === "float64") add("Cast", [y], output, { to: FLOAT });
  else add("Identity", [y], output);
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
    ...bytesField(model.metadata, metadataOf(CONFIG_KEY, namedConfig(mlp))),
    ...classNames ? bytesField(model.metadata, metadataOf("class_names", JSON.stringify(classNames))) : [],
  ]);
}

/** Starts a graph, and returns its operations and tensors and the functions that add to them. */
function startGraph(precision: OnnxPrecision) {
  const nodes: EncodedFields[] = [], tensors: EncodedFields[] = [];
  const constants = new Map<number, string>(), isWide = precision === "float64";
  const add: AddNode = (op, inputs, output, attributes = {}) => {
    nodes.push(nodeOf(op, inputs, output, attributes));
    return output;
  };
  const constant = (value: number): string => {
    const known = constants.get(value);
    if (known !== undefined) return known;
    const name = `constant_${constants.size + 1}`;
    constants.set(value, name);
    tensors.push(tensorOf(name, [], isWide ? Float64Array.of(value) : Float32Array.of(value)));
    return name;
  };
  /** Adds a tensor of float32, and returns the name of its values in the precision of the graph. */
  const floats = (name: string, shape: readonly number[], values: ArrayLike<number>): string => {
    tensors.push(tensorOf(name, shape, Float32Array.from(values)));
    return isWide ? add("Cast", [name], `${name}.wide`, { to: DOUBLE }) : name;
  };
  return { nodes, tensors, add, constant, floats };
}

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
    ...Object.entries(attributes).flatMap((attribute) =>
      bytesField(node.attribute, attributeOf(...attribute))
    ),
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

function tensorOf(
  name: string,
  shape: readonly number[],
  values: Float32Array | Float64Array,
): EncodedFields {
  const { tensor } = ONNX;
  return [
    ...shape.flatMap((length) => varintField(tensor.dims, length)),
    ...varintField(tensor.type, values instanceof Float64Array ? DOUBLE : FLOAT),
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
