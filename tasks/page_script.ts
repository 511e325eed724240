/** The script of a page that is one file, made by the bundler of Deno. @module */
import { fileURLToPath } from "node:url";

/** The path of the committed script, from the project's folder. */
export const SCRIPT = "src/gui/standalone/script.min.js";

/** The bundler's arguments. */
const ARGUMENTS = [
  ...["bundle", "--quiet", "--platform", "browser", "--minify"],
  ...["--import-map", "src/gui/standalone/script/imports.json", "src/gui/page/page.js"],
];

/**
 * Bundles the script. Inside of HTML, `<` must not begin a tag or a comment, so it is escaped there, in strings and in templates.
 *
 * @throws {Error} if the bundler fails; it needs npm once
 */
export async function bundlePage(): Promise<string> {
  const cwd = fileURLToPath(new URL("../", import.meta.url));
  const command = new Deno.Command(Deno.execPath(), { args: ARGUMENTS, cwd, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output(), decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle the page's script: ${decoder.decode(stderr).trim()}`);
  return `// deno-fmt-ignore-file; written by \`deno task build:page\` with Deno ${Deno.version.deno}\n` +
    decoder.decode(stdout).trimEnd().replace(/<(?=\/(script|style)|!--|script)/gi, "\\x3c") + "\n";
}
