/**
 * What the tests of the drawing page share: a server with a small network, and a browser with the page. Bare `deno test`
 * does not find these files; `deno task test:gui` names them.
 * @module
 */
import { fromFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import type { DatasetPair } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits.ts";
import { createGui, type GuiOptions } from "../../src/gui/gui.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { serveGui } from "../../src/gui/serve.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train } from "../../src/training/train.ts";
import { type Browser, launchChromium, type Page } from "./chromium.ts";

/** Switches with which Chromium asks nobody anything on its own. */
const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** What these tests use of Playwright's page beyond {@linkcode Page}. */
export interface GuiPage extends Page {
  readonly keyboard: Page["keyboard"] & { down(key: string): Promise<void>; up(key: string): Promise<void> };
  readonly mouse: {
    move(x: number, y: number, options?: { steps?: number }): Promise<void>;
    down(options?: { button?: "left" | "right" | "middle" }): Promise<void>;
    up(options?: { button?: "left" | "right" | "middle" }): Promise<void>;
  };
  focus(selector: string): Promise<void>;
  hover(selector: string): Promise<void>;
  addScriptTag(script: { content: string }): Promise<unknown>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(media: Readonly<Record<string, string | null>>): Promise<void>;
  waitForTimeout(milliseconds: number): Promise<void>;
  screenshot(
    options?: { path?: string; clip?: { x: number; y: number; width: number; height: number } },
  ): Promise<Uint8Array>;
  context(): {
    close(): Promise<void>;
    newPage(): Promise<GuiPage>;
    newCDPSession(page: GuiPage): Promise<{ send(method: string, parameters: object): Promise<unknown> }>;
  };
}

/** A point of the pad in widths of it, from its left top. */
export type Place = readonly [x: number, y: number];

/** What a person who looks at the page reads from it. */
export interface Reading {
  readonly guess: string;
  readonly verdict: string;
  /** Percent, by class; `null` where nothing is read. */
  readonly values: readonly (number | null)[];
}

/** Starts Chromium for the tests of a file. */
export async function openBrowser(): Promise<Browser> {
  return await launchChromium({ args: QUIET });
}

/** A few drawn digits, and a small network that learnt to read them. */
export async function trainSmall(): Promise<{ mlp: Mlp; digits: DatasetPair }> {
  const digits = drawDigits({ count: 3000, testCount: 100 });
  const mlp = Mlp.create([dense(32, "relu"), dense(12, "tanh"), dense(10, "softmax")], digits.train);
  for await (const _ of train(mlp, digits.train, { epochs: 5, learningRate: 0.004 }));
  return { mlp, digits };
}

