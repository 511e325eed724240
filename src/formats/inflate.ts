/**
 * Decompression of deflated bytes of a known size, with the platform's `DecompressionStream`.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** Bytes of one write: few enough that the result of one write is never a second copy of a large array. */
const CHUNK = 64 * 1024;

/** The largest ratio of decompressed to compressed size: deflate turns two bits into at most 258 bytes. */
const LARGEST_RATIO = 1032;

/** Options of {@linkcode inflate}. */
export interface InflateOptions {
  /** The container: `"deflate-raw"` in a zip, `"gzip"` in a `.gz` file, `"deflate"` (zlib) in a PNG. */
  readonly format: "deflate-raw" | "gzip" | "deflate";
  /** The size of the result in bytes, as the file declares it. */
  readonly size: number;
  /** The array that receives the result, of `size` bytes; a new one by default. */
  readonly into?: Uint8Array<ArrayBuffer>;
  /** Creates the error for a fault. */
  readonly refuse: Refuse;
}

/**
 * Decompresses `bytes` into exactly `size` bytes. Memory is allocated only if the input can have that size.
 *
 * @throws {FormatError} if the bytes are damaged or cut short, or their size is not the declared one
 */
export async function inflate(bytes: Uint8Array, options: InflateOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { size, refuse } = options;
  if (size > (bytes.length + 1) * LARGEST_RATIO) {
    throw refuse(
      `declares ${byteCount(size)}, ${byteCount(bytes.length)} of deflated data cannot hold as many`,
    );
  }
  const result = options.into ?? new Uint8Array(size);
  let filled = 0;
  let read = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (read >= bytes.length) return controller.close();
      // A copy, because the stream refuses bytes of a SharedArrayBuffer.
      controller.enqueue(bytes.slice(read, read += CHUNK));
    },
  }, { highWaterMark: 0 });
  const pieces = source.pipeThrough(new DecompressionStream(options.format)).getReader();
  while (true) {
    let piece: Uint8Array | undefined;
    try {
      piece = (await pieces.read()).value;
    } catch (cause) {
      throw refuse(`has damaged compressed data: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
    if (piece === undefined) break;
    if (filled + piece.length > size) {
      await pieces.cancel().catch(() => {});
      throw refuse(`inflates to more than the ${byteCount(size)} that it declares`);
    }
    result.set(piece, filled);
    filled += piece.length;
  }
  if (filled < size) throw refuse(`inflates to ${byteCount(filled)}, it declares ${digits(size)}`);
  return result;
}
