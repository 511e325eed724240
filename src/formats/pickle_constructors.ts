/**
 * The constructors that pickles may use: those of dicts, of arrays of NumPy and CuPy, and of tensors of PyTorch. Each makes plain
 * data; none runs code of the file.
 * @module
 */
import { jsonText, type Refuse } from "./fault.ts";
import { decodeValues, parseNpyDtype } from "./npy_dtype.ts";
import { isKind, kindOf, type PickledArray, type PickledStorage, type PickleValue } from "./pickle_values.ts";

/** The inputs of a constructor besides its arguments. */
export interface PickleTools {
  /** Creates the error for a fault. */
  readonly refuse: Refuse;
  /**
   * Counts memory, in bytes, that a value takes besides the file's bytes.
   *
   * @throws {FormatError} if all values together take too much
   */
  readonly charge: (amount: number) => void;
  /** The storages by name. */
  readonly storages: Map<string, PickledStorage>;
}

type Constructor = (args: readonly PickleValue[], tools: PickleTools) => PickleValue;

/** Returns an argument that has the right kind. */
function checked<T extends PickleValue>(
  value: PickleValue | undefined,
  needs: string,
  isRight: (value: PickleValue | undefined) => value is T,
  { refuse }: PickleTools,
): T {
  if (isRight(value)) return value;
  throw refuse(`has ${kindOf(value)} in place of ${needs}`);
}

const isText = (value: PickleValue | undefined) => typeof value === "string";
const isList = (value: PickleValue | undefined) => Array.isArray(value);
const isBytes = (value: PickleValue | undefined) => value instanceof Uint8Array;
const isDtype = (value: PickleValue | undefined) => isKind(value, "dtype");
const isArray = (value: PickleValue | undefined) => isKind(value, "array");
const isTensor = (value: PickleValue | undefined) => isKind(value, "tensor");
const isStorage = (value: PickleValue | undefined) => isKind(value, "storage");
const isGlobal = (value: PickleValue | undefined) => isKind(value, "global");
const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** The maximum number of axes of an array or tensor. */
const MAX_AXES = 64;

function countsOf(value: PickleValue | undefined, needs: string, tools: PickleTools): readonly number[] {
  const list = checked(value, needs, isList, tools);
  if (list.length > MAX_AXES || !list.every(isCount)) {
    throw tools.refuse(`has ${needs} that is no list of at most ${MAX_AXES} whole numbers from 0`);
  }
  return [...list]; // a copy, because the pickle can append to the list later
}

/** Makes a dict of a list of pairs, as Python 2 writes ordered dicts. */
const orderedDict: Constructor = ([pairs = []], tools) => {
  const list = checked(pairs, "a list of pairs", isList, tools);
  tools.charge(100 * list.length);
  return new Map(list.map((pair) => {
    const [key, value] = checked(pair, "a pair", isList, tools);
    return [key ?? null, value ?? null];
  }));
};

/** Turns a text into bytes: protocols before 3 have no others. */
const encode: Constructor = ([text], tools) => {
  const characters = checked(text, "a text", isText, tools);
  tools.charge(characters.length);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) {
    const code = characters.charCodeAt(at);
    if (code > 255) throw tools.refuse("has bytes in a text with other characters");
    bytes[at] = code;
  }
  return bytes;
};

const emptyArray: Constructor = () => ({
  kind: "array",
  shape: [0],
  fortranOrder: false,
  data: new Uint8Array(),
});

const dtype: Constructor = ([code], tools) => ({
  kind: "dtype",
  code: checked(code, "the name of a dtype", isText, tools),
  order: "=",
});

/** Makes a number or text of the bytes of a scalar of NumPy. */
const scalar: Constructor = ([type, bytes], tools) => {
  const { order, code } = checked(type, "a dtype", isDtype, tools);
  const data = checked(asBytes(bytes, tools), "the bytes of a number", isBytes, tools);
  const parsed = parseNpyDtype(`${order}${code}`, tools.refuse);
  if (data.length !== parsed.itemSize) {
    throw tools.refuse(`has ${data.length} bytes for a value of dtype ${parsed.name}`);
  }
  tools.charge(2 * data.length);
  return decodeValues(data, parsed, tools.refuse)[0];
};

/** Makes an array over bytes, as protocol 5 writes arrays. */
const arrayFromBuffer: Constructor = ([data, type, shape, order], tools): PickledArray => ({
  kind: "array",
  data: checked(data, "the bytes of an array", isBytes, tools),
  dtype: checked(type, "a dtype", isDtype, tools),
  shape: countsOf(shape, "a shape", tools),
  fortranOrder: order === "F",
});

const tensor: Constructor = ([storage, offset, shape, strides], tools) => ({
  kind: "tensor",
  storage: checked(storage, "the storage of a tensor", isStorage, tools),
  offset: checked(offset, "the offset of a tensor", isCount, tools),
  shape: countsOf(shape, "a shape", tools),
  strides: countsOf(strides, "the strides of a tensor", tools),
});

