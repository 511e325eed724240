/**
 * `deno task build:wasm`: compiles the sources in AssemblyScript. The kernels of the WebAssembly backend are compiled
 * with relaxed SIMD and without it to `src/backends/wasm/binary/`, the deformation of images to
 * `src/augment/binary/`. With `--check`, the builds are only compared with the committed files, byte for byte.
 *
 * The compiler is the npm package `assemblyscript`; only this task needs it. Importing a `.wasm` file as bytes would
 * need a permission, so the builds are also written as a module with the compressed bytes in base64. The two
 * builds of the kernels are nearly equal: compressed together they take three fifths of the bytes.
 * @module
 */
import { fileURLToPath } from "node:url";
// deno-lint-ignore no-import-prefix -- only this file needs the compiler
import asc from "npm:assemblyscript@0.28.20/asc";
import { moduleBytes, type PackedModules } from "../src/workers/shared_memory.ts";
import { kernelDefinitions, missingCases } from "./wasm_definitions.ts";

/** Builds of the same sources, which are compressed together into one TypeScript module. */
interface Builds {
  /** The folder of the sources. */
  readonly from: string;
  /** The source of their module `./generated`; absent if they have none. */
  readonly generated?: string;
  /** The folder of the output. */
  readonly to: string;
  /** The name of the TypeScript module. */
  readonly name: string;
  /** The WebAssembly features that each build may use besides SIMD and threads, by the build's name. */
  readonly features: Readonly<Record<string, readonly string[]>>;
}

const ALL: readonly Builds[] = [
  {
    from: "src/backends/wasm/kernels/",
    generated: kernelDefinitions(),
    to: "src/backends/wasm/binary/",
    name: "kernels",
    features: { relaxed: ["relaxed-simd"], plain: [] },
  },
  { from: "src/augment/kernel/", to: "src/augment/binary/", name: "deform", features: { deform: [] } },
];

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

async function compile(
  { from, generated }: Builds,
  features: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
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

/** Returns the source of the TypeScript module with these builds. */
async function moduleOf(modules: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Promise<string> {
  const stream = new Blob(Object.values(modules)).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = (await new Response(stream).bytes()).toBase64();
  const names = Object.keys(modules).map((name) => `\`${name}.wasm\``).join(" and ");
  const lengths = Object.entries(modules).map(([name, { length }]) => `${name}: ${length}`).join(", ");
  return `/** ${names}, compressed, in base64; written by \`deno task build:wasm\`. @module */\n\n` +
    `/** The length of each module in bytes. */\nexport const lengths = { ${lengths} };\n\n` +
    `/** The modules one after another, by raw deflate. */\nexport const packed =\n  "${packed}";\n`;
}

/**
 * Returns whether the committed files have this build. The decompressed bytes are compared, because compressors
 * differ.
 */
async function isCommitted({ to, name: module }: Builds, name: string, bytes: Uint8Array): Promise<boolean> {
  const source: PackedModules<string> = await import(`../${to}${module}.ts`);
  const unpacked = await moduleBytes(source, name, { shared: true });
  const committed = [await Deno.readFile(pathOf(`${to}${name}.wasm`)), unpacked];
  return committed.every((found) =>
    found.length === bytes.length && found.every((byte, i) => byte === bytes[i])
  );
}

const check = Deno.args.includes("--check");
let differs = false;
for (const builds of ALL) {
  const { to, name: module } = builds, modules: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [name, features] of Object.entries(builds.features)) {
    const bytes = modules[name] = await compile(builds, features);
    if (check) {
      const same = await isCommitted(builds, name, bytes);
      console.log(`${same ? "same" : "DIFFERS"}: ${to}${name}`);
      differs ||= !same;
      continue;
    }
    await Deno.writeFile(pathOf(`${to}${name}.wasm`), bytes);
    console.log(`wrote ${to}${name}.wasm (${bytes.length} bytes)`);
  }
  if (!check) await Deno.writeTextFile(pathOf(`${to}${module}.ts`), await moduleOf(modules));
}
if (differs) Deno.exit(1);
