/**
 * Protocol Buffers, the encoding of ONNX files: messages of numbered fields.
 * https://protobuf.dev/programming-guides/encoding/
 * @module
 */
import { bytesOf } from "./byte_order.ts";
import type { Refuse } from "./fault.ts";

/** Encoded fields, in pieces, so that large arrays are copied only once, by {@linkcode joinFields}. */
export type EncodedFields = readonly Uint8Array[];

/** A decoded field. */
export interface ProtobufField {
  /** Its number in the message. */
  readonly number: number;
  /** A number for a varint; the bytes of a text, an array, a message or a number of 4 or 8 bytes. */
  readonly value: number | Uint8Array;
}

/** How a value is encoded. */
const WIRE = { varint: 0, eightBytes: 1, lengthAndBytes: 2, fourBytes: 5 } as const;

/** Encodes a field with a whole number from 0 to 2⁵³ - 1. */
export function varintField(number: number, value: number): EncodedFields {
  return [Uint8Array.from([...varint(number * 8 + WIRE.varint), ...varint(value)])];
}

/** Encodes a field with a float32. */
export function floatField(number: number, value: number): EncodedFields {
  return [Uint8Array.from(varint(number * 8 + WIRE.fourBytes)), bytesOf(Float32Array.of(value))];
}

/** Encodes a field with a text, with bytes, or with a message of encoded fields. */
export function bytesField(number: number, value: string | Uint8Array | EncodedFields): EncodedFields {
  const pieces = typeof value === "string"
    ? [new TextEncoder().encode(value)]
    : value instanceof Uint8Array
    ? [value]
    : value;
  const length = lengthOf(pieces);
  return [Uint8Array.from([...varint(number * 8 + WIRE.lengthAndBytes), ...varint(length)]), ...pieces];
}

/** Returns the bytes of encoded fields. */
export function joinFields(pieces: EncodedFields): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Decodes the fields of a message, in order. Bytes are views of the message.
 *
 * @param refuse creates the error for a damaged message
 * @throws {FormatError} if a field is cut short, or if a number is larger than 2⁵³ - 1
 */
export function readFields(bytes: Uint8Array, refuse: Refuse): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw refuse(`is cut short`, { offset: at });
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (): number => {
    let value = 0;
    for (let factor = 1, byte = 128; byte >= 128; factor *= 128) {
      [byte] = take(1);
      value += (byte % 128) * factor;
      if (!Number.isSafeInteger(value)) throw refuse(`has a number above 2⁵³ - 1`, { offset: at });
    }
    return value;
  };
  while (at < bytes.length) {
    const key = number(), wire = key % 8;
    const value = wire === WIRE.varint
      ? number()
      : wire === WIRE.lengthAndBytes
      ? take(number())
      : wire === WIRE.fourBytes
      ? take(4)
      : wire === WIRE.eightBytes
      ? take(8)
      : undefined;
    if (value === undefined) throw refuse(`has a field of the unknown encoding ${wire}`, { offset: at });
    fields.push({ number: Math.floor(key / 8), value });
  }
  return fields;
}

/** Returns a number as groups of seven bits, the lowest first; all but the last have the highest bit set. */
function varint(value: number): number[] {
  const groups: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) groups.push(value % 128 + 128);
  return [...groups, value];
}

function lengthOf(pieces: EncodedFields): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
