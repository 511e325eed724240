/**
 * The header of a safetensors file: a length, and JSON with the dtype, the shape and the place of each tensor.
 * https://github.com/huggingface/safetensors
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** A tensor as the header describes it. */
export interface TensorRecord {
  /** The dtype as the file names it, such as `F32`. */
  readonly dtype: string;
  /** The shape; `[]` for a single value. */
  readonly shape: readonly number[];
  /** The offset of its first byte, counted from the end of the header. */
  readonly begin: number;
  /** The offset after its last byte. */
  readonly end: number;
}

/** The content of a header. */
export interface SafetensorsHeader {
  /** The tensors by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorRecord>;
  /** The texts of `__metadata__`, by name; empty if there are none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The offset of the tensors' bytes in the file. */
  readonly dataStart: number;
}

/** The longest header that is read, in bytes: the limit of the format's own package. */
const MAX_HEADER_LENGTH = 100_000_000;

/** The maximum number of axes of a tensor. */
const MAX_AXES = 32;

/** The name of the header's entry that is no tensor. */
export const METADATA = "__metadata__";

/** A token of the header: a whole number, punctuation or the beginning of a string. */
const TOKEN = /[ \t\r\n]*((?:0|[1-9]\d{0,19})(?![\d.eE])|[{}[\],:"])/y;

/**
 * Reads the header at the start of a file. It accepts only what the format needs, so that the memory for it is at most about
 * ten times its length.
 *
 * @throws {FormatError} made by `refuse`
 */
export function parseSafetensorsHeader(bytes: Uint8Array, refuse: Refuse): SafetensorsHeader {
  if (bytes.length < 8) {
    throw refuse(`is ${byteCount(bytes.length)} long, a safetensors file has at least 10`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_LENGTH) {
    const [declared, limit] = [digits(length), byteCount(MAX_HEADER_LENGTH)];
    throw refuse(`declares a header of ${declared} bytes, at most ${limit} are read`, { offset: 0 });
  }
  const dataStart = 8 + length;
  if (dataStart > bytes.length) {
    throw refuse(`ends inside of its header, which needs ${byteCount(dataStart)}, it has ${bytes.length}`);
  }
  let text: string;
  try {
    const header = bytes.slice(8, dataStart); // a copy, because TextDecoder refuses bytes of a SharedArrayBuffer
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw refuse("has a header that is not UTF-8", { offset: 8, cause });
  }
  return { ...parseEntries(text, refuse), dataStart };
}

/** Returns the bytes of a header with its length, padded with spaces to a multiple of 8. */
export function formatSafetensorsHeader(
  tensors: ReadonlyMap<string, TensorRecord>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  const names = [...metadata.keys()].sort();
  const texts = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(metadata.get(name))}`);
  const entries = names.length > 0 ? [`"${METADATA}":{${texts.join(",")}}`] : [];
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    const place = `"data_offsets":[${begin},${end}]`;
    entries.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],${place}}`);
  }
  const text = new TextEncoder().encode(`{${entries.join(",")}}`);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return header;
}

function parseEntries(text: string, refuse: Refuse): Omit<SafetensorsHeader, "dataStart"> {
  let at = 0;
  const malformed = (needs: string) => {
    const offset = 8 + new TextEncoder().encode(text.slice(0, at)).length;
    return refuse(`has a malformed header, needs ${needs}`, { offset });
  };
  /** Returns a string from behind its first quote to its last; by a loop, because an expression overflows for long ones. */
  const restOfString = (needs: string): string => {
    for (let end = text.indexOf('"', at); end >= 0; end = text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (text[end - 1 - escapes] === "\\") escapes++;
      if (escapes % 2 === 0) return text.slice(at, at = end + 1);
    }
    throw malformed(needs);
  };
  const next = (needs: string): string => {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw malformed(needs);
    at = TOKEN.lastIndex;
    return token === '"' ? token + restOfString(needs) : token;
  };
  const expect = (wanted: string) => {
    const before = at;
    if (next(`"${wanted}"`) === wanted) return;
    at = before;
    throw malformed(`"${wanted}"`);
  };
  const string = (needs: string): string => {
    const before = at, token = next(needs);
    try {
      if (token[0] === '"') return JSON.parse(token);
    } catch { /* an escape that JSON does not have */ }
    at = before;
    throw malformed(needs);
  };
  /** Reads the items between two brackets, and the commas between them. */
  const list = (open: string, close: string, item: () => void) => {
    expect(open);
    TOKEN.lastIndex = at;
    if (TOKEN.exec(text)?.[1] === close) return void (at = TOKEN.lastIndex);
    for (let token = ","; token === ",";) {
      item();
      token = next(`"," or "${close}"`);
      if (token !== "," && token !== close) throw malformed(`"," or "${close}"`);
    }
  };
  const numbers = (most: number): number[] => {
    const found: number[] = [];
    list("[", "]", () => {
      const value = Number(next("a whole number"));
      if (!Number.isSafeInteger(value)) throw malformed("a whole number");
      if (found.length === most) throw malformed(`at most ${most} numbers`);
      found.push(value);
    });
    return found;
  };
  const tensor = (): TensorRecord => {
    let dtype: string | undefined, shape: number[] | undefined, place: number[] | undefined;
    list("{", "}", () => {
      const key = string("a key");
      expect(":");
      if (key === "dtype" && dtype === undefined) dtype = string("a dtype");
      else if (key === "shape" && shape === undefined) shape = numbers(MAX_AXES);
      else if (key === "data_offsets" && place === undefined) place = numbers(2);
      else throw malformed("each of the keys dtype, shape and data_offsets once");
    });
    if (dtype === undefined || shape === undefined || place?.length !== 2) {
      throw malformed("the keys dtype, shape and data_offsets");
    }
    return { dtype, shape, begin: place[0], end: place[1] };
  };

  const tensors = new Map<string, TensorRecord>(), metadata = new Map<string, string>();
  let hasMetadata = false;
  list("{", "}", () => {
    const name = string("a name");
    expect(":");
    if (tensors.has(name) || (name === METADATA && hasMetadata)) {
      throw malformed(`each name once: ${JSON.stringify(name)} is there twice`);
    }
    if (name !== METADATA) return void tensors.set(name, tensor());
    hasMetadata = true;
    list("{", "}", () => {
      const key = string("a name");
      expect(":");
      if (metadata.has(key)) throw malformed(`each name once: ${JSON.stringify(key)} is there twice`);
      metadata.set(key, string("a text"));
    });
  });
  if (/[^ \t\r\n]/.test(text.slice(at))) throw malformed("spaces after the header");
  return { tensors, metadata };
}
