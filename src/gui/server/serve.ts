/**
 * Serving of a page on a port, over HTTP/1.1. Needs Deno, and permission to listen. It does not use `Deno.serve`, which waits
 * for the head of a request without a time limit, and ends if the process can open no more files; nor the server of
 * `node:http`, which in Deno never accepts a connection again after that.
 * @module
 */
import { responseOf } from "../protocol/refusal.ts";
import type { Gui } from "./gui.ts";
import { hostOf, isLoopback } from "./guard.ts";
import { type Connection, type ConnectionLimits, openConnection } from "./http/connection.ts";
import { type ConnectionCounts, createConnections, tooMany } from "./http/connections.ts";

/** The number of ports that are tried, one after the other, if `orNext` is true. */
const MAX_PORTS = 100;
/** The maximum time that the server waits, when it ends, for responses in progress, in milliseconds. */
const CLOSE_MILLISECONDS = 700;
/** The number of connections that are ended if the process can open no more files, so that some are free for other work, too. */
const FREED = 8;
/** The time until the next connection is accepted after one has failed, in milliseconds. */
const RETRY_MILLISECONDS = 100;
/** The codes of errors of a connection whose client has ended it already; macOS has EINVAL. */
const GONE: readonly string[] = ["ECONNABORTED", "ECONNRESET", "EINVAL", "ENOTCONN", "EPIPE", "EPROTO"];
/** The minimum time between two reports of such a failure, in milliseconds. */
const REPORT_MILLISECONDS = 60_000;
/** The maximum number of connections that are being refused; others are closed without a response. */
const MAX_REFUSED = 16;
/** The limits of such a connection. */
const REFUSED_LIMITS = { headMilliseconds: 1000, idleMilliseconds: 0 };

/** Limits for connections: on their time, and on their number. */
export type ServeLimits = ConnectionLimits & ConnectionCounts;

/** The default limits. */
export const SERVE_LIMITS: ServeLimits = {
  headMilliseconds: 10_000,
  idleMilliseconds: 60_000,
  stallMilliseconds: 30_000,
  connections: 1024,
  connectionsOfOne: 512,
};

/** The page to serve: its function from requests to responses, and its end. */
export type ServedPage = Pick<Gui, "handle" | "close">;

/** The address to listen on. */
export interface ListenOptions {
  /** The address or name of an interface of this machine; `127.0.0.1` by default. */
  readonly hostname?: string;
  /** The port; 0 for any free one. */
  readonly port: number;
  /** True to use the next free port if this one is in use. */
  readonly orNext?: boolean;
  /** Limits that differ from {@linkcode SERVE_LIMITS}. */
  readonly limits?: Partial<ServeLimits>;
  /** Called with a sentence for a person if no connection can be accepted, at most once a minute. The server goes on. */
  readonly onTrouble?: (message: string) => void;
}

/** A server that listens. */
export interface GuiServer extends AsyncDisposable {
  /** The page's address on this machine. */
  readonly url: string;
  /** The port. */
  readonly port: number;
  /** True if only this machine can reach it. */
  readonly isLoopback: boolean;
  /** Ends the server: waits for responses in progress, and frees the port. */
  close(): Promise<void>;
}

/**
 * Serves the page.
 *
 * @throws {Deno.errors.AddrInUse} if the port is in use
 */
export function serveGui(page: ServedPage, options: ListenOptions): GuiServer {
  const { hostname = "127.0.0.1", port, orNext = false, onTrouble } = options;
  const limits = { ...SERVE_LIMITS, ...options.limits };
  const listener = listen(hostname, port, orNext), connections = createConnections(limits);
  const refused = new Set<Connection>();
  let ended = false;
  const serve = (wire: Deno.TcpConn) => {
    const own = { ...limits, handle: page.handle, address: wire.remoteAddr.hostname };
    if (connections.makeRoom(own.address)) return connections.add(openConnection(wire, own));
    if (refused.size >= MAX_REFUSED) return wire.close();
    const refusing = openConnection(wire, { ...own, ...REFUSED_LIMITS, handle: refuse });
    refused.add(refusing);
    refusing.ended.finally(() => refused.delete(refusing));
  };
  const accept = async () => {
    let reported = -Infinity;
    while (!ended) {
      try {
        const wire = await listener.accept();
        try {
          wire.setNoDelay(true);
          serve(wire);
        } catch {
          wire.close(); // the client has disconnected already
        }
      } catch (error) {
        if (ended) return;
        if (isOfClient(error)) continue;
        if (performance.now() - reported > REPORT_MILLISECONDS) {
          reported = performance.now();
          onTrouble?.(`the page accepts no new connection: ${reasonOf(error)}; it tries again`);
        }
        const isFreed = isExhausted(error) && connections.endWaiting(FREED);
        await new Promise((resolve) => setTimeout(resolve, isFreed ? 0 : RETRY_MILLISECONDS));
      }
    }
  };
  const accepting = accept();
  const close = async () => {
    page.close();
    if (ended) return;
    ended = true;
    listener.close();
    for (const connection of refused) connection.close();
    await connections.endAll(CLOSE_MILLISECONDS);
    await accepting;
  };
  // "Every interface" is not an address that a browser can open; on this machine, loopback is.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostOf(hostname);
  return {
    url: `http://${host}:${listener.addr.port}/`,
    port: listener.addr.port,
    isLoopback: isLoopback(listener.addr.hostname),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Listens on a port, or on the next free one. */
function listen(hostname: string, port: number, orNext: boolean): Deno.TcpListener {
  for (let at = port;; at++) {
    try {
      return Deno.listen({ hostname, port: at });
    } catch (error) {
      const isLast = !orNext || at >= Math.min(65_535, port + MAX_PORTS - 1);
      if (!(error instanceof Deno.errors.AddrInUse) || isLast) throw error;
    }
  }
}

/** Returns the response for a connection for which there is no room. */
function refuse(): Promise<Response> {
  return Promise.resolve(responseOf(tooMany()));
}

/** Returns whether an error is about the new connection only: its client has ended it before it was accepted. */
function isOfClient(error: unknown): boolean {
  const { code = "" } = error as { code?: string };
  return GONE.includes(code);
}

/** Returns whether an error says that the process or the system has no more files; a connection is one. */
function isExhausted(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EMFILE" || code === "ENFILE";
}

/** Returns the reason, for a person, that a connection cannot be accepted. */
function reasonOf(error: unknown): string {
  return isExhausted(error) ? "too many files and connections are open" : (error as Error).message;
}
