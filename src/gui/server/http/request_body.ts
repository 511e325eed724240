/** The body of a request as a stream, with a length in bytes or in chunks. @module */
import { RequestError } from "../../protocol/refusal.ts";
import type { BodyLength } from "./head.ts";
import { BUFFER_BYTES, type Source } from "./source.ts";

/** The maximum length of a chunk's first line, and of a trailer, in bytes. */
const MAX_LINE = 1024;
/** The maximum number of trailers, which are ignored. */
const MAX_TRAILERS = 20;

/** The body of a request. */
export interface RequestBody {
  /** Its bytes; `null` if the request has none. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** True if all of it has been read, so that the next request can follow. */
  readonly isComplete: boolean;
}

/** Creates the body; `beforeFirst` is called before its first bytes are read. It fails if the connection ends early. */
export function bodyOf(source: Source, length: BodyLength, beforeFirst: () => Promise<void>): RequestBody {
  if (length === 0) return { stream: null, isComplete: true };
  const parts = length === "chunked" ? chunksOf(source) : partsOf(source, length);
  let isFirst = true, isComplete = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (isFirst) await beforeFirst();
      isFirst = false;
      const { done, value } = await parts.next();
      if (!done) return controller.enqueue(value);
      isComplete = true;
      controller.close();
    },
  }, { highWaterMark: 0 });
  return {
    stream,
    get isComplete() {
      return isComplete;
    },
  };
}

/** Yields the next `length` bytes. */
async function* partsOf(source: Source, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let left = length; left > 0;) {
    const bytes = await source.some(left);
    if (bytes === undefined) throw brokenOff();
    left -= bytes.length;
    yield bytes;
  }
}

/** Yields the bytes of the next chunks, up to the last chunk and its trailers. */
async function* chunksOf(source: Source): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  while (true) {
    const [, size] = /^([\da-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(await lineOf(source)) ?? [];
    if (size === undefined) throw malformed();
    if (Number.parseInt(size, 16) === 0) break;
    yield* partsOf(source, Number.parseInt(size, 16));
    if (await lineOf(source) !== "") throw malformed();
  }
  for (let trailers = 0; await lineOf(source) !== "";) {
    if (++trailers > MAX_TRAILERS) throw malformed();
  }
}

/** Reads a line. */
async function lineOf(source: Source): Promise<string> {
  while (true) {
    const { bytes } = source, end = bytes.indexOf(10);
    if (end > MAX_LINE || (end < 0 && bytes.length > Math.min(MAX_LINE, BUFFER_BYTES - 1))) throw malformed();
    if (end > 0 && bytes[end - 1] === 13) {
      const line = String.fromCharCode(...bytes.subarray(0, end - 1));
      source.skip(end + 1);
      return line;
    }
    if (end >= 0) throw malformed();
    if (!await source.more()) throw brokenOff();
  }
}

function brokenOff(): RequestError {
  return new RequestError(400, "The body broke off");
}

function malformed(): RequestError {
  return new RequestError(400, "The chunks of the body are not those of an HTTP request");
}
