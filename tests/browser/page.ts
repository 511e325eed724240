/** The drawing page in Chromium: what a person does on it, and reads from it. @module */
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
interface PlaywrightPage extends Page {
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
    newPage(): Promise<PlaywrightPage>;
    newCDPSession(
      page: PlaywrightPage,
    ): Promise<{ send(method: string, parameters: object): Promise<unknown> }>;
  };
}

/** A point of the pad in widths of it, from its left top. */
export type Place = readonly [x: number, y: number];

/** A one and a seven, which small networks tell apart. */
export const ONE: readonly Place[] = [[0.5, 0.15], [0.5, 0.5], [0.5, 0.85]];
export const SEVEN: readonly Place[] = [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [0.6, 0.5], [0.45, 0.85]];

/** What a person who looks at the page reads from it. */
export interface Reading {
  readonly guess: string;
  readonly verdict: string;
  /** Percent, by class; `null` where nothing is read. */
  readonly values: readonly (number | null)[];
}

/** What a person does on the page. */
interface Actions {
  /** Returns the places of the window, in CSS pixels, at which places of the pad are. */
  onPad(places: readonly Place[]): Promise<Place[]>;
  /** Draws with the mouse; strokes of places that are far apart are drawn by steps. */
  draw(...strokes: readonly (readonly Place[])[]): Promise<void>;
  /** Returns what the page says now. */
  read(): Promise<Reading>;
  /** Looks at the page until `isSo`: its policy refuses Playwright's own way of waiting for a condition. */
  waitUntil(isSo: () => Promise<boolean>, what: string): Promise<void>;
  /** Waits until something is read, or until nothing is. */
  waitForGuess(options?: { none?: boolean }): Promise<void>;
  /** Waits until an element's text matches; returns the text. */
  waitForText(selector: string, pattern: RegExp): Promise<string>;
}

/** The drawing page, opened. Errors of its scripts are thrown at its disposal. */
export interface GuiPage extends PlaywrightPage, Actions, AsyncDisposable {
  /** The addresses that the page has asked for, in order. */
  readonly urls: readonly string[];
}

/** Starts Chromium for the drawing page. */
export async function openBrowser(): Promise<Browser> {
  return await launchChromium({ args: QUIET });
}

/** Opens the page in a context of its own, with Playwright's `options`, and waits until it has a server. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<GuiPage> {
  const page = await browser.newPage(options) as PlaywrightPage;
  const faults: string[] = [], urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A server that is gone, and a request that it refuses, are part of some tests.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
      faults.push(message.text());
    }
  });
  await page.goto(url);
  await page.waitForSelector('[data-connection="connected"]');
  return Object.assign(page, actionsOn(page), {
    urls,
    async [Symbol.asyncDispose]() {
      await page.context().close();
      if (faults.length > 0) throw new Error(`The page had errors: ${faults.join("; ")}`);
    },
  });
}

function actionsOn(page: PlaywrightPage): Actions {
  const actions: Actions = {
    async onPad(places) {
      const [left, top, side] = await page.evaluate(() => {
        const pad = document.querySelector("#pad")!;
        const { left, top } = pad.getBoundingClientRect();
        return [left + pad.clientLeft, top + pad.clientTop, pad.clientWidth];
      });
      return places.map(([x, y]) => [left + x * side, top + y * side]);
    },
    async draw(...strokes) {
      for (const stroke of strokes) {
        const [first, ...rest] = await actions.onPad(closer(stroke));
        await page.mouse.move(...first);
        await page.mouse.down();
        for (const place of rest) await page.mouse.move(...place);
        await page.mouse.up();
      }
    },
    read: () =>
      page.evaluate(() => ({
        guess: document.querySelector("#guess")!.textContent!,
        verdict: document.querySelector("#verdict")!.textContent!,
        values: Array.from(document.querySelectorAll("[data-digit]"), (bar) => {
          const value = bar.getAttribute("aria-valuenow");
          return value === null ? null : Number(value);
        }),
      })),
    async waitUntil(isSo, what) {
      for (const end = Date.now() + 15_000; Date.now() < end;) {
        if (await isSo()) return;
        await page.waitForTimeout(20);
      }
      throw new Error(`Waited 15 seconds in vain: ${what}`);
    },
    async waitForGuess({ none = false } = {}) {
      const isSo = async () => ((await actions.read()).guess === "") === none;
      await actions.waitUntil(isSo, none ? "nothing is guessed" : "something is guessed");
    },
    async waitForText(selector, pattern) {
      const textOf = () => page.textContent(selector);
      await actions.waitUntil(async () => pattern.test(await textOf() ?? ""), `${selector} says ${pattern}`);
      return (await textOf())!;
    },
  };
  return actions;
}

/** Adds points to a line, one every fiftieth of the pad, as hands give them: corners are rounded between far points. */
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
