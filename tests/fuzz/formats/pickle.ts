/** Inputs for the reader of Python's pickles. @module */
import { parsePickle, type PickleValue } from "../../../src/formats/pickle.ts";
import { createPickleReader, LITERALS } from "../../../src/formats/pickle_input.ts";
import { refuser } from "../../../src/formats/fault.ts";
import type { Draw } from "../draw.ts";
import type { FuzzReader, Made } from "../kinds.ts";
import { type ByteWriter, createWriter } from "../writer.ts";

/** The opcodes that take no argument from the file. */
const BARE = "(.012)]}\x8f\x85\x86\x87tl\x91daesu\x90\x94\x93R\x81\x92obQN\x88\x89";

/** Names of constructors and types: known, refused, and odd ones. */
const NAMES = [
  ...["collections\nOrderedDict", "numpy.core.multiarray\n_reconstruct", "numpy\nndarray", "numpy\ndtype"],
  ...[
    "numpy._core.multiarray\nscalar",
    "numpy._core.numeric\n_frombuffer",
    "torch._utils\n_rebuild_tensor_v2",
  ],
  ...[
    "torch._utils\n_rebuild_parameter",
    "torch\nFloatStorage",
    "torch\nSize",
    "_codecs\nencode",
    "builtins\nbytes",
  ],
  ...[
    "os\nsystem",
    "builtins\neval",
    "__builtin__\n__import__",
    "\n",
    "a\x1b[1m\nb",
    "cupy.core.core\narray",
  ],
];

/** Appends opcodes and lines, a byte for each character. */
export function op(writer: ByteWriter, codes: string): void {
  for (let at = 0; at < codes.length; at++) writer.little(codes.charCodeAt(at), 1);
}

/** Appends a value, as Python would write it in any of its protocols, with faults. */
export function writeValue(writer: ByteWriter, value: PickleValue, draw: Draw): void {
  if (draw.isOdd()) return writeOddness(writer, draw);
  if (value === null) op(writer, "N");
  else if (typeof value === "boolean") op(writer, value ? "\x88" : "\x89");
  else if (typeof value === "number") writeNumber(writer, value, draw);
  else if (typeof value === "string") writeText(writer, value, draw);
  else if (value instanceof Uint8Array) {
    const isShort = value.length < 256 && draw.chance(0.8);
    op(writer, isShort ? "C" : draw.pick(["B", "B"]));
    writer.little(draw.number(value.length), isShort ? 1 : 4);
    writer.bytes(value);
  } else if (Array.isArray(value)) writeList(writer, value, draw);
  else if (value instanceof Map) writeDict(writer, value, draw);
  else op(writer, "N");
  if (draw.chance(0.1)) op(writer, "\x94");
}

function writeNumber(writer: ByteWriter, value: number, draw: Draw): void {
  if (!Number.isSafeInteger(value)) {
    op(writer, "G");
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    writer.bytes(bytes);
  } else if (value >= 0 && value < 256 && draw.chance(0.7)) {
    op(writer, "K");
    writer.little(value, 1);
  } else if (value >= 0 && value < 65536 && draw.chance(0.7)) {
    op(writer, "M");
    writer.little(value, 2);
  } else if (draw.chance(0.4)) {
    op(writer, "J");
    writer.little(value, 4);
  } else if (draw.chance(0.5)) {
    op(writer, "\x8a");
    writer.little(draw.number(8), 1);
    writer.little(value, 8);
  } else {
    const isLong = draw.chance(0.3);
    op(writer, isLong ? "L" : "I");
    writer.text(`${draw.literal(value)}${isLong ? "L" : ""}\n`);
  }
}

function writeText(writer: ByteWriter, value: string, draw: Draw): void {
  const bytes = new TextEncoder().encode(draw.text(value)), isShort = bytes.length < 256 && draw.chance(0.7);
  op(writer, isShort ? "\x8c" : "X");
  writer.little(draw.number(bytes.length), isShort ? 1 : 4);
  writer.bytes(draw.bytes(bytes));
}

function writeList(writer: ByteWriter, items: readonly PickleValue[], draw: Draw): void {
  const parts = draw.parts(items);
  if (parts.length > 0 && parts.length <= 3 && draw.chance(0.5)) {
    for (const item of parts) writeValue(writer, item, draw);
    return op(writer, "\x85\x86\x87"[parts.length - 1]);
  }
  if (draw.chance(0.5)) {
    op(writer, "(");
    for (const item of parts) writeValue(writer, item, draw);
    return op(writer, draw.pick(["t", "l"]));
  }
  op(writer, "]");
  if (draw.chance(0.5)) {
    op(writer, "(");
    for (const item of parts) writeValue(writer, item, draw);
    return op(writer, "e");
  }
  for (const item of parts) {
    writeValue(writer, item, draw);
    op(writer, "a");
  }
}

function writeDict(writer: ByteWriter, dict: ReadonlyMap<PickleValue, PickleValue>, draw: Draw): void {
  const entries = draw.parts([...dict]), isMarked = draw.chance(0.5);
  op(writer, "}");
  if (isMarked) op(writer, "(");
  for (const [key, value] of entries) {
    writeValue(writer, key, draw);
    writeValue(writer, value, draw);
    if (!isMarked) op(writer, "s");
  }
  if (isMarked) op(writer, "u");
}

