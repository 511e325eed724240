/** Writing of numbers of any size into bytes, for files with faults: a number that does not fit keeps its lowest bits. @module */

/** A growing file. */
export interface ByteWriter {
  /** The number of bytes so far. */
  readonly length: number;
  /** Appends bytes. */
  bytes(bytes: ArrayLike<number>): void;
  /** Appends a text as UTF-8. */
  text(text: string): void;
  /** Appends a little-endian number of `size` bytes. */
  little(value: number, size: number): void;
  /** Appends a big-endian number of `size` bytes. */
  big(value: number, size: number): void;
  /** Returns all bytes. */
  done(): Uint8Array<ArrayBuffer>;
}

const UTF8 = new TextEncoder();

/** Creates an empty file. */
export function createWriter(): ByteWriter {
  let bytes = new Uint8Array(512), length = 0;
  const reserve = (size: number) => {
    if (length + size > bytes.length) {
      const larger = new Uint8Array(2 * (length + size));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    length += size;
    return length - size;
  };
  return {
    get length() {
      return length;
    },
    bytes(added) {
      const at = reserve(added.length);
      bytes.set(added, at);
    },
    text(text) {
      const added = UTF8.encode(text), at = reserve(added.length);
      bytes.set(added, at);
    },
    little(value, size) {
      let at = reserve(size);
      for (const byte of lowBytes(value, size)) bytes[at++] = byte;
    },
    big(value, size) {
      let at = reserve(size) + size;
      for (const byte of lowBytes(value, size)) bytes[--at] = byte;
    },
    done: () => bytes.slice(0, length),
  };
}

/** Returns the lowest bytes of a number in two's complement, the lowest first. */
function lowBytes(value: number, size: number): number[] {
  const found: number[] = [];
  let rest = Number.isFinite(value) ? Math.trunc(value) : 0;
  for (let i = 0; i < size; i++) {
    const next = Math.floor(rest / 256);
    found.push(rest - 256 * next);
    rest = next;
  }
  return found;
}
