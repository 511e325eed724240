/** A reader of Protocol Buffers for tests, independent of the library's. @module */

/** A message: the values of its fields, by number. Numbers are varints or float32; other values are bytes. */
export type Message = Map<number, (bigint | number | Uint8Array)[]>;

/** Decodes a message. */
export function decode(bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), message: Message = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint(), number = Number(key >> 3n), values = message.get(number) ?? [];
    message.set(number, values);
    if ((key & 7n) === 0n) values.push(varint());
    else if ((key & 7n) === 5n) values.push(view.getFloat32((at += 4) - 4, true));
    else if ((key & 7n) === 2n) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error(`A field of ${length} bytes is cut short`);
      values.push(bytes.subarray(at, at += length));
    } else throw new Error(`Unknown wire type ${key & 7n}`);
  }
  return message;
}

/** Returns the messages of a field. */
export function messages(message: Message, number: number): Message[] {
  return (message.get(number) ?? []).map((value) => decode(value as Uint8Array));
}

/** Returns the texts of a field. */
export function texts(message: Message, number: number): string[] {
  return (message.get(number) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));
}

/** Returns the numbers of a field. */
export function numbers(message: Message, number: number): number[] {
  return (message.get(number) ?? []).map(Number);
}
