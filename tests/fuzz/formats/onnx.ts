/** Inputs for the reader of ONNX files, and of Protocol Buffers. @module */
import { formatOnnx } from "../../../src/export/onnx.ts";
import { type OnnxModel, parseOnnx } from "../../../src/export/onnx_read.ts";
import { ONNX } from "../../../src/export/onnx_types.ts";
import { refuser } from "../../../src/formats/fault.ts";
import { readFields } from "../../../src/formats/protobuf.ts";
import type { Draw } from "../draw.ts";
import { type FuzzReader, product } from "../kinds.ts";
import { type ByteWriter, createWriter } from "../writer.ts";
import { NETWORKS } from "./models.ts";

/** The fields of a message that are messages themselves. */
interface Schema {
  readonly [field: number]: Schema;
}

const { model, graph, node } = ONNX;
const SCHEMA: Schema = {
  [model.graph]: {
    [graph.node]: { [node.attribute]: {} },
    [graph.initializer]: {},
    [graph.input]: {},
    [graph.output]: {},
  },
  [model.metadata]: {},
  [model.opset]: {},
};

/** A field of a message. */
interface Field {
  readonly number: number;
  readonly value: number | Uint8Array | readonly Field[];
}

const refuse = refuser("onnx", {});

/** Decodes a message, and the messages in it. */
function decode(bytes: Uint8Array, schema: Schema): Field[] {
  return readFields(bytes, refuse).map(({ number, value }) => ({
    number,
    value: typeof value === "number" || schema[number] === undefined ? value : decode(value, schema[number]),
  }));
}

const FILES = NETWORKS.flatMap((
  network,
) => [formatOnnx(network), formatOnnx(network, { precision: "float32" })]);
const TREES = FILES.map((bytes) => decode(bytes, SCHEMA));

function writeVarint(writer: ByteWriter, value: number): void {
  let rest = Math.abs(Math.trunc(value));
  for (; rest >= 128; rest = Math.floor(rest / 128)) writer.little(rest % 128 + 128, 1);
  writer.little(rest, 1);
}

/** Encodes a message, with faults. The encoding of a float is that of its four bytes. */
function encode(fields: readonly Field[], draw: Draw): Uint8Array {
  const writer = createWriter();
  for (const { number, value } of draw.parts(fields)) {
    if (typeof value === "number") {
      writeVarint(writer, draw.number(8 * number));
      writeVarint(writer, draw.number(value));
      continue;
    }
    const bytes = value instanceof Uint8Array ? draw.bytes(value) : encode(value, draw);
    writeVarint(writer, draw.number(8 * number + 2));
    writeVarint(writer, draw.number(bytes.length));
    writer.bytes(bytes);
  }
  return writer.done();
}

/** The reader of ONNX files. Its container is the fields of the model, and those of its graph. */
export const ONNX_FILES: FuzzReader = {
  name: "onnx",
  share: 30,
  places: 100,
  make: (draw) => ({ bytes: encode(draw.pick(TREES), draw) }),
  read: (bytes) => parseOnnx(bytes),
  isPast(bytes) {
    try {
      for (const { number, value } of readFields(bytes, refuse)) {
        if (number === model.graph && typeof value !== "number") readFields(value, refuse);
      }
      return true;
    } catch {
      return false;
    }
  },
  fault(result) {
    for (const [name, { shape, values }] of (result as OnnxModel).tensors) {
      if (values.length !== product(shape)) return `${values.length} values of ${name} for [${shape}]`;
    }
  },
};
