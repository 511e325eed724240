/**
 * Tests that files which are no usable library are refused in one line, and that `auto` goes on. The files are compiled
 * here; a separate process opens them, because it may load any library.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  ABI_VERSION,
  CPU_SYMBOLS,
  KIND_NUMBERS,
  STATUS_CODES,
  SYMBOLS,
} from "../../../src/backends/native/ffi.ts";
import { isGranted } from "../../support/permissions.ts";

const compiler = ["cc", "gcc", "g++"].find((name) => {
  if (!isGranted({ name: "run", command: name })) return false;
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
});
const ignore = compiler === undefined || Deno.build.os !== "linux" ||
  !isGranted({ name: "read" }, { name: "write" }, { name: "run" });

/**
 * Returns the source of a library that does nothing but tell its version and kind, and refuse its device; `own` are functions
 * that it has besides those of `mlp.h`.
 */
function sourceOf(
  { version = ABI_VERSION, kind, own = [] }: { version?: number; kind: number; own?: readonly string[] },
): string {
  const functions = [...Object.keys(SYMBOLS), ...own]
    .filter((name) => !/version$|kind$|query$|count$|_here$/.test(name));
  return `
    #include <stdint.h>
    #include <string.h>
    uint32_t mlp_abi_version(void) { return ${version}; }
    ${version === ABI_VERSION ? `uint32_t mlp_kind(void) { return ${kind}; }` : ""}
    int32_t mlp_driver_version(void) { return 0; }
    int32_t mlp_runtime_version(void) { return 0; }
    int32_t mlp_device_count(int32_t *count, char *error, uint32_t size) { *count = 4; return 0; }
    int32_t mlp_device_query(int32_t device, char *name, uint32_t name_size, int64_t *facts, uint64_t count, char *error,
                             uint32_t size) {
      strcpy(error, "this processor has no AVX2, needs AVX2 and FMA");
      return ${STATUS_CODES.indexOf("device-unsupported")};
    }
    ${functions.map((name) => `void ${name}(void) {}`).join("\n")}`;
}

/** The results of opening a file as the library of a backend: by name, and by `auto`. */
interface Opened {
  readonly named: string;
  readonly code: string;
  readonly auto: string;
  readonly passedOver: Readonly<Record<string, string>>;
}

const SCRIPT = `
  import { openBackend } from ${JSON.stringify(import.meta.resolve("../../../src/backends/open.ts"))};
  Object.defineProperty(navigator, "gpu", { value: undefined });
  const results = [];
  for (const { backend, library } of JSON.parse(Deno.args[0])) {
    const { message, code } = await openBackend(backend, { library }).catch((error) => error);
    await using auto = await openBackend("auto", { library, threads: 1 });
    const passedOver = Object.fromEntries(auto.passedOver.map(({ name, reason }) => [name, reason]));
    results.push({ named: message, code, auto: auto.name, passedOver });
  }
  console.log(JSON.stringify(results));`;

/** Opens files as the libraries of backends, in a process of its own. */
async function openEach(cases: readonly { backend: string; library: string }[]): Promise<Opened[]> {
  const flags = ["run", "--quiet", "--no-prompt", "--no-check", "--ext=ts", "--allow-read", "--allow-ffi"];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...flags, "-", JSON.stringify(cases)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name:
    "openBackend() refuses files that are no usable library in one line, and auto goes on (needs Linux, a C compiler, --allow-read, --allow-write and --allow-run)",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "mlpcuda-libraries-" });
    try {
      const path = (name: string) => join(folder, name);
      const compile = async (name: string, source: string, ...more: string[]) => {
        await Deno.writeTextFile(path(`${name}.c`), source);
        const args = ["-x", "c", "-w", "-shared", "-fPIC", "-o", path(name), path(`${name}.c`), ...more];
        const { code, stderr } = await new Deno.Command(compiler!, { args }).output();
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      };
      await compile("old.so", sourceOf({ version: 3, kind: 0 }));
      await compile("cpu.so", sourceOf({ kind: KIND_NUMBERS.cpu, own: Object.keys(CPU_SYMBOLS) }));
      await compile("fewer.so", sourceOf({ kind: KIND_NUMBERS.cpu }));
      await compile("cuda.so", sourceOf({ kind: KIND_NUMBERS.cuda }));
      await compile("other.so", "int f(void) { return 1; }");
      await compile("needs.so", "int f(void); int g(void) { return f(); }", "-x", "none", path("other.so"));
      await Deno.writeTextFile(path("text.so"), "This is text.\n".repeat(20));
      const whole = await Deno.readFile(path("cpu.so"));
      const cut = whole.length - 2000; // without the check, the linker would end the process with SIGBUS
      await Deno.writeFile(path("cut.so"), whole.subarray(0, cut));
      await Deno.writeFile(path("short.so"), whole.subarray(0, 5000));
      await Deno.mkdir(path("folder.so"));
      await new Deno.Command("mkfifo", { args: [path("pipe.so")] }).output();
      await Deno.remove(path("other.so"));
      const cases: [backend: string, file: string, code: string, reason: string][] = [
        ["cpu", "missing.so", "no-library", `library "FILE" not found`],
        [
          "cpu",
          "old.so",
          "wrong-abi",
          `library "FILE" has interface version 3, this program needs ${ABI_VERSION}; rebuild it`,
        ],
        [
          "cuda",
          "old.so",
          "wrong-abi",
          `library "FILE" has interface version 3, this program needs ${ABI_VERSION}; rebuild it`,
        ],
        ["cpu", "cuda.so", "wrong-kind", `library "FILE" is that of backend "cuda"`],
        ["cuda", "cpu.so", "wrong-kind", `library "FILE" is that of backend "cpu"`],
        ["cpu", "fewer.so", "wrong-abi", `"FILE" is not a library of this version of mlpcuda`],
        ["cpu", "cpu.so", "device-unsupported", "this processor has no AVX2, needs AVX2 and FMA"],
        ["cpu", "text.so", "no-library", `"FILE" is no shared library`],
        ["cpu", "folder.so", "no-library", `"FILE" is no file`],
        ["cpu", "pipe.so", "no-library", `"FILE" is no file`],
        ["cpu", "cut.so", "no-library", `"FILE" is truncated: it has ${cut} bytes, needs ${whole.length}`],
        ["cuda", "short.so", "no-library", `"FILE" is truncated: it has 5000 bytes, needs ${whole.length}`],
      ];
      const given = cases.map(([backend, file]) => ({ backend, library: path(file) }));
      const found = await openEach([...given, { backend: "cpu", library: path("needs.so") }]);
      for (const [index, [backend, file, code, reason]] of cases.entries()) {
        const message = `Cannot open backend "${backend}": ${reason.replace("FILE", path(file))}`;
        const { named, code: foundCode, auto, passedOver } = found[index];
        assertEquals([named, foundCode, auto, passedOver[backend]], [message, code, "wasm", message], file);
      }
      // A library whose own library is missing is not "not found".
      assertMatch(found.at(-1)!.named, /needs\.so" cannot be loaded: .*other\.so.*/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
