/** The backends that every suite runs on, and the registration of a test for each of them. @module */
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import { type CpuOptions, openCpu } from "../../src/backends/native/cpu.ts";
import { type CudaOptions, openCuda } from "../../src/backends/native/cuda.ts";
import { openWebgpu } from "../../src/backends/webgpu/backend.ts";
import { openWasm, type WasmOptions } from "../../src/backends/wasm/backend.ts";
import { gpuWith } from "./gpu.ts";
import { isGranted } from "./permissions.ts";
import { IS_ELSEWHERE, UNDER_TEST } from "./webgpu.ts";

/** A row of the suites: a backend and one way to open it. */
export interface BackendRow {
  /** The row's name in the names of tests, such as `"wasm, 2 threads"`. */
  readonly name: string;
  /** The name in `openBackend` and in `MLPCUDA_REQUIRE`. */
  readonly backend: string;
  /** The requirement that this machine lacks; absent if it can open the backend. */
  readonly missing?: string;
  /** Opens the backend. */
  open(): Promise<Backend>;
}

/** The reference, with which the others are compared. */
export const REFERENCE: BackendRow = {
  name: "reference",
  backend: "reference",
  open: () => openBackend("reference"),
};

/** The wasm backend in each form that differs in code or in how the work is divided. */
const WASM_FORMS: readonly BackendRow[] = [
  wasm("wasm, 1 thread", { threads: 1, shared: true, build: "relaxed" }),
  wasm("wasm, 2 threads", { threads: 2, shared: true, build: "relaxed" }),
  wasm("wasm, 3 threads", { threads: 3, shared: true, build: "relaxed" }),
  wasm("wasm, no shared memory", { shared: false, build: "relaxed" }),
  wasm("wasm, plain build, 2 threads", { threads: 2, shared: true, build: "plain" }),
  wasm("wasm, plain build, no shared memory", { shared: false, build: "plain" }),
];

/** All of these forms; in a run without permissions, which should be short, one with workers and one without. */
export const WASM = isGranted({ name: "read" })
  ? WASM_FORMS
  : WASM_FORMS.filter((_, form) => form === 1 || form === 3);

/** The CUDA library that runs its kernels on the CPU, and the one for GPUs. */
export const EMULATED_LIBRARY = new URL("../../cuda/libmlpcuda_emulated.so", import.meta.url).pathname;
export const CUDA_LIBRARY = new URL("../../cuda/libmlpcuda.so", import.meta.url).pathname;

/** The CUDA backend on each path: on the emulation, and on a GPU if there is one. */
export const EMULATED: readonly BackendRow[] = [
  emulated("cuda emulated, operations one by one", { path: "ops" }),
  emulated("cuda emulated, graph", { path: "graph" }),
  emulated("cuda emulated, persistent", { path: "persistent" }),
];
export const CUDA: readonly BackendRow[] = [
  cuda("cuda, operations one by one", { path: "ops" }),
  cuda("cuda, graph", { path: "graph" }),
  cuda("cuda, persistent", { path: "persistent" }),
];

/** The library of the cpu backend. */
export const CPU_LIBRARY = new URL("../../cpu/libmlpcpu.so", import.meta.url).pathname;

/** The cpu backend with several numbers of threads, on each path, and with the narrower instructions of x86-64. */
export const CPU: readonly BackendRow[] = [
  cpu("cpu, 1 thread", { threads: 1 }),
  cpu("cpu, 2 threads", { threads: 2 }),
  cpu("cpu, 3 threads, operations one by one", { threads: 3, path: "ops" }),
  ...Deno.build.arch === "x86_64"
    ? [cpu("cpu, avx2, 2 threads", { threads: 2, instructionSet: "avx2" })]
    : [],
];

/** The WebGPU backend on the adapter that this process tests; empty if other processes test WebGPU. */
export const WEBGPU: readonly BackendRow[] = IS_ELSEWHERE ? [] : [{
  name: UNDER_TEST.name,
  backend: "webgpu",
  missing: UNDER_TEST.missing,
  open: () => openWebgpu({ gpu: gpuWith(UNDER_TEST.adapter) }),
}];

/** The same, except on OpenGL, for tests that take too long there and test nothing that differs. */
export const WEBGPU_BUT_OPENGL = WEBGPU.filter(({ name }) => name === "webgpu");

/** Every backend that is compared with the reference. */
export const COMPARED: readonly BackendRow[] = [...WASM, ...CPU, ...EMULATED, ...CUDA, ...WEBGPU];

