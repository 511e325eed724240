/** A connection in memory, for tests of the page's server. @module */
import { type ConnectionOptions, openConnection } from "../../src/gui/server/http/connection.ts";
import type { Wire } from "../../src/gui/server/http/source.ts";

/** A connection whose client is a test. */
export interface TestWire extends Wire {
  /** Sends text to the server, one character a byte. */
  send(text: string): void;
  /** Ends the client's sending side. */
  end(): void;
  /** What the server has sent, one character a byte. */
  readonly answer: string;
  /** True if the server has ended its sending side, or the connection. */
  readonly isEnded: boolean;
}

/** Creates a connection. With `takes`, each write takes at most so many bytes; 0 never takes any. */
export function createWire(takes = Infinity): TestWire {
  const arrived: Uint8Array[] = [];
  let ended = false, isEnded = false, answer = "";
  let wake = () => {};
  const fail = Promise.withResolvers<never>();
  fail.promise.catch(() => {});
  return {
    send(text) {
      arrived.push(Uint8Array.from(text, (character) => character.charCodeAt(0)));
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async read(into) {
      while (arrived.length === 0) {
        if (ended) return null;
        await Promise.race([new Promise<void>((resolve) => wake = resolve), fail.promise]);
      }
      const [first] = arrived, part = first.subarray(0, into.length);
      into.set(part);
      if (part.length === first.length) arrived.shift();
      else arrived[0] = first.subarray(part.length);
      return part.length;
    },
    async write(bytes) {
      if (takes === 0) await fail.promise;
      const count = Math.min(takes, bytes.length);
      answer += String.fromCharCode(...bytes.subarray(0, count));
      return await Promise.resolve(count);
    },
    closeWrite() {
      isEnded = true;
      return Promise.resolve();
    },
    close() {
      isEnded = true;
      ended = true;
      fail.reject(new Error("closed"));
      wake();
    },
    get answer() {
      return answer;
    },
    get isEnded() {
      return isEnded;
    },
  };
}

/** The limits of a connection in tests that do not test them. */
export const LIMITS = { headMilliseconds: 60_000, idleMilliseconds: 60_000, stallMilliseconds: 60_000 };

/** Sends these pieces as a client that then waits; returns the answer when the connection has ended. */
export async function talk(
  pieces: string | readonly string[],
  options: Partial<ConnectionOptions> = {},
  wire: TestWire = createWire(),
): Promise<string> {
  const { ended } = openConnection(wire, { ...LIMITS, handle: echo, address: "127.0.0.1", ...options });
  for (const piece of [pieces].flat()) {
    wire.send(piece);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  wire.end();
  await ended;
  return wire.answer;
}

/** Returns a response that tells the request. */
export async function echo(request: Request, address: string): Promise<Response> {
  const { method, url, headers } = request;
  return Response.json([method, url, headers.get("x-word"), await request.text(), address]);
}