/** Appends opcodes that do not fit, each with an argument of the right form. */
function writeOddness(writer: ByteWriter, draw: Draw): void {
  for (let count = draw.between(1, 4); count > 0; count--) {
    const code = draw.pick([
      ...BARE,
      "c",
      "i",
      "h",
      "r",
      "q",
      "g",
      "p",
      "\x80",
      "\x8a",
      "V",
      "S",
      "F",
      "I",
      "T",
      "P",
      "\x82",
    ]);
    op(writer, code);
    if (code === "c" || code === "i") writer.text(`${draw.pick(NAMES)}\n`);
    else if ("hq\x80".includes(code)) writer.little(draw.number(draw.below(6)), 1);
    else if (code === "r") writer.little(draw.number(draw.below(6)), 4);
    else if ("gpIFVSP".includes(code)) writer.text(`${draw.literal(draw.below(6))}\n`);
    else if (code === "\x8a") writer.bytes([2, 255, 255]);
    else if (code === "T") writer.bytes([3, 0, 0, 0, 97, 98, 99]);
    else if (code === "\x82") writer.little(1, 1);
  }
}

/** Returns a value of a few levels. */
function drawValue(draw: Draw, depth: number): PickleValue {
  const kind = draw.below(depth > 0 ? 9 : 6);
  if (kind === 0) return null;
  if (kind === 1) return draw.chance(0.5);
  if (kind === 2) return draw.pick([0, 1, 255, 256, 65535, 65536, -1, -70000, 2 ** 31 - 1]);
  if (kind === 3) return draw.pick([0.5, -1.25, Infinity, 1e300]);
  if (kind === 4) return draw.pick(["", "a", "weights", "\u00e4", "x".repeat(40)]);
  if (kind === 5) return Uint8Array.from({ length: draw.below(20) }, () => draw.below(256));
  const items = Array.from({ length: draw.below(5) }, () => drawValue(draw, depth - 1));
  return kind < 8 ? items : new Map(items.map((item, index) => [`key ${index}`, item]));
}

/** Appends the opcodes of an array of NumPy: a constructor, and its state. */
export function writeArray(
  writer: ByteWriter,
  { shape, data, code = "f4" }: {
    readonly shape: readonly number[];
    readonly data: Uint8Array;
    readonly code?: string;
  },
  draw: Draw,
): void {
  const name = (text: string) => {
    op(writer, "c");
    writer.text(`${draw.isOdd() ? draw.pick(NAMES) : text}\n`);
  };
  const values = (...items: PickleValue[]) => items.forEach((item) => writeValue(writer, item, draw));
  name(draw.pick(["numpy.core.multiarray", "numpy._core.multiarray"]) + "\n_reconstruct");
  name("numpy\nndarray");
  values([0], Uint8Array.of(98));
  op(writer, "\x87");
  op(writer, "R");
  op(writer, "(");
  values(1, shape.map((length) => draw.number(length)));
  name("numpy\ndtype");
  values(code, false, true);
  op(writer, "\x87");
  op(writer, "R");
  op(writer, "(");
  values(3, "<", null, null, null, -1, -1, 0);
  op(writer, "t");
  op(writer, "b");
  values(false, draw.bytes(data));
  op(writer, "t");
  op(writer, "b");
}

/** Begins a pickle. */
export function beginPickle(draw: Draw): ByteWriter {
  const writer = createWriter(), protocol = draw.pick([2, 2, 3, 4, 5]);
  writer.bytes([0x80, draw.number(protocol) & 255]);
  if (protocol >= 4 && draw.chance(0.5)) {
    op(writer, "\x95");
    writer.little(draw.number(0), 8);
  }
  return writer;
}

function makePickle(draw: Draw): Made {
  const writer = beginPickle(draw), isArray = draw.chance(0.3), value = drawValue(draw, 3);
  if (isArray) {
    const shape = [draw.between(1, 4), draw.between(1, 4)];
    writeArray(writer, { shape, data: new Uint8Array(4 * shape[0] * shape[1]) }, draw);
  } else writeValue(writer, value, draw);
  op(writer, ".");
  const bytes = writer.done();
  return { bytes: draw.chance(0.2) ? draw.bytes(bytes) : bytes, ...!isArray && { expected: value } };
}

/** Returns whether the opcodes of a pickle with their arguments reach to its end, whatever they do. */
export function isWalkable(bytes: Uint8Array): boolean {
  const reader = createPickleReader(bytes, 0, refuser("pickle", {}));
  try {
    while (true) {
      const code = reader.opcode();
      if (code === ".") return true;
      const literal = LITERALS.get(code);
      if (literal) literal(reader);
      else if ("hq\x80\x82".includes(code)) reader.uint(1);
      else if ("rj".includes(code)) reader.uint(4);
      else if ("gpP".includes(code)) reader.line();
      else if (code === "c" || code === "i") reader.line(), reader.line();
      else if (code === "\x95") reader.length(8);
      else if (!BARE.includes(code)) return false;
    }
  } catch {
    return false;
  }
}

/** The most values of a result that are looked at. */
const MOST_VALUES = 10_000;

/** The reader of pickles. Their container is the row of opcodes with their arguments, up to the last one. */
export const PICKLE: FuzzReader = {
  name: "pickle",
  share: 120,
  places: 12,
  make: makePickle,
  read: (bytes) => parsePickle(bytes).value,
  isPast: isWalkable,
  fault(result) {
    const seen = new Set<unknown>(), open: unknown[] = [result];
    for (let value; (value = open.pop()) !== undefined && seen.size < MOST_VALUES;) {
      if (["function", "symbol"].includes(typeof value)) return `a ${typeof value}`;
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      const prototype = Object.getPrototypeOf(value);
      if (value instanceof Map) open.push(...value.keys(), ...value.values());
      else if (Array.isArray(value) || value instanceof Set) open.push(...value);
      else if (!(value instanceof Uint8Array) && prototype !== Object.prototype) {
        return "an object of another kind";
      }
    }
  },
};