const firstTensor: Constructor = ([value], tools) => checked(value, "a tensor", isTensor, tools);

/** The constructors by name. NumPy 2 moved `numpy.core` to `numpy._core`, and CuPy 8 `cupy.core` to `cupy._core`. */
const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ["collections.OrderedDict", orderedDict],
  ["collections.defaultdict", () => new Map()],
  ["_codecs.encode", encode],
  ["builtins.bytes", () => new Uint8Array()],
  ["__builtin__.bytes", () => new Uint8Array()],
  ["numpy.core.multiarray._reconstruct", emptyArray],
  ["numpy._core.multiarray._reconstruct", emptyArray],
  ["numpy.dtype", dtype],
  ["numpy.core.multiarray.scalar", scalar],
  ["numpy._core.multiarray.scalar", scalar],
  ["numpy.core.numeric._frombuffer", arrayFromBuffer],
  ["numpy._core.numeric._frombuffer", arrayFromBuffer],
  ["cupy.core.core.array", ([array], tools) => checked(array, "an array of NumPy", isArray, tools)],
  ["cupy._core.core.array", ([array], tools) => checked(array, "an array of NumPy", isArray, tools)],
  ["torch._utils._rebuild_tensor", tensor],
  ["torch._utils._rebuild_tensor_v2", tensor],
  ["torch._utils._rebuild_parameter", firstTensor],
  ["torch._utils._rebuild_parameter_with_state", firstTensor],
  ["torch.Size", ([shape = []], tools) => checked(shape, "a shape", isList, tools)],
  ["torch.device", ([name], tools) => checked(name, "the name of a device", isText, tools)],
]);

/** The names that may be arguments, and are not called. */
const ARGUMENTS =
  /^(?:numpy\.ndarray|(?:builtins|__builtin__)\.dict|torch\.(?:cuda\.)?[A-Z]\w{2,12}Storage|torch\.b?float\d*)$/;

/** Returns whether a constructor or type of this name may stand in a pickle. */
export function isKnownGlobal(name: string): boolean {
  return CONSTRUCTORS.has(name) || ARGUMENTS.test(name);
}

/** Makes the object that a constructor makes. */
export function callConstructor(
  name: string,
  args: readonly PickleValue[],
  tools: PickleTools,
): PickleValue {
  const constructor = CONSTRUCTORS.get(name);
  if (constructor === undefined) throw tools.refuse(`calls ${name}, which is refused`);
  return constructor(args, tools);
}

/** Gives an object the state that a pickle has for it. Attributes of dicts are left out. */
export function buildObject(object: PickleValue, state: PickleValue, tools: PickleTools): void {
  if (object instanceof Map) return;
  if (isTensor(object)) return;
  const values = checked(state, "a tuple", isList, tools);
  if (isDtype(object)) {
    const order = checked(values[1], "a byte order", isText, tools);
    if (!/^[<>|=]$/.test(order)) throw tools.refuse(`has the byte order ${jsonText(order)}`);
    object.order = order;
    return;
  }
  const array = checked(object, "an object with a state", isArray, tools);
  if (array.dtype !== undefined) throw tools.refuse("gives an array its content twice");
  const [, shape, type, fortranOrder, data] = values;
  array.dtype = checked(type, "a dtype", isDtype, tools);
  array.shape = countsOf(shape, "a shape", tools);
  array.fortranOrder = fortranOrder === true;
  array.data = Array.isArray(data)
    ? data
    : checked(asBytes(data, tools), "the bytes of an array", isBytes, tools);
}

/** Returns the storage that a persistent id of PyTorch names: `("storage", type, key, device, count)`. */
export function persistentStorage(id: PickleValue, tools: PickleTools): PickledStorage {
  const { refuse, storages } = tools;
  const [word, type, key, , count, view] = checked(id, "the name of a storage", isList, tools);
  if (word !== "storage") throw refuse("needs an object that is stored elsewhere");
  if (view !== undefined && view !== null) throw refuse("has a storage that is a part of another");
  const { name } = checked(type, "the type of a storage", isGlobal, tools);
  const storage: PickledStorage = {
    kind: "storage",
    type: name.replace(/^torch\.(?:cuda\.)?(\w+)Storage$/, "$1"),
    key: checked(key, "the name of a storage", isText, tools),
    count: checked(count, "the size of a storage", isCount, tools),
  };
  const before = storages.get(storage.key);
  if (before !== undefined && (before.type !== storage.type || before.count !== storage.count)) {
    throw refuse(`has the storage ${jsonText(storage.key)} with two types or sizes`);
  }
  storages.set(storage.key, before ?? storage);
  return before ?? storage;
}

/** Returns bytes for a text whose characters are bytes, as Python 2 has them; other values unchanged. */
function asBytes(value: PickleValue | undefined, tools: PickleTools): PickleValue | undefined {
  return typeof value === "string" ? encode([value], tools) : value;
}
