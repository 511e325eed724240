/** Bytes that come whole or in pieces. @module */

/** The bytes of a file: all of them, or pieces in order, such as the `readable` of a file that `Deno.open` opened. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** The length of the pieces of bytes that come whole. */
const PIECE = 2 ** 18;

/** Yields the bytes of a source, piece by piece. A stream is canceled if the caller stops early. */
export async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += PIECE) yield source.subarray(at, at + PIECE);
  } else if (source instanceof ReadableStream) {
    // Not `for await`, because not every browser has it for streams.
    const reader = source.getReader();
    let isDone = false;
    try {
      for (let piece; (piece = await reader.read()).value !== undefined;) yield piece.value;
      isDone = true;
    } finally {
      if (!isDone) await reader.cancel().catch(() => {});
    }
  } else {
    yield* source;
  }
}
