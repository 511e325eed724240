/** Bytes that come whole or in pieces. @module */
import { BYTES, checkArgument, either } from "../../arguments.ts";

/** The bytes of a file: all of them, or pieces in order, such as the `readable` of a file that `Deno.open` opened. */
export type ByteSource = Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * Checks the argument `source` of a function.
 *
 * @throws {TypeError} if it is not a source of bytes
 */
export function checkSource(source: ByteSource): void {
  const isStream = typeof source === "object" && source !== null && !ArrayBuffer.isView(source) &&
    (source instanceof ReadableStream || Symbol.asyncIterator in source);
  if (!isStream) checkArgument("source", source, SOURCE);
}

const SOURCE = either("a Uint8Array, a stream or an asynchronous iterable of them", BYTES);

/** The maximum length of a piece: a whole file in one piece would be worked on without a pause. */
const PIECE = 2 ** 18;

/** Yields the bytes of a source, in pieces of limited length. A stream is canceled if the caller stops early. */
export async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for await (const bytes of source instanceof Uint8Array ? [source] : readsOf(source)) {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  }
}

async function* readsOf(
  source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (!(source instanceof ReadableStream)) return yield* source;
  // Not `for await`, because not every browser has it for streams.
  const reader = source.getReader();
  let isDone = false;
  try {
    for (let piece; (piece = await reader.read()).value !== undefined;) yield piece.value;
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel().catch(() => {});
  }
}
