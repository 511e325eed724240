/**
 * `deno task build:wasm`: compiles what is written in AssemblyScript. The kernels of the WebAssembly backend go, in a build
 * with relaxed SIMD and one without, to `src/backends/wasm/binary/`, the deformation of images to `src/augment/binary/`.
 * `--check` compares with what is there instead, byte for byte.
 *
 * The compiler is the npm package `assemblyscript`; nothing else of this project needs it. A `.wasm` file cannot be
 * imported as bytes without a permission, so that each also stands in a module, compressed, as base64.
 * @module
 */
import { fileURLToPath } from "node:url";
// deno-lint-ignore no-import-prefix -- only this file needs the compiler
import asc from "npm:assemblyscript@0.28.20/asc";
import { moduleBytes } from "../src/workers/shared_memory.ts";
import { kernelDefinitions, missingCases } from "./wasm_definitions.ts";

const KERNELS = { from: "src/backends/wasm/kernels/", generated: kernelDefinitions() };

/**
 * The builds: the folder of their sources, their module `./generated` if they have one, the files they go to, and the
 * WebAssembly features that each may use.
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
        return null; // the compiler tries several places for a module
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

/** The source of the module that holds a build. */
async function moduleOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = (await new Response(stream).bytes()).toBase64();
  return `/** \`${name}.wasm\`, compressed, in base64; written by \`deno task build:wasm\`. @module */\n\n` +
    `/** The bytes of the module, by raw deflate. */\nexport const packed =\n  "${packed}";\n`;
}

/** Returns whether the committed files hold this build. Compressors differ, so what is compared is what they hold. */
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
