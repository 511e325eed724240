/**
 * `deno task build:wasm`: compiles the AssemblyScript kernels of the WebAssembly backend, in a build with relaxed SIMD and
 * one without, to `src/backends/wasm/binary/`. `--check` compares with what is there instead, byte for byte.
 *
 * The compiler is the npm package `assemblyscript`; nothing else of this project needs it. A `.wasm` file cannot be
 * imported as bytes without a permission, so that each also stands in a module as base64.
 * @module
 */
import { fromFileUrl } from "@std/path";
// deno-lint-ignore no-import-prefix -- only this file needs the compiler; the import map stays free of registries
import asc from "npm:assemblyscript@0.28.20/asc";

const KERNELS = fromFileUrl(new URL("../src/backends/wasm/kernels/", import.meta.url));
const BINARY = fromFileUrl(new URL("../src/backends/wasm/binary/", import.meta.url));

/** Names of the builds and the WebAssembly features that each may use beyond the standard ones. */
const BUILDS = { relaxed: ["simd", "relaxed-simd", "threads"], plain: ["simd", "threads"] };

// -O2 and -O3 reorder loads and multiply-adds so that more values live at once than there are registers: matrix products
// then take half as long again.
const FLAGS = [
  ...["-O1", "--noAssert", "--runtime", "stub", "--disableWarning", "112"], // 112: v128 in a signature, never exported
  ...[
    "--importMemory",
    "--noExportMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
  ],
];

async function compile(features: readonly string[]): Promise<Uint8Array> {
  const written = new Map<string, Uint8Array>();
  const enable = features.flatMap((feature) => ["--enable", feature]);
  const { error, stderr } = await asc.main(["main.ts", "-o", "kernels.wasm", ...FLAGS, ...enable], {
    readFile: (name: string) => {
      try {
        return Deno.readTextFileSync(KERNELS + name);
      } catch {
        return null; // the compiler tries several places for a module
      }
    },
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (contents instanceof Uint8Array) written.set(name, contents);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`Cannot compile the kernels: ${error.message}\n${stderr.toString()}`);
  return written.get("kernels.wasm")!;
}

function moduleOf(name: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return `/** \`${name}.wasm\` in base64, written by \`deno task build:wasm\`. @module */\n\n` +
    `/** The bytes of the module. */\nexport const base64 =\n  "${base64}";\n`;
}

const check = Deno.args.includes("--check");
let differs = false;
for (const [name, features] of Object.entries(BUILDS)) {
  const bytes = await compile(features);
  const files: Record<string, Uint8Array> = {
    [`${name}.wasm`]: bytes,
    [`${name}.ts`]: new TextEncoder().encode(moduleOf(name, bytes)),
  };
  for (const [file, contents] of Object.entries(files)) {
    if (!check) {
      await Deno.writeFile(BINARY + file, contents);
      console.log(`wrote src/backends/wasm/binary/${file} (${contents.length} bytes)`);
      continue;
    }
    const there = await Deno.readFile(BINARY + file);
    const same = there.length === contents.length && there.every((byte, i) => byte === contents[i]);
    console.log(`${same ? "same" : "DIFFERS"}: src/backends/wasm/binary/${file}`);
    differs ||= !same;
  }
}
if (differs) Deno.exit(1);
