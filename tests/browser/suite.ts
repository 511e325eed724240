/**
 * Registers the tests of the drawing page. The tests of a file share one Chromium and optionally one server. Bare
 * `deno test` does not find these files; `deno task test:gui` names them.
 * @module
 */
import type { Browser } from "./chromium.ts";
import { type GuiPage, openBrowser, openPage, openTabs, type Tabs } from "./page.ts";
import { serveTest, type TestGui, trainSmall } from "./server.ts";

/** Playwright's options for a page, such as the size of its window or its color scheme. */
type PageOptions = Readonly<Record<string, unknown>>;

/** Registers tests that share a browser. */
export interface Suite<T> {
  /** Opens a page of any server; the test disposes of it. */
  openPage(
    url: string,
    options?: PageOptions,
    expected?: { readonly isAwaited?: boolean; readonly areFaultsThrown?: boolean },
  ): Promise<GuiPage>;
  /** Opens several tabs of any server, one after the other, which share a browser's connections; the test disposes of them. */
  openTabs(url: string, count: number, options?: { readonly isAwaited?: boolean }): Promise<Tabs>;
  /** Registers a test, which gets the prepared value. */
  test(name: string, work: (prepared: T) => Promise<void>): void;
}

/** Registers tests that also share a server. */
export interface ServerSuite<T> extends Suite<T> {
  /** Registers a test on a new page of the server. */
  pageTest(
    name: string,
    ...given:
      | [work: (page: GuiPage, prepared: T) => Promise<void>]
      | [options: PageOptions, work: (page: GuiPage, prepared: T) => Promise<void>]
  ): void;
}

/**
 * Starts Chromium and calls `prepare` before the tests of a file; after them, closes Chromium and disposes of
 * `stack`.
 */
export function prepareTests<T>(prepare: (stack: AsyncDisposableStack) => Promise<T>): Suite<T> {
  const stack = new AsyncDisposableStack();
  let browser: Browser, prepared: T;
  Deno.test.beforeAll(async () => {
    prepared = await prepare(stack);
    browser = await openBrowser();
    stack.defer(() => browser.close());
  });
  Deno.test.afterAll(() => stack.disposeAsync());
  return {
    openPage: (url, options, expected) => openPage(browser, url, options, expected),
    openTabs: (url, count, options) => openTabs(browser, url, { count, ...options }),
    test: (name, work) => Deno.test(name, () => work(prepared)),
  };
}

/**
 * Prepares tests that share a server: the one that `prepare` starts, or by default one of a small network that reads
 * digits.
 */
export function prepareServer(): ServerSuite<{ gui: TestGui }>;
export function prepareServer<T extends { readonly gui: TestGui }>(
  prepare: (stack: AsyncDisposableStack) => Promise<T>,
): ServerSuite<T>;
export function prepareServer(prepare = serveSmall): ServerSuite<{ gui: TestGui }> {
  const suite = prepareTests(async (stack) => {
    const prepared = await prepare(stack);
    stack.use(prepared.gui);
    return prepared;
  });
  return {
    ...suite,
    pageTest(name, ...given) {
      const [options, work] = given.length === 2 ? given : [{}, given[0]];
      suite.test(name, async (prepared) => {
        await using page = await suite.openPage(prepared.gui.url, options);
        await work(page, prepared);
      });
    },
  };
}

/** Creates a folder that is removed with the stack. */
export async function tempFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_gui_" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  return folder;
}

async function serveSmall(_: AsyncDisposableStack): Promise<{ gui: TestGui }> {
  return { gui: await serveTest((await trainSmall()).mlp) };
}
