/**
 * The header of a `.npy` file: a magic, a version, a length and a Python dict literal, padded with spaces.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @module
 */
import { byteCount, type Refuse } from "./fault.ts";

/** The content of a header. */
export interface NpyHeader {
  /** The dtype as the file has it, such as `>f4`; of a structured dtype (a list) the source text. */
  readonly descr: string;
  /** True if the first index moves fastest. */
  readonly fortranOrder: boolean;
  /** The shape; `[]` for a single value. */
  readonly shape: readonly number[];
  /** The offset of the values in the file, in bytes. */
  readonly dataStart: number;
}

const MAGIC = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]; // "\x93NUMPY"

/** The longest header that is read, in bytes: NumPy's own limit, `max_header_size`. */
const MAX_HEADER_LENGTH = 10_000;

/** Digits for which NumPy reserves space, so that an array can grow along its first axis in place. */
const GROWTH_DIGITS = 21;

const ALIGNMENT = 64;

/** A token of the dict literal: a string without escapes, a bool, a whole number or punctuation. */
const TOKEN = /\s*('[^'\\\n]*'|"[^"\\\n]*"|True|False|(?:0|[1-9]\d*)L?(?![\w.])|[{}()[\],:])/y;

/**
 * Reads the header at the start of a file.
 *
 * @throws {FormatError} made by `refuse`
 */
export function parseNpyHeader(bytes: Uint8Array, refuse: Refuse): NpyHeader {
  if (bytes.length < 10) throw refuse(`is ${byteCount(bytes.length)} long, an npy file has at least 10`);
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw refuse(`begins with ${JSON.stringify(latin1(bytes.subarray(0, 6)))}, needs "\\x93NUMPY"`, {
      offset: 0,
    });
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (major < 1 || major > 3 || minor !== 0) {
    throw refuse(`has npy version ${major}.${minor}, needs 1.0, 2.0 or 3.0`, { offset: 6 });
  }
  const textStart = major === 1 ? 10 : 12;
  if (bytes.length < textStart) throw refuse(`is ${byteCount(bytes.length)} long, its header needs more`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_LENGTH) {
    throw refuse(`has a header of ${byteCount(length)}, at most ${byteCount(MAX_HEADER_LENGTH)} are read`, {
      offset: 8,
    });
  }
  const dataStart = textStart + length;
  if (dataStart > bytes.length) {
    throw refuse(`ends inside of its header, which needs ${byteCount(dataStart)}, it has ${bytes.length}`);
  }
  // Version 3 is UTF-8, but only field names of structured dtypes can differ from ASCII, and those dtypes are
  // refused.
  return { ...parseDict(latin1(bytes.subarray(textStart, dataStart)), textStart, refuse), dataStart };
}

/** Returns the header that NumPy writes for a C-ordered array, byte for byte. */
export function formatNpyHeader(dtype: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const room = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const used = 10 + dict.length + room + 1;
  const header = new Uint8Array(used + ALIGNMENT - used % ALIGNMENT).fill(0x20);
  header.set([...MAGIC, 1, 0]);
  new DataView(header.buffer).setUint16(8, header.length - 10, true);
  header.set(new TextEncoder().encode(dict), 10);
  header[header.length - 1] = 0x0A;
  return header;
}

function parseDict(text: string, textStart: number, refuse: Refuse): Omit<NpyHeader, "dataStart"> {
  let at = 0;
  const malformed = (needs: string) =>
    refuse(`has a malformed header, needs ${needs}`, { offset: textStart + Math.min(at, text.length) });
  const next = (needs: string): string => {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw malformed(needs);
    at = TOKEN.lastIndex;
    return token;
  };
  const expect = (wanted: string) => {
    const before = at;
    if (next(`"${wanted}"`) !== wanted) {
      at = before;
      throw malformed(`"${wanted}"`);
    }
  };

  const descr = (): string => {
    let token = next("a dtype");
    if (isQuoted(token)) return token.slice(1, -1);
    const start = at - token.length;
    for (let depth = 0;; token = next("the end of a structured dtype")) {
      if (token === "[" || token === "(") depth++;
      if (token === "]" || token === ")") depth--;
      if (depth === 0) break;
    }
    if (!/^[[(]/.test(text.slice(start))) throw malformed("a dtype");
    return text.slice(start, at);
  };
  const order = (): boolean => {
    const token = next("True or False");
    if (token !== "True" && token !== "False") throw malformed("True or False");
    return token === "True";
  };
  const tuple = (): number[] => {
    const lengths: number[] = [];
    expect("(");
    let token = next("a length or )");
    while (token !== ")") {
      const length = Number(token.replace("L", "")); // Python 2 wrote 3L
      if (!/^\d/.test(token) || !Number.isSafeInteger(length)) throw malformed("a length");
      lengths.push(length);
      token = next(", or )");
      if (token === ",") token = next("a length or )");
      else if (token !== ")" || lengths.length === 1) throw malformed(`","`); // (3) is not a tuple
    }
    return lengths;
  };

  const found: { descr?: string; fortranOrder?: boolean; shape?: number[] } = {};
  expect("{");
  let token = next("a key");
  while (token !== "}") {
    const key = isQuoted(token) ? token.slice(1, -1) : "";
    expect(":");
    if (key === "descr" && found.descr === undefined) found.descr = descr();
    else if (key === "fortran_order" && found.fortranOrder === undefined) found.fortranOrder = order();
    else if (key === "shape" && found.shape === undefined) found.shape = tuple();
    else throw malformed("each of the keys descr, fortran_order and shape once");
    token = next(", or }");
    if (token === ",") token = next("a key or }");
    else if (token !== "}") throw malformed(`"," or "}"`);
  }
  const { shape, fortranOrder } = found;
  if (found.descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw malformed("the keys descr, fortran_order and shape");
  }
  if (text.slice(at).trim() !== "") throw malformed("spaces after the dict");
  return { descr: found.descr, fortranOrder, shape };
}

function isQuoted(token: string): boolean {
  return token[0] === "'" || token[0] === '"';
}

/** Decodes each byte to one character; `TextDecoder("latin1")` would decode windows-1252. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
