/** Sending of a response. @module */
import { type Wire, writeAll } from "./source.ts";

const encoder = new TextEncoder();
const LAST_CHUNK = encoder.encode("0\r\n\r\n");

/** Properties of a request on which the form of its response depends. */
export interface SendOptions {
  /** True for HEAD, whose response has no body. */
  readonly isHead: boolean;
  /** True for HTTP/1.0, which has no chunks. */
  readonly isOld: boolean;
  /** True if the connection stays open for another request. */
  readonly keepsAlive: boolean;
  /** The maximum time that a client may take no bytes, in milliseconds. */
  readonly stallMilliseconds: number;
  /** Resolves if the client disconnects during a stream. One that ends only its sending side counts as gone, too. */
  readonly untilGone: () => Promise<void>;
}

/**
 * Sends a response, and returns whether the connection can have another request. A body that ends within a turn of the
 * event loop is sent with its length, in one write with the head. Any other body is a stream, and each part is sent as soon
 * as it is available.
 */
export async function sendResponse(
  wire: Pick<Wire, "write" | "close">,
  response: Response,
  options: SendOptions,
): Promise<boolean> {
  const { isHead, isOld, stallMilliseconds } = options;
  const reader = response.body?.getReader();
  const write = (...parts: readonly Uint8Array[]) => writeAll(wire, joined(parts), stallMilliseconds);
  const parts: Uint8Array[] = [], turn = nextTurn();
  let next: Promise<ReadableStreamReadResult<Uint8Array>> | undefined, isWhole = reader === undefined;
  try {
    if (reader && !isHead) {
      while (!isWhole) {
        next = reader.read();
        const read = await Promise.race([next, turn.ended]);
        if (read === undefined) break;
        next = undefined;
        isWhole = read.done;
        if (!read.done) parts.push(read.value);
      }
    }
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (isHead || isWhole) {
      const isKept = options.keepsAlive;
      const hasLength = !isHead && response.status !== 204 && response.status !== 304;
      const head = headOf(response, [
        ...hasLength ? [`content-length: ${bytes}`] : [],
        ...connectionField(isKept, isOld),
      ]);
      await write(head, ...parts);
      return isKept;
    }
    const isKept = options.keepsAlive && !isOld;
    const head = headOf(response, [
      ...isOld ? [] : ["transfer-encoding: chunked"],
      ...connectionField(isKept, isOld),
    ]);
    const framed = (part: Uint8Array) =>
      isOld ? [part] : [encoder.encode(`${part.length.toString(16)}\r\n`), part, encoder.encode("\r\n")];
    let isGone = false;
    options.untilGone().then(() => {
      isGone = true;
      return reader!.cancel();
    }).catch(() => {});
    await write(head, ...parts.flatMap(framed));
    while (true) {
      const { done, value } = await (next ?? reader!.read());
      next = undefined;
      if (isGone) return false;
      if (done) break;
      if (value.length > 0) await write(...framed(value)); // an empty chunk would be the last one
    }
    if (!isOld) await write(LAST_CHUNK);
    return isKept;
  } finally {
    turn.cancel();
    next?.catch(() => {});
    reader?.cancel().catch(() => {});
  }
}

/** Returns the head of a response, with the empty line. */
function headOf({ status, headers }: Response, more: readonly string[]): Uint8Array {
  const lines = [`HTTP/1.1 ${status} `, `date: ${new Date().toUTCString()}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return encoder.encode([...lines, ...more, "", ""].join("\r\n"));
}

/** Returns the field `connection`, unless its value is the default of the HTTP version. */
function connectionField(keepsAlive: boolean, isOld: boolean): string[] {
  if (keepsAlive === !isOld) return [];
  return [`connection: ${keepsAlive ? "keep-alive" : "close"}`];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Returns a promise that resolves after the microtasks of this turn of the event loop. */
function nextTurn(): { readonly ended: Promise<undefined>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), 0);
  return { ended: promise, cancel: () => clearTimeout(timer) };
}
