/** The drawing page's server on a port. Needs Deno, and permission to listen. @module */
import type { Gui } from "./gui.ts";
import { hostOf, isLoopback } from "./guard.ts";

/** Ports that are tried one after the other where none was asked for. */
const MOST_PORTS = 100;
/** How long answers that are under way may take once the server ends, in milliseconds. */
const LAST_ANSWERS = 1000;

/** Where to listen. */
export interface ListenOptions {
  /** The address or name of an interface of this machine; `127.0.0.1` by default. */
  readonly hostname?: string;
  /** The port, 0 for any that is free. */
  readonly port: number;
  /** Whether to take a later one where that is taken. */
  readonly orNext?: boolean;
}

/** A server that listens. */
export interface GuiServer extends AsyncDisposable {
  /** The page's address on this machine. */
  readonly url: string;
  /** The port. */
  readonly port: number;
  /** Whether only this machine reaches it. */
  readonly isLoopback: boolean;
  /** Ends it: lets answers that are under way finish, and frees the port. */
  close(): Promise<void>;
}

/**
 * Serves the page.
 *
 * @throws {Deno.errors.AddrInUse} where the port is taken
 */
export function serveGui(gui: Gui, options: ListenOptions): GuiServer {
  const { hostname = "127.0.0.1", port, orNext = false } = options;
  const abort = new AbortController(), sending = new Set<Promise<void>>();
  const handler = (request: Request, { completed }: Deno.ServeHandlerInfo) => {
    const sent = completed.catch(() => {}).finally(() => sending.delete(sent)); // rejected where the caller went away
    sending.add(sent);
    return gui.handle(request);
  };
  const listen = (at: number): Deno.HttpServer<Deno.NetAddr> => {
    try {
      return Deno.serve({ hostname, port: at, signal: abort.signal, onListen: () => {} }, handler);
    } catch (error) {
      const isLast = !orNext || at >= Math.min(65_535, port + MOST_PORTS - 1);
      if (!(error instanceof Deno.errors.AddrInUse) || isLast) throw error;
      return listen(at + 1);
    }
  };
  const server = listen(port);
  const close = async () => {
    gui.close();
    // Deno's own `shutdown()` waits for callers who never finish what they send, without an end.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_ANSWERS));
    await Promise.race([Promise.all(sending), late]);
    clearTimeout(timer);
    abort.abort();
    await server.finished;
  };
  // Nobody can ask for "every interface": a browser on this machine asks for loopback.
  const host = hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostOf(hostname);
  return {
    url: `http://${host}:${server.addr.port}/`,
    port: server.addr.port,
    isLoopback: isLoopback(server.addr.hostname),
    close,
    [Symbol.asyncDispose]: close,
  };
}