/** One row of every backend, for behavior that does not depend on how the work is divided. */
export const EACH: readonly BackendRow[] = [
  REFERENCE,
  WASM_FORMS[1],
  WASM_FORMS[3],
  CPU[1],
  ...EMULATED,
  ...CUDA,
  ...WEBGPU,
];

/** The backends that must not be missing, from `MLPCUDA_REQUIRE=cuda,webgpu`; none if the variable may not be read. */
export const REQUIRED =
  Deno.permissions.querySync({ name: "env", variable: "MLPCUDA_REQUIRE" }).state === "granted"
    ? (Deno.env.get("MLPCUDA_REQUIRE") ?? "").split(",").map((name) => name.trim()).filter((name) =>
      name !== ""
    )
    : [];

for (const name of REQUIRED) {
  if (name !== "mpi" && [REFERENCE, ...COMPARED].every(({ backend }) => backend !== name)) {
    throw new TypeError(`MLPCUDA_REQUIRE names "${name}", which is not a row of the suites`);
  }
}

/**
 * Registers a test for each backend. If this machine lacks a backend, its test is ignored, and the test's name says
 * what it needs. If `MLPCUDA_REQUIRE` lists the backend, the test runs and fails with the reason.
 */
export function backendTest(
  sentence: string,
  rows: readonly BackendRow[],
  work: (backend: Backend, row: BackendRow) => Promise<void>,
): void {
  for (const row of rows) {
    Deno.test({
      name: `${sentence} (${row.name}${row.missing === undefined ? "" : `: needs ${row.missing}`})`,
      ignore: row.missing !== undefined && !REQUIRED.includes(row.backend),
      sanitizeOps: true,
      sanitizeResources: true,
      fn: async () => {
        await using backend = await row.open();
        await work(backend, row);
      },
    });
  }
}

/** Registers a test that needs the emulated library. */
export function emulatedTest(sentence: string, fn: () => Promise<void>): void {
  libraryTest(sentence, { name: "cuda emulated", row: EMULATED[0] }, fn);
}

/** Registers a test that needs the library of the cpu backend. */
export function cpuTest(sentence: string, fn: () => Promise<void>): void {
  libraryTest(sentence, { name: "cpu", row: CPU[0] }, fn);
}

/** Registers a test that opens the backend of a library itself. */
function libraryTest(
  sentence: string,
  { name, row: { backend, missing } }: { readonly name: string; readonly row: BackendRow },
  fn: () => Promise<void>,
): void {
  Deno.test({
    name: `${sentence} (${name}${missing === undefined ? "" : `: needs ${missing}`})`,
    ignore: missing !== undefined && !REQUIRED.includes(backend),
    sanitizeOps: true,
    sanitizeResources: true,
    fn,
  });
}

function wasm(name: string, options: WasmOptions): BackendRow {
  return { name, backend: "wasm", open: () => openWasm(options) };
}

function cpu(name: string, options: CpuOptions): BackendRow {
  const given = { library: CPU_LIBRARY, ...options };
  const missing = missingLibrary(
    CPU_LIBRARY,
    "`make cpu` and a processor with AVX2 or NEON",
    () => openCpu(given),
  );
  return { name, backend: "cpu", missing, open: () => Promise.resolve(openCpu(given)) };
}

function emulated(name: string, options: CudaOptions): BackendRow {
  const given = { library: EMULATED_LIBRARY, ...options };
  const missing = missingLibrary(EMULATED_LIBRARY, "`make cuda-emulated`", () => openCuda(given));
  return { name, backend: "cuda-emulated", missing, open: () => Promise.resolve(openCuda(given)) };
}

function cuda(name: string, options: CudaOptions): BackendRow {
  const given = { library: CUDA_LIBRARY, ...options };
  const missing = missingLibrary(CUDA_LIBRARY, "`make cuda` and an NVIDIA GPU", () => openCuda(given));
  return { name, backend: "cuda", missing, open: () => Promise.resolve(openCuda(given)) };
}

/** Returns the requirement for this library that this machine lacks; `open` opens its backend. */
function missingLibrary(
  library: string,
  needs: string,
  open: () => { close(): Promise<void> },
): string | undefined {
  if (Deno.permissions.querySync({ name: "ffi", path: library }).state !== "granted") return "--allow-ffi";
  try {
    open().close();
    return undefined;
  } catch {
    return needs;
  }
}
