/** The scripts of pages that are one file, made by the bundler of Deno. @module */
import { fileURLToPath } from "node:url";

/** A script that is bundled; paths are from the project's folder. */
export interface PageScript {
  /** The committed bundle. */
  readonly path: string;
  /** The module that the page runs. */
  readonly entry: string;
}

/** The path of the drawing page's script. */
export const SCRIPT = "src/gui/standalone/script.min.js";

/** The scripts: that of the drawing page, and that of the learning page. */
export const SCRIPTS: readonly PageScript[] = [
  { path: SCRIPT, entry: "src/gui/page/page.js" },
  { path: "src/gui/learn/script.min.js", entry: "src/gui/learn/script/main.js" },
];

/** The bundler's arguments before the module. */
const ARGUMENTS = [
  ...["bundle", "--quiet", "--platform", "browser", "--minify"],
  ...["--import-map", "src/gui/standalone/script/imports.json"],
];

/**
 * Bundles the script. Inside of HTML, `<` must not begin a tag or a comment, so it is escaped there, in strings and in templates.
 *
 * @throws {Error} if the bundler fails; it needs npm once
 */
export async function bundlePage({ entry }: PageScript = SCRIPTS[0]): Promise<string> {
  const cwd = fileURLToPath(new URL("../", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: [...ARGUMENTS, entry],
    cwd,
    env: { NO_COLOR: "1" },
  });
  const { success, stdout, stderr } = await command.output(), decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle the page's script: ${decoder.decode(stderr).trim()}`);
  return `// deno-fmt-ignore-file; written by \`deno task build:page\` with Deno ${Deno.version.deno}\n` +
    decoder.decode(stdout).trimEnd().replace(/<(?=\/(script|style)|!--|script)/gi, "\\x3c") + "\n";
}
