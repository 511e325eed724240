/** `deno task gui` as a process and its page in Chromium, to measure both together. @module */
import type { Browser } from "../../tests/browser/chromium.ts";
import { type GuiPage, openBrowser, openPage } from "../../tests/browser/page.ts";
import { startTask } from "../../tests/browser/server.ts";

/** A running `deno task gui`, and its page. */
export interface OpenedGui extends AsyncDisposable {
  readonly browser: Browser;
  readonly page: GuiPage;
}

/** Starts the task with these options on a free port, and opens its page. */
export async function openGui(options: readonly string[]): Promise<OpenedGui> {
  const { process, url } = await startTask(["--port", "0", ...options]);
  const browser = await openBrowser();
  const page = await openPage(browser, url);
  return {
    browser,
    page,
    async [Symbol.asyncDispose]() {
      await page.click("#quit");
      await process.status;
      await page[Symbol.asyncDispose]();
      await browser.close();
    },
  };
}
