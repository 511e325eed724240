/** Test support for the page's server: a small network, sheets of ink, and requests as the page sends them. @module */
import { createGui, type Gui, type GuiOptions } from "../../src/gui/server/gui.ts";
import type { PageFile } from "../../src/gui/server/page_files.ts";
import { INK_SIDE, ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";

/** The address of the requests in these tests. */
export const ADDRESS = "http://127.0.0.1:8000";

/** A page of two files. */
export const PAGE: readonly PageFile[] = [
  {
    route: "/",
    mediaType: "text/html; charset=utf-8",
    text: '<!doctype html><meta name="token" content="">',
  },
  { route: "/page.js", mediaType: "text/javascript; charset=utf-8", text: "// nothing" },
];

/** Creates an untrained network. */
export function createNetwork(): Mlp {
  return Mlp.create([dense(12, "relu"), dense(7, "tanh"), dense(10, "softmax")], {
    inputShape: [28, 28],
    inputScale: 1 / 255,
  });
}

/** Creates the page's server for that network. */
export function openGui(options: Partial<GuiOptions> = {}): Promise<Gui> {
  return createGui({ mlp: createNetwork(), origin: "a test", page: PAGE, ...options });
}

/** Draws a stroke from top to bottom, and with `bar` also a horizontal bar. */
export function drawInk({ bar = false, left = 90 } = {}): Uint8Array<ArrayBuffer> {
  const ink = new Uint8Array(INK_SIDE * INK_SIDE);
  for (let y = 40; y < 150; y++) {
    for (let x = left; x < left + 15; x++) ink[y * INK_SIDE + x] = 255;
    if (bar && y < 55) { for (let x = left - 40; x < left; x++) ink[y * INK_SIDE + x] = 200; }
  }
  return ink;
}

/** The differences from a request of the page; a header of `undefined` is removed. */
export interface RequestChanges {
  readonly method?: string;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The address of the client; this machine's by default. */
  readonly address?: string;
}

/** Creates a request as the page sends it, with these differences. */
export function requestOf(gui: Gui, route: string, changed: RequestChanges = {}): Request {
  const [path] = route.split("?");
  const takesInk = [ROUTES.predict, ROUTES.correct, ROUTES.why, ROUTES.nearest].some((ink) => ink === path);
  const { method = "POST", body = takesInk ? drawInk() : "{}" } = changed;
  const headers = {
    host: "127.0.0.1:8000",
    origin: ADDRESS,
    "sec-fetch-site": "same-origin",
    "content-type": takesInk ? "application/octet-stream" : "application/json",
    [TOKEN_HEADER]: gui.token,
    ...changed.headers,
  };
  const given = Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(`${ADDRESS}${route}`, { method, headers: given, ...(hasBody && { body }) });
}

/** Sends such a request to the server, and returns the response with its JSON parsed. */
export async function ask(
  gui: Gui,
  route: string,
  changed?: RequestChanges,
): Promise<{ status: number; headers: Headers; json: Record<string, unknown> }> {
  const response = await gui.handle(requestOf(gui, route, changed), changed?.address);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: response.headers.get("content-type") === "application/json" ? JSON.parse(text) : { text },
  };
}
