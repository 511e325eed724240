/** The bytes of a pickle: its opcodes and their arguments. @module */
import { byteCount, digits, type Refuse } from "./fault.ts";
import type { PickleValue } from "./pickle_values.ts";

/** The longest whole number that is read, in bytes; torch.save writes one of 10. */
const MAX_LONG = 256;

/** The longest line of digits, in characters. */
const MAX_NUMBER_LINE = 400;

/** A reader of the opcodes of a pickle and of their arguments. Numbers are little-endian. */
export interface PickleReader {
  /** The offset of the present opcode. */
  readonly opcodeStart: number;
  /** The offset of the next byte. */
  readonly position: number;
  /** Reads an opcode, one byte as a character. */
  opcode(): string;
  /** Reads an unsigned number of 1, 2 or 4 bytes. */
  uint(size: 1 | 2 | 4): number;
  /** Reads a signed number of 4 bytes. */
  int32(): number;
  /** Reads a big-endian float64. */
  float64(): number;
  /** Reads the length of an argument that follows, and checks that the file has as many bytes. */
  length(size: 1 | 4 | 8): number;
  /** Reads a signed number of this many bytes. */
  long(length: number): number | bigint;
  /** Reads a view of this many bytes. */
  bytes(length: number): Uint8Array;
  /** Reads this many bytes as text. */
  utf8(length: number): string;
  /** Reads this many bytes, each as a character. */
  latin1(length: number): string;
  /** Reads the bytes before a newline, as text. */
  line(): string;
  /** Reads a line with a whole number, or with `00` or `01` for a bool. */
  intLine(): number | bigint | boolean;
  /** Reads a line with a whole number that may end in `L`. */
  longLine(): number | bigint;
  /** Reads a line with a number. */
  floatLine(): number;
  /** Reads a line with the index of a stored value. */
  indexLine(): number;
  /** Reads a line of text with the escapes `\u` and `\U`. */
  unicodeLine(): string;
  /** Reads a line with a quoted string of Python. */
  stringLine(): string;
}

/** Creates the reader of a pickle that begins at `start`. */
export function createPickleReader(bytes: Uint8Array, start: number, refuse: Refuse): PickleReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start, opcodeStart = start;
  const fault = (text: string) => refuse(text, { offset: opcodeStart });
  const need = (length: number): number => {
    if (length > bytes.length - at) throw fault("is a pickle that is cut short");
    at += length;
    return at - length;
  };
  const span = (length: number) => {
    const from = need(length);
    return bytes.subarray(from, from + length);
  };
  const utf8 = (part: Uint8Array): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part.slice());
    } catch (cause) {
      throw refuse(`has a text of ${byteCount(part.length)} that is not UTF-8`, {
        offset: opcodeStart,
        cause,
      });
    }
  };
  const lineBytes = (): Uint8Array => {
    const end = bytes.indexOf(0x0A, at);
    if (end < 0) throw fault("is a pickle that is cut short");
    return span(end + 1 - at).subarray(0, -1);
  };
  const numberLine = (form: RegExp, kind: string): string => {
    const line = lineBytes(), text = line.length > MAX_NUMBER_LINE ? "" : latin1(line);
    if (!form.test(text)) throw fault(`has a line that is no ${kind}`);
    return text;
  };
  return {
    get opcodeStart() {
      return opcodeStart;
    },
    get position() {
      return at;
    },
    opcode() {
      opcodeStart = at;
      return String.fromCharCode(bytes[need(1)]);
    },
    uint(size) {
      const from = need(size);
      return size === 1 ? bytes[from] : size === 2 ? view.getUint16(from, true) : view.getUint32(from, true);
    },
    int32: () => view.getInt32(need(4), true),
    float64: () => view.getFloat64(need(8)),
    length(size) {
      const from = need(size);
      const length = size === 1
        ? bytes[from]
        : size === 4
        ? view.getUint32(from, true)
        : Number(view.getBigUint64(from, true));
      if (length > bytes.length - at) {
        throw fault(`declares ${digits(length)} bytes, ${byteCount(bytes.length - at)} follow`);
      }
      return length;
    },
    long(length) {
      if (length > MAX_LONG) throw fault(`has a whole number of ${byteCount(length)}, at most ${MAX_LONG}`);
      const hex = Array.from(span(length), (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
      return exact(BigInt.asIntN(8 * length, BigInt(`0x${hex || "0"}`)));
    },
    bytes: span,
    utf8: (length) => utf8(span(length)),
    latin1: (length) => latin1(span(length)),
    line: () => utf8(lineBytes()),
    intLine() {
      const text = numberLine(/^[+-]?\d+$/, "whole number");
      return text === "00" || text === "01" ? text === "01" : exact(BigInt(text.replace("+", "")));
    },
    longLine: () => exact(BigInt(numberLine(/^[+-]?\d+L?$/, "whole number").replace(/[+L]/g, ""))),
    floatLine() {
      const text = numberLine(/^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|inf|nan)$/i, "number");
      if (/nan/i.test(text)) return NaN;
      if (/inf/i.test(text)) return text[0] === "-" ? -Infinity : Infinity;
      return Number(text);
    },
    indexLine: () => Number(numberLine(/^\d{1,15}$/, "index")),
    unicodeLine: () =>
      latin1(lineBytes()).replace(
        /\\(?:u([\da-fA-F]{4})|U(00(?:0[\da-fA-F]|10)[\da-fA-F]{4}))/g,
        (_, short, long) => {
          return String.fromCodePoint(parseInt(short ?? long, 16));
        },
      ),
    stringLine() {
      const text = latin1(lineBytes()), quote = text[0];
      if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
        throw fault("has a line that is no quoted string");
      }
      return unescaped(text.slice(1, -1));
    },
  };
}

