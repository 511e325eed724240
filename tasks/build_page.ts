/**
 * `deno task build:page`: bundles the scripts of pages that are one file. That of the drawing page is bundled from
 * `src/gui/page/page.js` with `src/gui/standalone/script/connect.ts` in place of the server, and that of the learning page from
 * `src/gui/learn/script/main.js`. With `--check`, the bundles are only compared with the committed ones. The bundler of Deno fetches
 * esbuild from npm, once.
 * @module
 */
import { bundlePage, SCRIPTS } from "./page_script.ts";

for (const script of SCRIPTS) {
  const text = await bundlePage(script), path = new URL(`../${script.path}`, import.meta.url);
  if (Deno.args.includes("--check")) {
    const isSame = await Deno.readTextFile(path).catch(() => "") === text;
    console.log(`${isSame ? "same" : "DIFFERS"}: ${script.path}`);
    if (!isSame) Deno.exitCode = 1;
  } else {
    await Deno.writeTextFile(path, text);
    console.log(`wrote ${script.path} (${text.length} bytes)`);
  }
}
