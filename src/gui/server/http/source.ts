/** The bytes that a client sends, read into one small buffer. @module */

/** The size of the buffer in bytes; the head of a request has at most as many. */
export const BUFFER_BYTES = 16 * 1024;

/** The part of a connection that the server needs; `Deno.TcpConn` has it. */
export interface Wire {
  /** Reads bytes into `into`, and returns their number; `null` at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes bytes, and returns how many were written. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the sending side. */
  closeWrite(): Promise<void>;
  /** Ends the connection; reads and writes in progress fail. */
  close(): void;
}

/** The bytes that a client has sent and the server has not used yet. */
export interface Source {
  /** The unused bytes in memory; valid until the next call. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Uses the first `count` of them. */
  skip(count: number): void;
  /** Reads more bytes, and returns false at the end. Several calls at the same time share one read. The buffer must not be full. */
  more(): Promise<boolean>;
  /** Returns the next bytes, at least 1 and at most `most`; `undefined` at the end. */
  some(most: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Creates the source of a connection. */
export function createSource(wire: Pick<Wire, "read">): Source {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let start = 0, end = 0, reading: Promise<boolean> | undefined;
  const read = async () => {
    if (start > 0) {
      buffer.copyWithin(0, start, end);
      [start, end] = [0, end - start];
    }
    const count = await wire.read(buffer.subarray(end));
    end += count ?? 0;
    return count !== null;
  };
  return {
    get bytes() {
      return buffer.subarray(start, end);
    },
    skip(count) {
      start += count;
    },
    more: () => reading ??= read().finally(() => reading = undefined),
    async some(most) {
      if (reading) await reading;
      if (end > start) {
        const bytes = buffer.slice(start, Math.min(end, start + most));
        start += bytes.length;
        return bytes;
      }
      const bytes = new Uint8Array(Math.min(most, 4 * BUFFER_BYTES));
      const count = await wire.read(bytes);
      return count === null ? undefined : bytes.subarray(0, count);
    },
  };
}

/** Writes all of the bytes. The connection is closed if the client takes none of them for `milliseconds`. */
export async function writeAll(
  wire: Pick<Wire, "write" | "close">,
  bytes: Uint8Array,
  milliseconds: number,
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    const timer = setTimeout(() => wire.close(), milliseconds);
    try {
      sent += await wire.write(bytes.subarray(sent));
    } finally {
      clearTimeout(timer);
    }
  }
}
