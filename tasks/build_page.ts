/**
 * `deno task build:page`: bundles the script of a page that is one file, `src/gui/standalone/script.min.js`, from
 * `src/gui/page/page.js` with `src/gui/standalone/script/connect.ts` in place of the server. With `--check`, the bundle is only compared
 * with the committed one. The bundler of Deno fetches esbuild from npm, once.
 * @module
 */
import { bundlePage, SCRIPT } from "./page_script.ts";

const script = await bundlePage();
const path = new URL(`../${SCRIPT}`, import.meta.url);
if (Deno.args.includes("--check")) {
  const isSame = await Deno.readTextFile(path).catch(() => "") === script;
  console.log(`${isSame ? "same" : "DIFFERS"}: ${SCRIPT}`);
  if (!isSame) Deno.exit(1);
} else {
  await Deno.writeTextFile(path, script);
  console.log(`wrote ${SCRIPT} (${script.length} bytes)`);
}
