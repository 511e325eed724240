/** Opening of an address in the browser. @module */
import type { Screen } from "../terminal/screen.ts";

/** The program that opens an address, by operating system; other systems use that of Linux. */
export const OPENERS: { readonly [os: string]: string } = {
  darwin: "open",
  linux: "xdg-open",
  windows: "explorer",
};

/** Opens an address in the browser, or prints the reason that it cannot. The address itself is already printed. */
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
    // The explorer of Windows always exits with code 1.
    if (code !== 0 && opener !== "explorer") refuse(`${opener} found none (exit code ${code})`);
  } catch (error) {
    const { NotCapable, NotFound } = Deno.errors;
    if (!(error instanceof NotFound || error instanceof NotCapable)) throw error;
    refuse(`${opener} is not installed, or this process may not run it`);
  }
}
