/** One connection of HTTP/1.1: requests one after the other, each with its response, and limits on time. @module */
import { RequestError, responseOf } from "../../protocol/refusal.ts";
import { hasHostForm } from "../guard.ts";
import { parseHead, type RequestHead } from "./head.ts";
import { bodyOf } from "./request_body.ts";
import { sendResponse } from "./send.ts";
import { BUFFER_BYTES, createSource, type Wire } from "./source.ts";

/** Limits on the time of a connection, in milliseconds. */
export interface ConnectionLimits {
  /** The maximum time until the head of a request has arrived. */
  readonly headMilliseconds: number;
  /** The maximum time between two requests. */
  readonly idleMilliseconds: number;
  /** The maximum time in which a client takes no bytes of a response. */
  readonly stallMilliseconds: number;
}

/** The function from requests to responses, and the limits. */
export interface ConnectionOptions extends ConnectionLimits {
  /** Returns the response; its promise is never rejected. */
  readonly handle: (request: Request, address: string) => Promise<Response>;
  /** The IP address of the client. */
  readonly address: string;
}

/** An open connection. */
export interface Connection {
  /** The IP address of the client. */
  readonly address: string;
  /** The time at which it began to wait for a request, as of `performance.now()`; `undefined` during a request. */
  readonly waitingSince: number | undefined;
  /** The promise that resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Ends it: at once if it waits for a request, else after its response. A request of which a part has arrived gets `reason`. */
  end(reason: RequestError): void;
  /** Ends it at once. */
  close(): void;
}

/** The maximum time and number of bytes that the server reads after a refusal, so that the client can read the refusal. */
const LINGER_MILLISECONDS = 500, LINGER_BYTES = 16 * 2 ** 20;

/** Serves a connection. */
export function openConnection(wire: Wire, options: ConnectionOptions): Connection {
  const { headMilliseconds, idleMilliseconds, stallMilliseconds, address } = options;
  const source = createSource(wire);
  let waitingSince: number | undefined = performance.now(), ending = false, closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined, refusing: Promise<void> | undefined;
  const close = () => {
    if (closed) return;
    closed = true;
    clearTimeout(timer);
    wire.close();
  };
  const send = (response: Response, head: Partial<RequestHead>, keepsAlive: boolean) =>
    sendResponse(wire, response, {
      isHead: head.method === "HEAD",
      isOld: head.isOld ?? false,
      keepsAlive,
      stallMilliseconds,
      async untilGone() {
        const isOpen = source.bytes.length === BUFFER_BYTES || await source.more().catch(() => false);
        if (isOpen) await new Promise(() => {});
      },
    });
  const refuse = async (error: unknown) => {
    await send(responseOf(error), {}, false);
    await linger();
  };
  /** Continues to read for a moment: with unread bytes left, the system would report an error to the client before its response. */
  const linger = async () => {
    timer = setTimeout(close, LINGER_MILLISECONDS);
    await wire.closeWrite();
    for (let bytes = source.bytes.length; bytes < LINGER_BYTES;) {
      const some = await source.some(LINGER_BYTES);
      if (some === undefined) return;
      bytes += some.length;
    }
  };
  const end = (reason: RequestError) => {
    ending = true;
    if (waitingSince === undefined) return;
    waitingSince = undefined;
    clearTimeout(timer);
    if (source.bytes.length === 0) return close();
    refusing = refuse(reason).catch(() => {}).finally(close);
  };
  const waitAtMost = (milliseconds: number) => {
    clearTimeout(timer);
    const seconds = headMilliseconds / 1000;
    timer = setTimeout(
      () => end(new RequestError(408, `The request took longer than ${seconds} seconds`)),
      milliseconds,
    );
  };
  /** Reads the next head; `undefined` if the connection ends first. */
  const nextHead = async (isFirst: boolean): Promise<RequestHead | undefined> => {
    waitingSince = performance.now();
    waitAtMost(isFirst ? headMilliseconds : idleMilliseconds);
    let seen = 0;
    while (true) {
      while (source.bytes[0] === 13 && source.bytes[1] === 10) source.skip(2); // an empty line before a request is allowed
      const { bytes } = source, at = endOfHead(bytes, seen);
      if (at >= 0 || bytes.length === BUFFER_BYTES || isNoHead(bytes, seen)) {
        clearTimeout(timer);
        waitingSince = undefined;
        if (at < 0 && bytes.length === BUFFER_BYTES) {
          throw new RequestError(431, `The head of the request is larger than ${BUFFER_BYTES} bytes`);
        }
        const head = parseHead(String.fromCharCode(...bytes.subarray(0, Math.max(0, at))));
        source.skip(at + 4);
        return head;
      }
      if (!isFirst && seen === 0 && bytes.length > 0) waitAtMost(headMilliseconds);
      seen = bytes.length;
      if (!await source.more() || ending) return undefined;
    }
  };
  const serve = async () => {
    for (let isFirst = true; !ending; isFirst = false) {
      let head: RequestHead | undefined;
      try {
        head = await nextHead(isFirst);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return await refuse(error);
      }
      if (head === undefined) return;
      const { length, awaitsContinue } = head;
      const body = bodyOf(source, length, async () => {
        if (awaitsContinue) await wire.write(new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n"));
      });
      const response = await responseTo(head, body.stream, options);
      const isKept = await send(response, head, head.keepsAlive && body.isComplete && !ending);
      if (!body.isComplete) return await linger();
      if (!isKept) return;
    }
  };
  const ended = serve().catch(() => {}).then(() => refusing).finally(close);
  return {
    address,
    get waitingSince() {
      return waitingSince;
    },
    ended,
    end,
    close,
  };
}

/** Returns the response to a request. */
async function responseTo(
  { method, target, host, fields }: RequestHead,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  { handle, address }: ConnectionOptions,
): Promise<Response> {
  let request: Request;
  try {
    // The URL of a host of another form is not used: the guard refuses it.
    const own = `http://${host}${target}`, hasForm = hasHostForm(host) && URL.canParse(own);
    const url = hasForm ? own : `http://localhost${target}`;
    const hasBody = method !== "GET" && method !== "HEAD";
    request = new Request(url, { method, headers: [...fields], ...(hasBody && { body, duplex: "half" }) });
    if (request.method !== method) throw new TypeError("The method is in lower case");
  } catch {
    return responseOf(
      new RequestError(405, "This server does not support the method", { allow: "GET, HEAD, POST" }),
    );
  }
  return await handle(request, address);
}

/** Returns the index of the line ends after a head, whose last byte is at `from` or later; -1 if the head has not ended. */
function endOfHead(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(10, Math.max(3, from)); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at - 3;
  }
  return -1;
}

/** Returns whether bytes cannot be the beginning of a head, such as those of TLS, or have a line end without CR at `from` or later. */
function isNoHead(bytes: Uint8Array, from: number): boolean {
  if (bytes.length > 0 && !/[!#$%&'*+.^`|~\w\r-]/.test(String.fromCharCode(bytes[0]))) return true;
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return true;
  }
  return false;
}
