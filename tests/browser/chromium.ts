/**
 * Starts this machine's Chromium for tests in a browser. Its driver, Playwright, is fetched from npm only when a test
 * asks for it, so that everything else in the project, even type checks, works without a network.
 * @module
 */

/** The driver's specifier. It is a variable, because TypeScript would fetch a literal specifier. */
const DRIVER = "npm:playwright-core@^1.65";

/** The part of Playwright's browser that the tests use. */
export interface Browser {
  version(): string;
  newPage(options?: Readonly<Record<string, unknown>>): Promise<Page>;
  newContext(): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  close(): Promise<void>;
}

/** The part of Playwright's page that the tests use. */
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
  /** Runs a function in the page; it has access only to `argument`, not to the test's variables. */
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

/** The usual places of Chromium and of the browsers built from it. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
];

/**
 * Starts Chromium without a window: the file in the variable `CHROMIUM`, or else the first one found in the usual
 * places.
 *
 * @param options `args` are further switches for the command line
 * @throws {Error} if no Chromium is found
 */
export async function launchChromium(options: { readonly args?: readonly string[] } = {}): Promise<Browser> {
  const executablePath = findChromium();
  // Playwright reads /proc to detect the Windows subsystem for Linux; Deno refuses that unless a program has every
  // permission.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import(DRIVER) as { chromium: { launch(options: object): Promise<Browser> } };
  // Chromium's sandbox needs permissions that the user root and containers lack; all the pages are this project's.
  return await chromium.launch({ executablePath, args: ["--no-sandbox", ...options.args ?? []] });
}

function findChromium(): string {
  const named = Deno.env.get("CHROMIUM");
  if (named) {
    if (isFile(named)) return named;
    throw new Error(`Cannot start Chromium: CHROMIUM names "${named}", which is not a file`);
  }
  const found = PLACES.find(isFile);
  if (found) return found;
  throw new Error(
    `Cannot start Chromium: none of ${PLACES.join(", ")} exists; ` +
      "install it (Debian: `apt-get install chromium`), or set CHROMIUM to its path",
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
