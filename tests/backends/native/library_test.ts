/** Tests how the CUDA library is found and loaded, and the errors if that fails. */
import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { openBackend } from "../../../src/backends/open.ts";
import { openCuda } from "../../../src/backends/native/cuda.ts";
import { STATUS_CODES } from "../../../src/backends/native/ffi.ts";
import { libraryPath } from "../../../src/backends/native/library.ts";
import { checkStatus, textOf } from "../../../src/backends/native/status.ts";
import { BackendError } from "../../../src/errors.ts";
import { CUDA_LIBRARY, EMULATED, EMULATED_LIBRARY } from "../../support/backends.ts";
import { withGpu } from "../../support/gpu.ts";
import { isGranted } from "../../support/permissions.ts";

const ffi = Deno.permissions.querySync({ name: "ffi", path: CUDA_LIBRARY }).state === "granted";
const emulated = EMULATED[0].missing === undefined;

function codeOf(work: () => unknown): string {
  return assertThrows(work, BackendError).code;
}

Deno.test("libraryPath() returns the given path, or the path of the package's own library", () => {
  assertEquals(libraryPath("cuda", "some/library.so"), "some/library.so");
  assertEquals(libraryPath("cpu", "some/library.so"), "some/library.so");
  const named =
    Deno.permissions.querySync({ name: "env", variable: "MLPCUDA_LIBRARY" }).state === "granted" &&
    Deno.env.get("MLPCUDA_LIBRARY");
  assertEquals(libraryPath("cuda", undefined), named || CUDA_LIBRARY);
});

Deno.test("libraryPath() tells how to get a library if the package is not on this machine's disk", () => {
  for (const [backend, variable] of [["cuda", "MLPCUDA_LIBRARY"], ["cpu", "MLPCUDA_CPU_LIBRARY"]] as const) {
    if (isGranted({ name: "env", variable }) && Deno.env.get(variable)) continue;
    const module = "https://example.com/mlpcuda/src/backends/native/library.ts";
    const error = assertThrows(() => libraryPath(backend, undefined, module), BackendError);
    assertEquals([error.backend, error.code], [backend, "no-library"]);
    assertEquals(
      error.message,
      `Cannot open backend "${backend}": a package that is loaded from a server has no library; build it in a copy of ` +
        `the repository (\`make ${backend}\`), and set ${variable} to its path` +
        (isGranted({ name: "env", variable }) ? "" : `, which needs the permission --allow-env=${variable}`),
    );
  }
});

Deno.test("checkStatus() throws an error with a code for each status and the library's message", () => {
  const sentence = new TextEncoder().encode("the sentence\0rubbish");
  const attempt = { backend: "cuda", action: "train on backend" } as const;
  checkStatus(attempt, 0, sentence);
  for (let status = 1; status < STATUS_CODES.length; status++) {
    const error = assertThrows(() => checkStatus(attempt, status, sentence), BackendError);
    assertEquals([error.code, error.backend], [STATUS_CODES[status], "cuda"]);
    assertEquals(error.message, 'Cannot train on backend "cuda": the sentence');
  }
  assertEquals(codeOf(() => checkStatus(attempt, 12345, sentence)), "failed");
});

Deno.test("textOf() ends at the first NUL, or at the end of the bytes if they have none", () => {
  assertEquals(textOf(new TextEncoder().encode("a\0b")), "a");
  assertEquals(textOf(new TextEncoder().encode("ab")), "ab");
});

Deno.test("openCuda() refuses an invalid device number", () => {
  for (const device of [-1, 0.5, NaN, 2 ** 40]) assertThrows(() => openCuda({ device }), RangeError);
});

Deno.test("openBackend() with auto requests no permission, and gives the reason why native libraries were passed over", async () => {
  const open = () => openBackend("auto", { library: "missing/libmlpcuda.so", threads: 1 });
  await using backend = await withGpu(undefined, open);
  const reasons = new Map(backend.passedOver.map(({ name, reason }) => [name, reason]));
  for (const name of ["cuda", "cpu"]) {
    assertStringIncludes(reasons.get(name)!, `Cannot open backend "${name}": `);
    assertStringIncludes(reasons.get(name)!, "missing/libmlpcuda.so");
  }
});

Deno.test({
  name: "openBackend() with cuda reports a missing library in one line (needs --allow-ffi for every path)",
  ignore: Deno.permissions.querySync({ name: "ffi" }).state !== "granted",
  async fn() {
    const error = await openBackend("cuda", { library: "missing/libmlpcuda.so" }).catch((error) => error);
    assertInstanceOf(error, BackendError);
    assertEquals(error.code, "no-library");
    assertEquals(error.message, 'Cannot open backend "cuda": library "missing/libmlpcuda.so" not found');
    const other = await openBackend("cuda", { library: "/lib/x86_64-linux-gnu/libm.so.6" }).catch((error) =>
      error
    );
    assertInstanceOf(other, BackendError);
  },
});

Deno.test({
  name:
    "openBackend() with cuda reports a missing driver in one line (needs `make cuda`, --allow-ffi and no driver)",
  ignore: !ffi || !fileExists(CUDA_LIBRARY) || fileExists("/proc/driver/nvidia/version"),
  async fn() {
    const error = await openBackend("cuda", { library: CUDA_LIBRARY }).catch((error) => error);
    assertInstanceOf(error, BackendError);
    assertEquals(error.code, "no-driver");
    assertEquals(error.message, 'Cannot open backend "cuda": there is no NVIDIA driver on this machine');
  },
});

Deno.test({
  name: "openBackend() with auto refuses the emulated library (needs `make cuda-emulated` and --allow-ffi)",
  ignore: !emulated,
  async fn() {
    const open = () => openBackend("auto", { library: EMULATED_LIBRARY, threads: 1 });
    await using backend = await withGpu(undefined, open);
    assertEquals(backend.name, "wasm");
    assertStringIncludes(backend.passedOver[0].reason, "is the emulation on the CPU, which is for tests");
  },
});

Deno.test({
  name: "openCuda() refuses a GPU that does not exist (needs `make cuda-emulated` and --allow-ffi)",
  ignore: !emulated,
  fn() {
    const error = assertThrows(() => openCuda({ library: EMULATED_LIBRARY, device: 3 }), BackendError);
    assertEquals(error.code, "no-device");
    assertEquals(error.message, 'Cannot open backend "cuda": there is no GPU 3, only GPU 0 alone');
  },
});

Deno.test({
  name:
    "openCuda() refuses a GPU for which the library has no code (needs `make cuda-emulated`, --allow-ffi and --allow-run)",
  ignore: !emulated || !isGranted({ name: "run", command: Deno.execPath() }),
  async fn() {
    // A separate process, because environment variables configure the emulated GPU.
    const script = `
      import { openCuda } from ${JSON.stringify(import.meta.resolve("../../../src/backends/native/cuda.ts"))};
      try {
        openCuda({ library: ${JSON.stringify(EMULATED_LIBRARY)} });
        console.log("opened");
      } catch ({ name, code, message }) {
        console.log(JSON.stringify({ name, code, message }));
      }`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      env: { MLPCUDA_EMULATE_NO_CODE: "209" },
    }).output();
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
      name: "BackendError",
      code: "device-unsupported",
      message:
        'Cannot open backend "cuda": the library has no code for this GPU, whose compute capability is 9.0',
    });
  },
});

/** Returns whether a file exists; `false` if the permission to check it is missing. */
function fileExists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
