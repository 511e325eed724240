/** The committed scripts of pages that are one file, compared with new bundles of their sources. @module */
import { assert, assertEquals } from "@std/assert";
import { bundlePage, type PageScript, SCRIPTS } from "../../tasks/page_script.ts";
import { isGranted } from "../support/permissions.ts";

/** Returns the committed script. */
const committed = ({ path }: PageScript) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
const canRun = isGranted({ name: "read" }, { name: "write" }, { name: "run" });

/** Returns the new bundle; `undefined` if `deno bundle` does not work here: it needs npm once, to fetch its bundler. */
async function bundled(script: PageScript): Promise<string | undefined> {
  try {
    return await bundlePage(script);
  } catch {
    return undefined;
  }
}

/** Returns the version of Deno that wrote the committed script. */
async function versionOf(script: PageScript): Promise<string | undefined> {
  return / with Deno (\S+)\n/.exec(await committed(script))?.[1];
}

for (const script of SCRIPTS) {
  const bundle = canRun ? await bundled(script) : undefined;
  const MISSING = !canRun
    ? " (needs --allow-read --allow-write --allow-run)"
    : bundle === undefined
    ? " (needs npm once, for `deno bundle`)"
    : await versionOf(script) !== Deno.version.deno
    ? ` (needs Deno ${await versionOf(script)}, whose bundler wrote the script)`
    : "";

  Deno.test({
    name: `${script.path} is the result of \`deno task build:page\`${MISSING}`,
    ignore: MISSING !== "",
    fn: async () => {
      // Not assertEquals(), which would print both texts.
      assert(await committed(script) === bundle, "it differs: run `deno task build:page`");
    },
  });

  Deno.test({
    name: `${script.path} is a script that HTML can hold, and requests nothing (needs --allow-read)`,
    ignore: !isGranted({ name: "read" }),
    fn: async () => {
      const text = await committed(script);
      assertEquals(text.match(/<\/(script|style)|<!--|<script|[\r\0]/i), null);
      assertEquals(text.match(/\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\(/g), null);
      assertEquals(text.match(/^(import|export) .*from/gm), null);
    },
  });
}
