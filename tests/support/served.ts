/** This project over HTTP, as programs import it from a URL. @module */
import { join } from "@std/path";
import { ROOT } from "../tasks/support.ts";

/** A server of the project's files on this machine. */
export interface Served extends AsyncDisposable {
  /** Its address without the protocol, such as `127.0.0.1:4000`. */
  readonly host: string;
  /** The requested paths, in order. */
  readonly asked: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = { ts: "text/typescript", json: "application/json" };

/** Serves the project's files. */
export function serveProject(): Served {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const file = await Deno.readFile(join(ROOT, pathname)).catch(() => undefined);
    const type = TYPES[pathname.split(".").pop() ?? ""] ?? "text/plain";
    return new Response(file, { status: file ? 200 : 404, headers: { "content-type": type } });
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return { host, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}