/** Starts `deno task gui` as one who stands in `folder`; its address is the first line that it prints. */
export async function startTask(
  options: readonly string[],
  folder?: string,
): Promise<{ process: Deno.ChildProcess; url: string }> {
  const [, ...granted] = config.tasks.gui.command.split(" ");
  const process = new Deno.Command(Deno.execPath(), {
    args: [...granted, ...options],
    cwd: fromFileUrl(new URL("../../", import.meta.url)),
    env: { NO_COLOR: "1", ...folder === undefined ? {} : { INIT_CWD: folder } },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const url = new TextDecoder().decode(value).trim();
  if (!URL.canParse(url)) throw new Error("The task has not started");
  return { process, url };
}

/** A server whose answers a test can watch and hold back. */
export interface TestGui extends AsyncDisposable {
  readonly url: string;
  /** The ink of each request to read, in order. */
  readonly sheets: Uint8Array[];
  /** Paths that were asked for, in order. */
  readonly paths: string[];
  /** What each answer to read waits for. */
  before: (() => Promise<void>) | undefined;
  /** Resolves when somebody quit. */
  readonly quit: Promise<void>;
}

/** Serves the page on a free port. */
export async function serveTest(mlp: Mlp, options: Partial<GuiOptions> = {}): Promise<TestGui> {
  const gui = await createGui({ mlp, origin: "a test", page: pageFiles, ...options });
  const test = { sheets: [] as Uint8Array[], paths: [] as string[], before: undefined as TestGui["before"] };
  const handle = async (request: Request) => {
    const { url, method, headers } = request, { pathname } = new URL(url);
    test.paths.push(pathname);
    if (pathname !== "/predict") return await gui.handle(request);
    const body = new Uint8Array(await request.arrayBuffer());
    test.sheets.push(body);
    await test.before?.();
    return await gui.handle(new Request(url, { method, headers, body }));
  };
  const server = serveGui({ ...gui, handle }, { port: 0 });
  return Object.assign(test, {
    url: server.url,
    quit: gui.quit,
    [Symbol.asyncDispose]: () => server.close(),
  });
}

/** Opens the page in a context of its own, and waits until it has a server; errors of its scripts are thrown at the end. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<GuiPage & AsyncDisposable> {
  const page = await browser.newPage(options) as GuiPage;
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A server that is gone, and a request that it refuses, are part of some tests.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
      faults.push(message.text());
    }
  });
  await page.goto(url);
  await page.waitForSelector('[data-connection="connected"]');
  return Object.assign(page, {
    async [Symbol.asyncDispose]() {
      await page.context().close();
      if (faults.length > 0) throw new Error(`The page had errors: ${faults.join("; ")}`);
    },
  });
}

/** Where places of the pad are in the window, in CSS pixels. */
export async function onPad(page: GuiPage, places: readonly Place[]): Promise<Place[]> {
  const [left, top, side] = await page.evaluate(() => {
    const pad = document.querySelector("#pad")!;
    const { left, top } = pad.getBoundingClientRect();
    return [left + pad.clientLeft, top + pad.clientTop, pad.clientWidth];
  });
  return places.map(([x, y]) => [left + x * side, top + y * side]);
}

/** The same line with a point every fiftieth of the pad, as hands give them: corners are rounded between far points. */
export function closer(stroke: readonly Place[]): Place[] {
  return stroke.flatMap(([x, y], i) => {
    const [fromX, fromY] = stroke[Math.max(0, i - 1)], length = Math.hypot(x - fromX, y - fromY);
    const count = Math.max(1, Math.round(50 * length));
    return Array.from({ length: count }, (_, step): Place => {
      const share = (step + 1) / count;
      return [fromX + share * (x - fromX), fromY + share * (y - fromY)];
    });
  });
}

/** Draws with the mouse. */
export async function drawByMouse(page: GuiPage, ...strokes: readonly (readonly Place[])[]): Promise<void> {
  for (const stroke of strokes) {
    const [first, ...rest] = await onPad(page, closer(stroke));
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const place of rest) await page.mouse.move(...place);
    await page.mouse.up();
  }
}

/** A one, a seven and a cross-stroke, which small networks tell apart. */
export const ONE: readonly Place[] = [[0.5, 0.15], [0.5, 0.5], [0.5, 0.85]];
export const SEVEN: readonly Place[] = [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [0.6, 0.5], [0.45, 0.85]];

/** What the page says now. */
export function readPage(page: GuiPage): Promise<Reading> {
  return page.evaluate(() => ({
    guess: document.querySelector("#guess")!.textContent!,
    verdict: document.querySelector("#verdict")!.textContent!,
    values: Array.from(document.querySelectorAll("[data-digit]"), (bar) => {
      const value = bar.getAttribute("aria-valuenow");
      return value === null ? null : Number(value);
    }),
  }));
}

/** Looks at the page until `isSo`: the page's policy refuses Playwright's own way of waiting for a condition. */
export async function waitUntil(page: GuiPage, isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    if (await isSo()) return;
    await page.waitForTimeout(20);
  }
  throw new Error(`Waited 15 seconds in vain: ${what}`);
}

/** Waits until something is read, or until nothing is. */
export async function waitForGuess(page: GuiPage, { none = false } = {}): Promise<void> {
  const isSo = async () => ((await readPage(page)).guess === "") === none;
  await waitUntil(page, isSo, none ? "nothing is guessed" : "something is guessed");
}

/** Waits until an element's text matches; returns the text. */
export async function waitForText(page: GuiPage, selector: string, pattern: RegExp): Promise<string> {
  const textOf = () => page.textContent(selector);
  await waitUntil(page, async () => pattern.test(await textOf() ?? ""), `${selector} says ${pattern}`);
  return (await textOf())!;
}

/** The ink that reaches the server for what is drawn now, once the page has asked for it. */
export async function lastSheet(page: GuiPage, { sheets }: TestGui): Promise<Uint8Array> {
  for (let known = -1; known !== sheets.length;) {
    known = sheets.length;
    await page.waitForTimeout(60);
  }
  return sheets[sheets.length - 1];
}

/** The smallest box around a sheet's ink, in widths of the sheet. */
export function boxOf(sheet: Uint8Array): { left: number; top: number; right: number; bottom: number } {
  const side = Math.sqrt(sheet.length);
  let left = side, top = side, right = 0, bottom = 0;
  for (const [at, value] of sheet.entries()) {
    if (value < 128) continue;
    left = Math.min(left, at % side);
    right = Math.max(right, at % side + 1);
    top = Math.min(top, Math.floor(at / side));
    bottom = Math.max(bottom, Math.floor(at / side) + 1);
  }
  return { left: left / side, top: top / side, right: right / side, bottom: bottom / side };
}
