/**
 * Decompression of deflated bytes whose size is known, over the platform's `DecompressionStream`.
 * @module
 */
import { byteCount, digits, type Refuse } from "./fault.ts";

/** Bytes a write: small enough that what one write makes is not a second copy of a large array. */
const CHUNK = 64 * 1024;

/** Deflate turns two bits into at most 258 bytes; nothing valid grows more. */
const LARGEST_RATIO = 1032;

/** How {@linkcode inflate} reads its bytes. */
export interface InflateOptions {
  /** The container: `"deflate-raw"` in a zip, `"gzip"` in a `.gz` file, `"deflate"` (zlib) in a PNG. */
  readonly format: "deflate-raw" | "gzip" | "deflate";
  /** The size that the file declares for the result. */
  readonly size: number;
  /** Makes the error for a fault. */
  readonly refuse: Refuse;
}

/**
 * Decompresses `bytes` into exactly `size` bytes. Memory is taken only for sizes that the input can have.
 *
 * @throws {FormatError} where the bytes are damaged, cut short, or have another size than declared
 */
export async function inflate(bytes: Uint8Array, options: InflateOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { size, refuse } = options;
  if (size > (bytes.length + 1) * LARGEST_RATIO) {
    throw refuse(
      `declares ${byteCount(size)}, ${byteCount(bytes.length)} of deflated data cannot hold as many`,
    );
  }
  const result = new Uint8Array(size);
  let filled = 0;
  let read = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (read >= bytes.length) return controller.close();
      // The copy also makes bytes of a SharedArrayBuffer acceptable.
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
