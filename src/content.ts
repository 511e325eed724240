/** The content of a file or of stdin: its first bytes, then all of it, at once or piece by piece. Needs Deno. @module */
import { readFileBounded, readToEnd } from "./files.ts";

/** An open file, or stdin. Its content can be read once. */
export interface Content extends Disposable {
  /** Its first bytes; all of them if there are fewer than {@linkcode HEAD_BYTES}. */
  readonly head: Uint8Array;
  /** Reads all bytes. */
  bytes(): Promise<Uint8Array>;
  /** Yields all bytes, piece by piece. Each piece has memory of its own. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/** The number of bytes that tell a text from other content, and of those of a piece. */
const HEAD_BYTES = 512, PIECE_BYTES = 256 * 1024;

/** Opens a file, or stdin if there is no path. */
export async function openContent(path: string | undefined): Promise<Content> {
  const file = path === undefined ? undefined : await Deno.open(path);
  const stream = file ?? Deno.stdin;
  try {
    const isFile = file !== undefined && (await file.stat()).isFile;
    const head = await readHead(stream);
    return {
      head,
      bytes: () =>
        path !== undefined && isFile
          ? readFileBounded(path)
          : readToEnd(withHead(head, stream), { name: path ?? "stdin" }),
      async *pieces() {
        yield head;
        while (true) {
          const buffer = new Uint8Array(PIECE_BYTES), count = await stream.read(buffer);
          if (count === null) return;
          yield buffer.subarray(0, count);
        }
      },
      [Symbol.dispose]: () => file?.close(),
    };
  } catch (error) {
    file?.close();
    throw error;
  }
}

type Stream = Parameters<typeof readToEnd>[0];

async function readHead(stream: Stream): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD_BYTES);
  let filled = 0;
  while (filled < head.length) {
    const count = await stream.read(head.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return head.subarray(0, filled);
}

/** Returns a stream of bytes that were read from it, and the rest. */
function withHead(head: Uint8Array, stream: Stream): Stream {
  let rest = head;
  return {
    read(buffer) {
      if (rest.length === 0) return stream.read(buffer);
      const count = Math.min(rest.length, buffer.length);
      buffer.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return Promise.resolve(count);
    },
  };
}

/** Returns whether the first bytes are those of a text: it has no control characters other than tabs and line breaks. */
export function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0D));
}