/** The opcodes of values that need nothing but their arguments. The byte strings of Python 2, `S`, `T` and `U`, are texts. */
export const LITERALS: ReadonlyMap<string, (reader: PickleReader) => PickleValue> = new Map<
  string,
  (reader: PickleReader) => PickleValue
>([
  ["N", () => null],
  ["\x88", () => true],
  ["\x89", () => false],
  ["I", (reader) => reader.intLine()],
  ["L", (reader) => reader.longLine()],
  ["J", (reader) => reader.int32()],
  ["K", (reader) => reader.uint(1)],
  ["M", (reader) => reader.uint(2)],
  ["\x8a", (reader) => reader.long(reader.length(1))],
  ["\x8b", (reader) => reader.long(reader.length(4))],
  ["F", (reader) => reader.floatLine()],
  ["G", (reader) => reader.float64()],
  ["V", (reader) => reader.unicodeLine()],
  ["S", (reader) => reader.stringLine()],
  ["\x8c", (reader) => reader.utf8(reader.length(1))],
  ["X", (reader) => reader.utf8(reader.length(4))],
  ["\x8d", (reader) => reader.utf8(reader.length(8))],
  ["U", (reader) => reader.latin1(reader.length(1))],
  ["T", (reader) => reader.latin1(reader.length(4))],
  ["C", (reader) => reader.bytes(reader.length(1))],
  ["B", (reader) => reader.bytes(reader.length(4))],
  ["\x8e", (reader) => reader.bytes(reader.length(8))],
  ["\x96", (reader) => reader.bytes(reader.length(8))],
]);

/** Returns a number if it is exact, else the bigint. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The characters of Python's escapes of one letter. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Resolves the escapes of a string of Python 2. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|([^]))/g, (_, hex, octal, letter) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8) & 255);
    return Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : letter;
  });
}

/** The number of bytes that are decoded at once: fewer than a call has arguments. */
const CHUNK = 8192;

/** Decodes each byte to one character; `TextDecoder("latin1")` would decode windows-1252. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return text;
}
