/** Serving of the drawing page on a port. Needs Deno, and permission to listen. @module */
import type { Gui } from "./gui.ts";
import { hostOf, isLoopback } from "./guard.ts";

/** The number of ports that are tried, one after the other, if `orNext` is true. */
const MAX_PORTS = 100;
/** The maximum time that the server waits, when it ends, for responses in progress, in milliseconds. */
const CLOSE_MILLISECONDS = 1000;

/** The address to listen on. */
export interface ListenOptions {
  /** The address or name of an interface of this machine; `127.0.0.1` by default. */
  readonly hostname?: string;
  /** The port; 0 for any free one. */
  readonly port: number;
  /** True to use the next free port if this one is in use. */
  readonly orNext?: boolean;
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
export function serveGui(gui: Gui, options: ListenOptions): GuiServer {
  const { hostname = "127.0.0.1", port, orNext = false } = options;
  const abort = new AbortController(), sending = new Set<Promise<void>>();
  const handler = (request: Request, { completed, remoteAddr }: Deno.ServeHandlerInfo<Deno.NetAddr>) => {
    const sent = completed.catch(() => {}).finally(() => sending.delete(sent)); // rejected if the client disconnects
    sending.add(sent);
    return gui.handle(request, remoteAddr.hostname);
  };
  const listen = (at: number): Deno.HttpServer<Deno.NetAddr> => {
    try {
      return Deno.serve({ hostname, port: at, signal: abort.signal, onListen: () => {} }, handler);
    } catch (error) {
      const isLast = !orNext || at >= Math.min(65_535, port + MAX_PORTS - 1);
      if (!(error instanceof Deno.errors.AddrInUse) || isLast) throw error;
      return listen(at + 1);
    }
  };
  const server = listen(port);
  const close = async () => {
    gui.close();
    // Deno's own `shutdown()` has no time limit: it would wait for a client that never finishes its request.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MILLISECONDS));
    await Promise.race([Promise.all(sending), late]);
    clearTimeout(timer);
    abort.abort();
    await server.finished;
  };
  // "Every interface" is not an address that a browser can open; on this machine, loopback is.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostOf(hostname);
  return {
    url: `http://${host}:${server.addr.port}/`,
    port: server.addr.port,
    isLoopback: isLoopback(server.addr.hostname),
    close,
    [Symbol.asyncDispose]: close,
  };
}
