/** Inputs for the reader of safetensors files. @module */
import { refuser } from "../../../src/formats/fault.ts";
import { parseSafetensors } from "../../../src/formats/safetensors.ts";
import { parseSafetensorsHeader } from "../../../src/formats/safetensors_header.ts";
import type { Draw } from "../draw.ts";
import { type FuzzReader, type Made, product } from "../kinds.ts";
import { createWriter } from "../writer.ts";

const SIZES: Readonly<Record<string, number>> = {
  ...{
    F32: 4,
    F64: 8,
    F16: 2,
    BF16: 2,
    U8: 1,
    I8: 1,
    BOOL: 1,
    I16: 2,
    U16: 2,
    I32: 4,
    U32: 4,
    I64: 8,
    U64: 8,
  },
};
const NAMES = ["0.weight", "0.bias", "2.weight", "2.bias", "a", "\u00e4", "__proto__"];

/** A tensor to write. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Writes a file whose fields may have faults. */
export function writeSafetensors(
  draw: Draw,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let end = 0;
  const records = tensors.map(({ name, dtype, shape, data }) => {
    const begin = end;
    end += data.length;
    const fields = draw.parts([
      `"dtype":${JSON.stringify(draw.text(dtype))}`,
      `"shape":[${draw.parts(shape.map((length) => draw.literal(length))).join(",")}]`,
      `"data_offsets":[${draw.literal(begin)},${draw.literal(end)}]`,
    ]);
    return `${JSON.stringify(draw.text(name))}:{${fields.join(",")}}`;
  });
  const texts = Object.entries(metadata).map(([key, value]) =>
    `${JSON.stringify(draw.text(key))}:${JSON.stringify(draw.text(value))}`
  );
  if (texts.length > 0 || draw.chance(0.1)) {
    records.unshift(`"__metadata__":{${draw.parts(texts).join(",")}}`);
  }
  let text = `{${draw.parts(records).join(draw.isOdd() ? draw.pick([" , ", ",,", "", "\n,\n", ";"]) : ",")}}`;
  if (draw.isOdd()) text = draw.text(text);
  const header = new TextEncoder().encode(text), padding = -header.length & 7, file = createWriter();
  file.little(draw.number(header.length + padding), 8);
  file.bytes(draw.chance(0.1) ? draw.bytes(header) : header);
  file.bytes(new Uint8Array(padding).fill(0x20));
  for (const { data } of tensors) file.bytes(draw.bytes(data));
  return file.done();
}

function makeSafetensors(draw: Draw): Made {
  const names = NAMES.slice(draw.below(2), draw.between(2, NAMES.length));
  const tensors = names.map((name): TensorToWrite => {
    const dtype = draw.pick(Object.keys(SIZES));
    const shape = Array.from({ length: draw.below(4) }, () => draw.between(draw.chance(0.03) ? 0 : 1, 4));
    const most = dtype === "BOOL" ? 2 : 256;
    const data = Uint8Array.from({ length: product(shape) * SIZES[dtype] }, () => draw.below(most));
    return { name, dtype, shape, data };
  });
  return { bytes: writeSafetensors(draw, tensors), expected: tensors };
}

/** A tensor as it was read. The bytes of half-precision floats are left out, because they are converted. */
interface FoundTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes?: Uint8Array;
}

/** The reader of safetensors files. Its container is the length, and the JSON of the header. */
export const SAFETENSORS: FuzzReader = {
  name: "safetensors",
  share: 120,
  places: 40,
  make(draw) {
    const { bytes, expected } = makeSafetensors(draw);
    return {
      bytes,
      expected: (expected as TensorToWrite[]).map(({ name, dtype, shape, data }): FoundTensor => ({
        name,
        dtype,
        shape,
        bytes: dtype.endsWith("F16") ? undefined : data,
      })),
    };
  },
  read(bytes) {
    return [...parseSafetensors(bytes).tensors].map(([name, { dtype, shape, read }]): FoundTensor => {
      const values = read(), { buffer, byteOffset, byteLength } = values;
      if (values.length !== product(shape)) throw new Error(`${values.length} values for shape [${shape}]`);
      const isSame = !dtype.endsWith("F16");
      return {
        name,
        dtype,
        shape,
        bytes: isSame ? new Uint8Array(buffer, byteOffset, byteLength) : undefined,
      };
    });
  },
  isPast(bytes) {
    try {
      parseSafetensorsHeader(bytes, refuser("safetensors", {}));
      return true;
    } catch {
      return false;
    }
  },
  fault(result, bytes) {
    const size = (result as FoundTensor[]).reduce(
      (sum, { dtype, shape }) => sum + product(shape) * SIZES[dtype],
      0,
    );
    const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    if (8 + header + size !== bytes.length) return `${size} bytes of tensors in ${bytes.length} bytes`;
  },
};
