/** Test support for the page's server on a real port. @module */
import { assertEquals } from "@std/assert";
import { ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import type { Gui, GuiOptions } from "../../src/gui/server/gui.ts";
import { type GuiServer, serveGui, type ServeLimits } from "../../src/gui/server/serve.ts";
import { within } from "../support/deadline.ts";
import { isGranted } from "../support/permissions.ts";
import { drawInk, openGui } from "./support.ts";

/** A running server, and the actions of a page. */
export interface Served {
  readonly gui: Gui;
  readonly server: GuiServer;
  post(route: string, body?: BodyInit, headers?: Record<string, string>): Promise<Response>;
  /** Sends text unchanged, and reads the response to its end. */
  send(text: string): Promise<string>;
  /** Checks that the server still predicts a drawing. */
  assertAlive(): Promise<void>;
}

/** Registers a test with a server on a free port. */
export function serveTest(
  sentence: string,
  body: (served: Served) => Promise<void>,
  options: Partial<GuiOptions> = {},
  limits: Partial<ServeLimits> = {},
): void {
  Deno.test({
    name: `${sentence} (needs --allow-net=127.0.0.1)`,
    ignore: !isGranted({ name: "net", host: "127.0.0.1" }),
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      const gui = await openGui(options);
      await using server = serveGui(gui, { port: 0, limits });
      await within(20, body(serve(gui, server)));
    },
  });
}

/** Returns the actions of a page of this server. */
export function serve(gui: Gui, server: GuiServer): Served {
  const served: Served = {
    gui,
    server,
    post(route, body = drawInk(), headers = {}) {
      const type = body instanceof Uint8Array ? "application/octet-stream" : "application/json";
      const all = { "content-type": type, [TOKEN_HEADER]: gui.token, ...headers };
      return fetch(new URL(route, server.url), { method: "POST", body, headers: all });
    },
    async send(text) {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      await connection.write(new TextEncoder().encode(text));
      return await new Response(untilClosed(connection)).text();
    },
    async assertAlive() {
      const response = await served.post(ROUTES.predict);
      assertEquals(response.status, 200);
      await response.body?.cancel();
    },
  };
  return served;
}

/** Yields the bytes of a connection until it ends or the other side cuts it. */
export async function* untilClosed(connection: Deno.Conn): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(4096);
  try {
    for (let read; (read = await connection.read(buffer)) !== null;) yield buffer.slice(0, read);
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}
