/**
 * The bundle of `mod.ts` outside Deno: its syntax and its size, and that it gives the same results in Node.js.
 * @module
 */
import { assertEquals, assertLess } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import * as library from "../../mod.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { isGranted } from "../support/permissions.ts";
import { canBundle, nodeVersion, outputOf } from "../support/bundling.ts";
import { useLibrary } from "./use_library.js";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const canRun = isGranted({ name: "read" }, { name: "write" }, { name: "run" });

/** The ends of the tests' names: the requirements that this machine lacks. */
const MISSING = !canRun
  ? " (needs --allow-read --allow-write --allow-run)"
  : !await canBundle()
  ? " (needs npm once, for `deno bundle`)"
  : "";
const MISSING_IN_NODE = MISSING ||
  (await nodeVersion() < 20 ? " (needs Node.js 20 or newer)" : "");

/** Calls `work` with a file that holds the bundle, created with these options. */
async function withBundle(options: readonly string[], work: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
  try {
    const file = join(folder, "mod.mjs");
    await outputOf(Deno.execPath(), "bundle", "--quiet", ...options, "--output", file, "mod.ts");
    await work(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Parses a module as ECMAScript 2022 with the parser inside Node.js. */
const PARSE = `
const source = require("node:fs").readFileSync(process.argv[1], "utf8");
require("internal/deps/acorn/acorn/dist/acorn").parse(source, { ecmaVersion: 2022, sourceType: "module" });
process.stdout.write("parsed");`;

for (const platform of ["deno", "browser"]) {
  const options = ["--platform", platform];

  Deno.test({
    name: `mod.ts bundled for platform ${platform} is ECMAScript 2022${MISSING_IN_NODE}`,
    ignore: MISSING_IN_NODE !== "",
    fn: () =>
      withBundle(options, async (file) => {
        const output = await outputOf("node", "--expose-internals", "--eval", PARSE, file);
        assertEquals(new TextDecoder().decode(output), "parsed");
      }),
  });

  Deno.test({
    name:
      `mod.ts bundled for platform ${platform} trains, predicts and refuses files in Node.js${MISSING_IN_NODE}`,
    ignore: MISSING_IN_NODE !== "",
    fn: () =>
      withBundle(options, async (file) => {
        const script = fromFileUrl(new URL("node.js", import.meta.url));
        const found = JSON.parse(new TextDecoder().decode(await outputOf("node", script, file)));
        assertEquals(found.name, "wasm");
        const build = /^CPU, 1 thread \(no shared memory\), WebAssembly (relaxed )?SIMD$/.exec(found.device);
        assertEquals(build?.index, 0, found.device);
        const noGpu = "this host has no WebGPU",
          noLibraries = "this host cannot load shared libraries, needs Deno";
        assertEquals(found.passedOver, [
          { name: "cuda", reason: `Cannot open backend "cuda": ${noLibraries}` },
          { name: "webgpu", reason: `Cannot open backend "webgpu": ${noGpu}` },
          { name: "cpu", reason: `Cannot open backend "cpu": ${noLibraries}` },
        ]);
        // The bits are those of Deno: the kernels' build is the same, and the number of threads does not change the
        // bits.
        const backend = await openWasm({ shared: false, build: build?.[1] ? "relaxed" : "plain" });
        assertEquals(found.used, await useLibrary(library, backend));
        await backend.close();
        assertEquals(found.refused, [
          `TypeError: Cannot load "a.npz": files need Deno; elsewhere pass the file's bytes to Mlp.parse()`,
          `TypeError: Cannot save "a.npz": files need Deno; elsewhere take the file's bytes from Mlp.format()`,
          `TypeError: Cannot load "a.npz": files need Deno; elsewhere pass the file's bytes to parseCheckpoint()`,
          `TypeError: Cannot save "a.npz": files need Deno; elsewhere take the file's bytes from formatCheckpoint()`,
          `TypeError: Cannot load "a.npz": files need Deno; elsewhere pass the bytes of an .npz to datasetFromNpz()`,
          `TypeError: Cannot download MNIST to "a.npz": files need Deno; elsewhere fetch an .npz and pass its bytes to datasetFromNpz()`,
          `BackendError: Cannot open backend "cuda": ${noLibraries}`,
        ]);
      }),
  });
}

/** Programs and the maximum size of their bundles; a bundler leaves out what a program does not use. */
const SIZES: readonly [name: string, program: string, bytes: number][] = [
  ["everything", "export * from", 198_000],
  ["training and evaluation", "export { datasetFromArrays, dense, evaluate, Mlp, train } from", 124_000],
];

for (const [name, program, bytes] of SIZES) {
  Deno.test({
    name: `mod.ts bundled for a program of ${name} is at most ${
      bytes / 1000
    } KB, minified and gzipped${MISSING}`,
    ignore: MISSING !== "",
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
      try {
        const [entry, file] = [join(folder, "entry.ts"), join(folder, "bundle.mjs")];
        await Deno.writeTextFile(
          entry,
          `${program} ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};`,
        );
        await outputOf(
          Deno.execPath(),
          "bundle",
          "--quiet",
          "--platform",
          "browser",
          "--minify",
          "--output",
          file,
          entry,
        );
        const source = (await Deno.open(file)).readable;
        const packed = await new Response(source.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
        assertLess(packed.byteLength, bytes);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Matches a line that declares with `using`, but not a comment that shows one. */
const USING = /^(?!\s*(\*|\/\/)).*\busing\s+[\w$]+\s*=/m;

Deno.test({
  name: "src/ has no file that declares with using (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    assertEquals(
      [" await using a = b", "using $a = b;", "for (using a = b;;);"].every((line) => USING.test(line)),
      true,
    );
    assertEquals(
      [" * using a = b", "// using a = b", "the users = b"].some((line) => USING.test(line)),
      false,
    );
    const found: string[] = [];
    const search = async (folder: string) => {
      for await (const { name, isDirectory } of Deno.readDir(folder)) {
        const path = join(folder, name);
        if (isDirectory) await search(path);
        else if (/\.[jt]s$/.test(name) && USING.test(await Deno.readTextFile(path))) found.push(path);
      }
    };
    await search(join(ROOT, "src"));
    assertEquals(found, []);
  },
});
