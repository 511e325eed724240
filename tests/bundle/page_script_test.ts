/** The committed script of a page that is one file, compared with a new bundle of its sources. @module */
import { assert, assertEquals } from "@std/assert";
import { bundlePage, SCRIPT } from "../../tasks/page_script.ts";
import { isGranted } from "../support/permissions.ts";

const COMMITTED = new URL(`../../${SCRIPT}`, import.meta.url);
const canRun = isGranted({ name: "read" }, { name: "write" }, { name: "run" });

/** Returns the new bundle; `undefined` if `deno bundle` does not work here: it needs npm once, to fetch its bundler. */
async function bundled(): Promise<string | undefined> {
  try {
    return await bundlePage();
  } catch {
    return undefined;
  }
}

/** Returns the version of Deno that wrote the committed script. */
async function versionOf(): Promise<string | undefined> {
  return / with Deno (\S+)\n/.exec(await Deno.readTextFile(COMMITTED))?.[1];
}

const bundle = canRun ? await bundled() : undefined;
const MISSING = !canRun
  ? " (needs --allow-read --allow-write --allow-run)"
  : bundle === undefined
  ? " (needs npm once, for `deno bundle`)"
  : await versionOf() !== Deno.version.deno
  ? ` (needs Deno ${await versionOf()}, whose bundler wrote the script)`
  : "";

Deno.test({
  name: `${SCRIPT} is the result of \`deno task build:page\`${MISSING}`,
  ignore: MISSING !== "",
  fn: async () => {
    // Not assertEquals(), which would print both texts.
    assert(await Deno.readTextFile(COMMITTED) === bundle, "it differs: run `deno task build:page`");
  },
});

Deno.test({
  name: `${SCRIPT} is a script that HTML can hold, and requests nothing (needs --allow-read)`,
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const text = await Deno.readTextFile(COMMITTED);
    assertEquals(text.match(/<\/(script|style)|<!--|<script|[\r\0]/i), null);
    assertEquals(text.match(/\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\(/g), null);
    assertEquals(text.match(/^(import|export) .*from/gm), null);
  },
});
