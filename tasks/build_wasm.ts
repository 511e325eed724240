/**
 * `deno task build:wasm`: compiles the sources in AssemblyScript. The kernels of the WebAssembly backend are compiled
 * with relaxed SIMD and without it to `src/backends/wasm/binary/`, the deformation of images to
 * `src/augment/binary/`. With `--check`, the builds are only compared with the committed files, byte for byte.
 *
 * The compiler is the npm package `assemblyscript`; only this task needs it. Importing a `.wasm` file as bytes would
 * need a permission, so each build is also written as a module with the compressed bytes in base64.
 * @module
 */
import { fileURLToPath } from "node:url";
// deno-lint-ignore no-import-prefix -- only this file needs the compiler
import asc from "npm:assemblyscript@0.28.20/asc";
import { moduleBytes } from "../src/workers/shared_memory.ts";
import { kernelDefinitions, missingCases } from "./wasm_definitions.ts";

const KERNELS = { from: "src/backends/wasm/kernels/", generated: kernelDefinitions() };

/**
 * The builds: the folder of the sources, the source of their module `./generated` if they have one, the path of the
 * output without its extension, and the WebAssembly features that the build may use.
 */
const BUILDS: readonly Build[] = [
  { ...KERNELS, to: "src/backends/wasm/binary/relaxed", features: ["relaxed-simd"] },
  { ...KERNELS, to: "src/backends/wasm/binary/plain", features: [] },
  { from: "src/augment/kernel/", to: "src/augment/binary/deform", features: [] },
];

interface Build {
  readonly from: string;
  readonly generated?: string;
  readonly to: string;
  readonly features: readonly string[];
}

// -O2 and -O3 reorder loads and multiply-adds, so that more values are live at once than there are registers. Matrix
// products then take 1.5 times as long.
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

function pathOf(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

async function compile({ from, generated, features }: Build): Promise<Uint8Array<ArrayBuffer>> {
  const written = new Map<string, Uint8Array<ArrayBuffer>>();
  const enable = ["simd", ...features, "threads"].flatMap((feature) => ["--enable", feature]);
  const { error, stderr } = await asc.main(["main.ts", "-o", "kernels.wasm", ...FLAGS, ...enable], {
    readFile: (name: string) => {
      if (name === "generated.ts" && generated !== undefined) return generated;
      let source;
      try {
        source = Deno.readTextFileSync(pathOf(from) + name);
      } catch {
        return null; // the compiler tries several paths for a module
      }
      for (const missing of missingCases(source)) {
        throw new Error(`Cannot compile ${from}${name}: a switch has no case for ${missing}`);
      }
      return source;
    },
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (contents instanceof Uint8Array) written.set(name, Uint8Array.from(contents));
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`Cannot compile ${from}: ${error.message}\n${stderr.toString()}`);
  return written.get("kernels.wasm")!;
}

/** Returns the source of the TypeScript module that holds a build. */
async function moduleOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = (await new Response(stream).bytes()).toBase64();
  return `/** \`${name}.wasm\`, compressed, in base64; written by \`deno task build:wasm\`. @module */\n\n` +
    `/** The bytes of the module, by raw deflate. */\nexport const packed =\n  "${packed}";\n`;
}

/**
 * Returns whether the committed files hold this build. The decompressed bytes are compared, because compressors
 * differ.
 */
async function holds(to: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [, packed = ""] = /"(.*)"/.exec(await Deno.readTextFile(pathOf(`${to}.ts`))) ?? [];
  const unpacked = await moduleBytes(packed, { shared: true });
  const committed = [await Deno.readFile(pathOf(`${to}.wasm`)), unpacked];
  return committed.every((there) =>
    there.length === bytes.length && there.every((byte, i) => byte === bytes[i])
  );
}

const check = Deno.args.includes("--check");
let differs = false;
for (const build of BUILDS) {
  const { to } = build, bytes = await compile(build);
  if (check) {
    const same = await holds(to, bytes);
    console.log(`${same ? "same" : "DIFFERS"}: ${to}`);
    differs ||= !same;
    continue;
  }
  await Deno.writeFile(pathOf(`${to}.wasm`), bytes);
  await Deno.writeTextFile(pathOf(`${to}.ts`), await moduleOf(to.slice(to.lastIndexOf("/") + 1), bytes));
  console.log(`wrote ${to}.wasm (${bytes.length} bytes) and ${to}.ts`);
}
if (differs) Deno.exit(1);
