/**
 * Files of PyTorch's `torch.save`: a pickle, and the bytes of the tensors in it. Nothing in them is run.
 *
 * Since PyTorch 1.6, a file is a zip archive with `NAME/data.pkl` and a file for each storage, `NAME/data/KEY`. Before, it was a
 * row of pickles, and the storages after them.
 * @module
 */
import { byteCount, digits, jsonText, type Origin, type Refuse, refuser, shapeText } from "./fault.ts";
import { decodeBfloat16, decodeHalf } from "./half.ts";
import { swapBytes } from "./byte_order.ts";
import { parsePickle } from "./pickle.ts";
import type { PickledStorage, PickledTensor, PickleValue } from "./pickle_values.ts";
import type { ZipEntry } from "./zip.ts";

/** The content of a file. */
export interface TorchFile {
  /** The value that was saved. */
  readonly value: PickleValue;
  /**
   * Reads the values of a tensor in C order, as float32 or float64; they are a view of the file's bytes if possible.
   *
   * @throws {FormatError} if they are not floating-point numbers, or not where the tensor says
   */
  read(tensor: PickledTensor, name: string): Promise<Float32Array | Float64Array>;
}

/** The size of a value of each type of floating-point number. */
const ITEM_SIZES: Readonly<Record<string, number>> = { Float: 4, Double: 8, Half: 2, BFloat16: 2 };

/** The size of a value of each other type, which only old files need to be skipped. */
const OTHER_SIZES: Readonly<Record<string, number>> = {
  Long: 8,
  Int: 4,
  Short: 2,
  Char: 1,
  Byte: 1,
  Bool: 1,
};

/** The advice for a file that holds more than tensors. */
const ADVICE = "save model.state_dict() instead";

/** The first bytes of a file before PyTorch 1.6: a pickle of a number. */
const LEGACY_START = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E];

/** Returns whether bytes are a file of `torch.save` before PyTorch 1.6. */
export function isLegacyTorch(bytes: Uint8Array): boolean {
  return LEGACY_START.every((byte, index) => bytes[index] === byte);
}

/** Returns the pickle of an archive that `torch.save` or `torch.jit.save` wrote; `undefined` for another archive. */
export function torchPickleOf(entries: readonly ZipEntry[]): ZipEntry | undefined {
  return entries.find(({ name }) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
}

/**
 * Reads an archive of `torch.save`.
 *
 * @throws {FormatError} if it is damaged, or holds objects other than tensors, lists, dicts, texts and numbers
 */
export async function parseTorch(
  entries: readonly ZipEntry[],
  options: Origin & {
    /** The size of the archive, which bounds the memory of the values. */
    readonly fileSize: number;
  },
): Promise<TorchFile> {
  const refuse = refuser("torch", options), pickle = torchPickleOf(entries);
  if (pickle === undefined) throw refuse(`is no file of torch.save: it has no "data.pkl"`);
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  if (byName.has(`${folder}constants.pkl`)) {
    throw refuse(`is a program of TorchScript; ${ADVICE}`);
  }
  const order = byName.get(`${folder}byteorder`);
  const isBig = order !== undefined && order.size === 3 && (await order.read())[0] === 0x62; // "big"
  const { value } = parsePickle(await pickle.read(), {
    name: options.name,
    member: pickle.name,
    fileSize: options.fileSize,
    advice: ADVICE,
  });
  const bytesOf = async ({ key, count }: PickledStorage, itemSize: number) => {
    const entry = byName.get(`${folder}data/${key}`);
    if (entry === undefined) throw refuse(`has no ${jsonText(`${folder}data/${key}`)}, which a tensor needs`);
    if (entry.size !== count * itemSize) {
      const found = byteCount(entry.size);
      throw refuse(`has ${jsonText(entry.name)} of ${found}, its tensors need ${digits(count * itemSize)}`);
    }
    return await entry.read();
  };
  const total = entries.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
  return { value, read: tensorReader(bytesOf, { isBig, total, refuse }) };
}

/**
 * Reads a file of `torch.save` before PyTorch 1.6.
 *
 * @throws {FormatError} if it is damaged, or holds objects other than tensors, lists, dicts, texts and numbers
 */
export function parseLegacyTorch(bytes: Uint8Array, origin: Origin): TorchFile {
  const refuse = refuser("torch", origin), options = { ...origin, advice: ADVICE };
  let end = LEGACY_START.length;
  const next = () => {
    const pickle = parsePickle(bytes, { ...options, start: end });
    end = pickle.end;
    return pickle;
  };
  next(); // the version
  const system = next().value;
  const isBig = system instanceof Map && system.get("little_endian") === false;
  const { value, storages } = next();
  const keys = next().value, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) throw refuse("lists a storage that no tensor has", { offset: end });
    const itemSize = ITEM_SIZES[storage.type] ?? OTHER_SIZES[storage.type] ?? NaN;
    const length = storage.count * itemSize;
    if (!(8 + length <= bytes.length - end)) throw refuse("is cut short", { offset: end });
    if (view.getBigInt64(end, !isBig) !== BigInt(storage.count)) {
      throw refuse("has a storage of another size than its tensors say", { offset: end });
    }
    parts.set(storage.key, bytes.subarray(end + 8, end + 8 + length));
    end += 8 + length;
  }
  // deno-lint-ignore require-await -- a fault rejects the promise, as in the other reader
  const bytesOf = async ({ key }: PickledStorage) => {
    const part = parts.get(key);
    if (part === undefined) throw refuse(`has no storage ${jsonText(key)}, which a tensor needs`);
    return part;
  };
  return { value, read: tensorReader(bytesOf, { isBig, total: bytes.length, refuse }) };
}

