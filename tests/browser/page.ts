/** The drawing page in Chromium: the actions of a user on it, and the texts that it shows. @module */
import { type Browser, launchChromium, type Page } from "./chromium.ts";

/** Switches that keep Chromium from sending requests itself. */
const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** The part of Playwright's page that these tests use beyond {@linkcode Page}. */
interface PlaywrightPage extends Page {
  readonly keyboard: Page["keyboard"] & { down(key: string): Promise<void>; up(key: string): Promise<void> };
  readonly mouse: {
    move(x: number, y: number, options?: { steps?: number }): Promise<void>;
    down(options?: { button?: "left" | "right" | "middle" }): Promise<void>;
    up(options?: { button?: "left" | "right" | "middle" }): Promise<void>;
  };
  bringToFront(): Promise<void>;
  focus(selector: string): Promise<void>;
  hover(selector: string): Promise<void>;
  selectOption(selector: string, value: string): Promise<unknown>;
  addScriptTag(script: { content: string }): Promise<unknown>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(media: Readonly<Record<string, string | null>>): Promise<void>;
  waitForTimeout(milliseconds: number): Promise<void>;
  screenshot(
    options?: {
      path?: string;
      clip?: { x: number; y: number; width: number; height: number };
      fullPage?: boolean;
    },
  ): Promise<Uint8Array>;
  context(): {
    close(): Promise<void>;
    newPage(): Promise<PlaywrightPage>;
    newCDPSession(
      page: PlaywrightPage,
    ): Promise<{ send(method: string, parameters: object): Promise<unknown> }>;
  };
}

/** A point of the pad, from its top left corner, in units of its width. */
export type Place = readonly [x: number, y: number];

/** The strokes of a one and a seven, which small networks can distinguish. */
export const ONE: readonly Place[] = [[0.5, 0.15], [0.5, 0.5], [0.5, 0.85]];
export const SEVEN: readonly Place[] = [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [0.6, 0.5], [0.45, 0.85]];

/** The texts and values that the page shows. */
export interface Reading {
  readonly guess: string;
  readonly verdict: string;
  /** The percentage of each class; `null` if no guess is shown. */
  readonly values: readonly (number | null)[];
}

/** The actions of a user on the page. */
interface Actions {
  /** Converts places of the pad to places of the window, in CSS pixels. */
  onPad(places: readonly Place[]): Promise<Place[]>;
  /** Draws with the mouse; long distances between places are drawn in steps. */
  draw(...strokes: readonly (readonly Place[])[]): Promise<void>;
  /** Draws with the mouse, with no more events than these places. */
  drawExactly(stroke: readonly Place[]): Promise<void>;
  /** Returns the texts and values that the page shows now. */
  read(): Promise<Reading>;
  /** Checks a condition repeatedly until it is true: the page's policy blocks Playwright's own waiting. */
  waitUntil(isSo: () => Promise<boolean>, condition: string): Promise<void>;
  /** Waits until a guess is shown, or with `none` until no guess is shown. */
  waitForGuess(options?: { none?: boolean }): Promise<void>;
  /** Waits until an element's text matches, and returns the text. */
  waitForText(selector: string, pattern: RegExp): Promise<string>;
}

/** The opened drawing page. Its disposal throws the errors of its scripts. */
export interface GuiPage extends PlaywrightPage, Actions, AsyncDisposable {
  /** The addresses that the page has requested, in order. */
  readonly urls: readonly string[];
}

/** Starts Chromium for the drawing page. */
export async function openBrowser(): Promise<Browser> {
  return await launchChromium({ args: QUIET });
}

/**
 * Opens the page in a new context with Playwright's `options`, and waits until the page has a server unless `isAwaited` is
 * false. `areFaultsThrown` is false for a page whose errors a test expects.
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: Readonly<Record<string, unknown>> = {},
  { isAwaited = true, areFaultsThrown = true } = {},
): Promise<GuiPage> {
  const page = await browser.newPage(options);
  const opened = await show(page, url, { isAwaited });
  return Object.assign(opened, {
    async [Symbol.asyncDispose]() {
      await opened.context().close();
      if (areFaultsThrown) opened.throwFaults();
    },
  });
}

/** Several tabs of the page. Their disposal throws the errors of their scripts. */
export interface Tabs extends AsyncDisposable {
  readonly pages: readonly GuiPage[];
}

/** Opens tabs in one new context, one after the other, and waits until each has a server unless `isAwaited` is false. */
export async function openTabs(
  browser: Browser,
  url: string,
  { count, isAwaited = true }: { readonly count: number; readonly isAwaited?: boolean },
): Promise<Tabs> {
  const context = await browser.newContext(), pages: (GuiPage & Watched)[] = [];
  for (let i = 0; i < count; i++) {
    const page = await show(await context.newPage(), url, { isAwaited });
    pages.push(Object.assign(page, { [Symbol.asyncDispose]: () => page.close() }));
  }
  return {
    pages,
    async [Symbol.asyncDispose]() {
      await context.close();
      for (const page of pages) page.throwFaults();
    },
  };
}

/** The errors of a page. */
interface Watched {
  /** Throws the errors of the page's scripts. */
  throwFaults(): void;
}

/** Goes to the page in a new tab, and adds the actions of a user. */
async function show(
  tab: Page,
  url: string,
  { isAwaited = true } = {},
): Promise<Omit<GuiPage, typeof Symbol.asyncDispose> & Watched> {
  const page = tab as PlaywrightPage, faults: string[] = [], urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // Some tests stop the server, or send requests that it refuses.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
      faults.push(message.text());
    }
  });
  await page.goto(url);
  if (isAwaited) await page.waitForSelector('[data-connection="connected"]');
  return Object.assign(page, actionsOn(page), {
    urls,
    throwFaults() {
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
      for (const stroke of strokes) await actions.drawExactly(closer(stroke));
    },
    async drawExactly(stroke) {
      const [first, ...rest] = await actions.onPad(stroke);
      await page.mouse.move(...first);
      await page.mouse.down();
      for (const place of rest) await page.mouse.move(...place);
      await page.mouse.up();
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
    async waitUntil(isSo, condition) {
      for (const end = Date.now() + 60_000; Date.now() < end;) {
        if (await isSo()) return;
        await page.waitForTimeout(20);
      }
      throw new Error(`Waited a minute in vain for: ${condition}`);
    },
    async waitForGuess({ none = false } = {}) {
      const isSo = async () => ((await actions.read()).guess === "") === none;
      await actions.waitUntil(isSo, none ? "no guess" : "a guess");
    },
    async waitForText(selector, pattern) {
      const textOf = () => page.textContent(selector);
      await actions.waitUntil(async () => pattern.test(await textOf() ?? ""), `${selector} says ${pattern}`);
      return (await textOf())!;
    },
  };
  return actions;
}

/** Adds points to a stroke, one every fiftieth of the pad, like real pointers. */
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
