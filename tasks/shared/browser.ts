/** Opens a URL in the browser. @module */
import type { Screen } from "../terminal/screen.ts";

/** The program that opens a URL, by operating system; other systems use the one of Linux. */
export const OPENERS: { readonly [os: string]: string } = {
  darwin: "open",
  linux: "xdg-open",
  windows: "explorer",
};

/** Opens a URL in the browser, or prints why it cannot. The caller has already printed the URL. */
export async function openBrowser(url: string, screen: Screen): Promise<void> {
  const opener = OPENERS[Deno.build.os] ?? OPENERS.linux;
  const report = (why: string) => screen.note(`Cannot open the browser: ${why}; open the address yourself`);
  try {
    const { code } = await new Deno.Command(opener, {
      args: [url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    })
      .output();
    // Windows Explorer always exits with code 1.
    if (code !== 0 && opener !== "explorer") report(`${opener} failed (exit code ${code})`);
  } catch (error) {
    const { NotCapable, NotFound } = Deno.errors;
    if (!(error instanceof NotFound || error instanceof NotCapable)) throw error;
    report(`${opener} is not installed, or this process may not run it`);
  }
}
