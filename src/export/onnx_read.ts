/** Reading of the ONNX files that this library writes, to check them. Other ONNX files can have parts that it does not know. @module */
import { type Refuse, refuser, shapeText } from "../formats/fault.ts";
import { readFields } from "../formats/protobuf.ts";
import { DOUBLE, FLOAT, ONNX } from "./onnx_types.ts";

/** An operation of a graph. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: ReadonlyMap<string, number>;
}

/** A tensor of a graph. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** The graph and the metadata of a file. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  /** The name of the input. */
  readonly input: string;
  /** The name of the output. */
  readonly output: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads an ONNX file that `formatOnnx` wrote.
 *
 * @throws {FormatError} if the bytes are damaged, or have other parts than `formatOnnx` writes
 */
export function parseOnnx(bytes: Uint8Array, options: { readonly name?: string } = {}): OnnxModel {
  const refuse = refuser("onnx", options);
  const model = fieldsOf(bytes, refuse), graph = fieldsOf(model.bytes(ONNX.model.graph), refuse);
  const tensors = graph.all(ONNX.graph.initializer).map((tensor) => tensorOf(tensor, refuse));
  const metadata = model.all(ONNX.model.metadata).map((entry): [string, string] => {
    const fields = fieldsOf(entry, refuse);
    return [fields.text(ONNX.metadata.key), fields.text(ONNX.metadata.value)];
  });
  const nameOf = (field: number) => fieldsOf(graph.bytes(field), refuse).text(ONNX.value.name);
  return {
    nodes: graph.all(ONNX.graph.node).map((node) => nodeOf(node, refuse)),
    tensors: new Map(tensors),
    input: nameOf(ONNX.graph.input),
    output: nameOf(ONNX.graph.output),
    metadata: new Map(metadata),
  };
}

function nodeOf(bytes: Uint8Array, refuse: Refuse): OnnxNode {
  const node = fieldsOf(bytes, refuse);
  const attributes = node.all(ONNX.node.attribute).map((attribute): [string, number] => {
    const fields = fieldsOf(attribute, refuse), { name, float, int } = ONNX.attribute;
    return [fields.text(name), fields.has(float) ? float32Of(fields.bytes(float)) : fields.number(int)];
  });
  return {
    op: node.text(ONNX.node.op),
    inputs: node.all(ONNX.node.input).map((name) => new TextDecoder().decode(name)),
    output: node.text(ONNX.node.output),
    attributes: new Map(attributes),
  };
}

function tensorOf(bytes: Uint8Array, refuse: Refuse): [name: string, OnnxTensor] {
  const fields = fieldsOf(bytes, refuse), name = fields.text(ONNX.tensor.name);
  const shape = fields.numbers(ONNX.tensor.dims), data = fields.bytes(ONNX.tensor.data).slice();
  const Floats = { [FLOAT]: Float32Array, [DOUBLE]: Float64Array }[fields.number(ONNX.tensor.type)];
  const size = shape.reduce((product, length) => product * length, 1);
  if (Floats === undefined || data.length !== Floats.BYTES_PER_ELEMENT * size) {
    throw refuse(
      `has ${JSON.stringify(name)} ${shapeText(shape)} in ${data.length} bytes, needs float32 or float64`,
    );
  }
  return [name, { shape, values: new Floats(data.buffer) }];
}

function float32Of(bytes: Uint8Array): number {
  return new Float32Array(bytes.slice().buffer)[0];
}

/** Decodes a message, and returns functions that read its fields by number. */
function fieldsOf(bytes: Uint8Array, refuse: Refuse) {
  const fields = readFields(bytes, refuse);
  const valuesOf = (number: number) =>
    fields.filter((field) => field.number === number).map(({ value }) => value);
  const one = <T extends "number" | "object">(number: number, type: T) => {
    const values = valuesOf(number);
    if (values.length === 1 && typeof values[0] === type) return values[0];
    throw refuse(`has ${values.length} fields ${number} in a message, needs one`);
  };
  const bytesAt = (number: number) => one(number, "object") as Uint8Array;
  return {
    has: (number: number) => valuesOf(number).length > 0,
    number: (number: number) => one(number, "number") as number,
    numbers: (number: number) => valuesOf(number).filter((value) => typeof value === "number"),
    bytes: bytesAt,
    text: (number: number) => new TextDecoder().decode(bytesAt(number)),
    all: (number: number) => valuesOf(number).filter((value) => typeof value !== "number"),
  };
}