/** The limit of the copies of values, as a multiple of the size of all storages in the file. */
const MAX_COPIES = 4;

/** Returns a reader of tensors, which decodes each storage once. */
function tensorReader(
  bytesOf: (storage: PickledStorage, itemSize: number) => Promise<Uint8Array>,
  { isBig, total, refuse }: { readonly isBig: boolean; readonly total: number; readonly refuse: Refuse },
): TorchFile["read"] {
  const decoded = new Map<PickledStorage, Float32Array | Float64Array>();
  let copied = 0;
  return async (tensor, name) => {
    const { storage, offset, shape, strides } = tensor, quoted = jsonText(name);
    const count = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
    const last = shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] ?? NaN), offset);
    if (strides.length !== shape.length || (count > 0 && !(last < storage.count))) {
      throw refuse(
        `has ${quoted} of shape ${shapeText(shape)} that leaves its ${digits(storage.count)} values`,
      );
    }
    if (count > storage.count) {
      throw refuse(`has ${quoted} of shape ${shapeText(shape)} that repeats values`);
    }
    const itemSize = ITEM_SIZES[storage.type];
    if (itemSize === undefined) {
      throw refuse(`has ${quoted} of type ${storage.type}, needs floating-point numbers`);
    }
    let values = decoded.get(storage);
    if (values === undefined) {
      values = decode(await bytesOf(storage, itemSize), storage.type, isBig);
      decoded.set(storage, values);
    }
    if (isContiguous(shape, strides)) return values.subarray(offset, offset + count);
    copied += count * itemSize;
    if (copied > MAX_COPIES * total) {
      throw refuse(`has tensors that need more than ${MAX_COPIES} times its size`);
    }
    return gather(values, tensor, count);
  };
}

function decode(bytes: Uint8Array, type: string, isBig: boolean): Float32Array | Float64Array {
  const itemSize = ITEM_SIZES[type];
  const isCopied = isBig || bytes.byteOffset % itemSize !== 0;
  const native = isCopied ? new Uint8Array(bytes) : bytes; // slice() of a Buffer of Node.js copies nothing
  if (isBig) swapBytes(native, itemSize);
  const { buffer, byteOffset } = native, length = native.length / itemSize;
  if (type === "Half") return decodeHalf(new Uint16Array(buffer, byteOffset, length));
  if (type === "BFloat16") return decodeBfloat16(new Uint16Array(buffer, byteOffset, length));
  return new (type === "Float" ? Float32Array : Float64Array)(buffer as ArrayBuffer, byteOffset, length);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Copies the values of a tensor into C order. */
function gather(
  values: Float32Array | Float64Array,
  { offset, shape, strides }: PickledTensor,
  count: number,
): Float32Array | Float64Array {
  const result = values instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
  const position = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let index = 0; index < count; index++) {
    result[index] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++position[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      position[axis] = 0;
    }
  }
  return result;
}
