/** Opening an address in the browser. @module */
import type { Screen } from "../terminal/screen.ts";

/** The program that opens an address, by system; other systems have that of Linux. */
export const OPENERS: { readonly [os: string]: string } = {
  darwin: "open",
  linux: "xdg-open",
  windows: "explorer",
};

/** Opens an address in the browser, or says why that cannot be done; the address was printed. */
export async function openBrowser(url: string, screen: Screen): Promise<void> {
  const opener = OPENERS[Deno.build.os] ?? OPENERS.linux;
  const refuse = (why: string) => screen.note(`Cannot open the browser: ${why}; open the address yourself`);
  try {
    const { code } = await new Deno.Command(opener, {
      args: [url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    })
      .output();
    // Windows' explorer says 1 whatever happened.
    if (code !== 0 && opener !== "explorer") refuse(`${opener} found none (exit code ${code})`);
  } catch (error) {
    const { NotCapable, NotFound } = Deno.errors;
    if (!(error instanceof NotFound || error instanceof NotCapable)) throw error;
    refuse(`there is no ${opener} to be run`);
  }
}
