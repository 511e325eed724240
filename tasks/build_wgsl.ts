/**
 * `deno task build:wgsl`: writes `src/backends/webgpu/wgsl.ts`, a module with the text of every WGSL file beside it, without
 * comments and blank lines. The library imports this module instead of the WGSL files, because every bundler can load it
 * and it is a third shorter.
 * @module
 */

const FOLDER = new URL("../src/backends/webgpu/", import.meta.url);

/** The module that is written. */
export const WGSL_MODULE = new URL("wgsl.ts", FOLDER);

/** The maximum length of a line in this project, as in deno.json. */
const LINE_WIDTH = 110;

/** Returns WGSL, which has no strings, without its comments and blank lines. */
export function withoutComments(text: string): string {
  const lines = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, "").split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "").map((line) => `${line}\n`).join("");
}

/** Returns the text of the module. */
export async function wgslModule(): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(FOLDER));
  const names = entries.map(({ name }) => name).filter((name) => name.endsWith(".wgsl")).sort();
  const constants = await Promise.all(names.map(async (name) => {
    const text = JSON.stringify(withoutComments(await Deno.readTextFile(new URL(name, FOLDER))));
    const start = `export const ${constantOf(name)} =`, line = `${start} ${text};`;
    return `/** \`${name}\`. */\n${line.length <= LINE_WIDTH ? line : `${start}\n  ${text};`}\n`;
  }));
  const head =
    "/** The WGSL files of this folder without their comments; written by `deno task build:wgsl`. @module */\n";
  return [head, ...constants].join("\n");
}

/** Returns the name of a file's constant: `clipByNorm` for `clip_by_norm.wgsl`. */
function constantOf(file: string): string {
  return file.replace(/\.wgsl$/, "").replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

if (import.meta.main) {
  await Deno.writeTextFile(WGSL_MODULE, await wgslModule());
  console.log(`wrote ${WGSL_MODULE.pathname}`);
}
