/**
 * Starts this machine's Chromium for tests in a browser. Its driver, Playwright, comes from npm when it is asked for and
 * not before: all else in the project, type checks too, works without a network.
 * @module
 */

/** The driver. A variable, because TypeScript would fetch what a literal names. */
const DRIVER = "npm:playwright-core@^1.65";

/** What tests use of Playwright's browser. */
export interface Browser {
  version(): string;
  newPage(options?: Readonly<Record<string, unknown>>): Promise<Page>;
  close(): Promise<void>;
}

/** What tests use of Playwright's page. */
export interface Page {
  readonly keyboard: {
    press(key: string): Promise<void>;
    type(text: string): Promise<void>;
  };
  readonly mouse: {
    move(x: number, y: number, options?: { steps?: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  /** Runs a function in the page; it sees nothing of the test but `argument`. */
  evaluate<Result, Argument = undefined>(
    work: string | ((argument: Argument) => Result | Promise<Result>),
    argument?: Argument,
  ): Promise<Result>;
  waitForFunction(condition: string, argument?: unknown, options?: { timeout?: number }): Promise<unknown>;
  waitForSelector(selector: string, options?: { timeout?: number }): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  screenshot(options?: { path?: string }): Promise<Uint8Array>;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  close(): Promise<void>;
}

/** Where systems put Chromium, or the browser that is built from it. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
];

/**
 * Starts Chromium without a window: the file that `CHROMIUM` names, or else the first that is in its usual place.
 *
 * @param options `args` are more switches of the command line
 * @throws {Error} where there is none
 */
export async function launchChromium(options: { readonly args?: readonly string[] } = {}): Promise<Browser> {
  const executablePath = findChromium();
  // Playwright looks for Windows' Linux in /proc, which Deno opens for nobody without every permission.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import(DRIVER) as { chromium: { launch(options: object): Promise<Browser> } };
  // Chromium's sandbox needs rights that the user root and containers do not have; the pages are all our own.
  return await chromium.launch({ executablePath, args: ["--no-sandbox", ...options.args ?? []] });
}

function findChromium(): string {
  const named = Deno.env.get("CHROMIUM");
  if (named) {
    if (isFile(named)) return named;
    throw new Error(`Cannot start Chromium: CHROMIUM names "${named}", which is no file`);
  }
  const found = PLACES.find(isFile);
  if (found) return found;
  throw new Error(
    `Cannot start Chromium: none of ${PLACES.join(", ")} is there; ` +
      "install it (Debian: `apt-get install chromium`), or let CHROMIUM name its file",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
