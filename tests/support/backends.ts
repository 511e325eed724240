/** The backends that every suite runs on, and how a test says which one it needs. @module */
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import { type CudaOptions, openCuda } from "../../src/backends/cuda/backend.ts";
import { openWebgpu } from "../../src/backends/webgpu/backend.ts";
import { openWasm, type WasmOptions } from "../../src/backends/wasm/backend.ts";
import { gpuWith } from "./gpu.ts";
import { isGranted } from "./permissions.ts";
import { IS_ELSEWHERE, UNDER_TEST } from "./webgpu.ts";

/** A backend as the suites see it: one way to open it. */
export interface BackendRow {
  /** What distinguishes it, for a test's name: `"wasm, 2 threads"`. */
  readonly name: string;
  /** The name that `openBackend` knows, and that `MLPCUDA_REQUIRE` lists. */
  readonly backend: string;
  /** Why this machine cannot open it; absent where it can. */
  readonly missing?: string;
  /** Opens it. */
  open(): Promise<Backend>;
}

/** The reference: what the others are compared with. */
export const REFERENCE: BackendRow = {
  name: "reference",
  backend: "reference",
  open: () => openBackend("reference"),
};

/** The wasm backend in each form that differs in code or in how work is shared out. */
const WASM_FORMS: readonly BackendRow[] = [
  wasm("wasm, 1 thread", { threads: 1, shared: true, build: "relaxed" }),
  wasm("wasm, 2 threads", { threads: 2, shared: true, build: "relaxed" }),
  wasm("wasm, 3 threads", { threads: 3, shared: true, build: "relaxed" }),
  wasm("wasm, no shared memory", { shared: false, build: "relaxed" }),
  wasm("wasm, plain build, 2 threads", { threads: 2, shared: true, build: "plain" }),
  wasm("wasm, plain build, no shared memory", { shared: false, build: "plain" }),
];

/** All of these forms; without a permission, in a run that is to be short, one with workers and one without. */
export const WASM = isGranted({ name: "read" })
  ? WASM_FORMS
  : WASM_FORMS.filter((_, form) => form === 1 || form === 3);

/** The CUDA library that runs its kernels on the CPU, and the real one. */
export const EMULATED_LIBRARY = new URL("../../cuda/libmlpcuda_emulated.so", import.meta.url).pathname;
export const CUDA_LIBRARY = new URL("../../cuda/libmlpcuda.so", import.meta.url).pathname;

/** The CUDA backend in each way to carry a plan out: on the emulation, and where there is a GPU on it. */
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

/** The WebGPU backend on the adapter that this process tests; none if other processes do that. */
export const WEBGPU: readonly BackendRow[] = IS_ELSEWHERE ? [] : [{
  name: UNDER_TEST.name,
  backend: "webgpu",
  missing: UNDER_TEST.missing,
  open: () => openWebgpu({ gpu: gpuWith(UNDER_TEST.adapter) }),
}];

/** The same for what takes too long on OpenGL and is no different there. */
export const WEBGPU_BUT_OPENGL = WEBGPU.filter(({ name }) => name === "webgpu");

/** Every backend that is compared with the reference. */
export const COMPARED: readonly BackendRow[] = [...WASM, ...EMULATED, ...CUDA, ...WEBGPU];

/** One row of every backend, for what does not depend on how its work is shared out. */
export const EACH: readonly BackendRow[] = [
  REFERENCE,
  WASM_FORMS[1],
  WASM_FORMS[3],
  ...EMULATED,
  ...CUDA,
  ...WEBGPU,
];

/** The backends that must be there, from `MLPCUDA_REQUIRE=cuda,webgpu`; none where it may not be read. */
const REQUIRED = Deno.permissions.querySync({ name: "env", variable: "MLPCUDA_REQUIRE" }).state === "granted"
  ? (Deno.env.get("MLPCUDA_REQUIRE") ?? "").split(",").map((name) => name.trim()).filter((name) =>
    name !== ""
  )
  : [];

for (const name of REQUIRED) {
  if ([REFERENCE, ...COMPARED].every(({ backend }) => backend !== name)) {
    throw new TypeError(`MLPCUDA_REQUIRE names "${name}", which no row of the suites is`);
  }
}

/**
 * Registers a test for each backend. One that this machine lacks is ignored, and its name says what it needs; where
 * `MLPCUDA_REQUIRE` lists the backend, the test runs and fails with the reason.
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
  const { missing } = EMULATED[0];
  Deno.test({
    name: `${sentence} (cuda emulated${missing === undefined ? "" : `: needs ${missing}`})`,
    ignore: missing !== undefined && !REQUIRED.includes("cuda-emulated"),
    sanitizeOps: true,
    sanitizeResources: true,
    fn,
  });
}

function wasm(name: string, options: WasmOptions): BackendRow {
  return { name, backend: "wasm", open: () => openWasm(options) };
}

function emulated(name: string, options: CudaOptions): BackendRow {
  const missing = missingLibrary(EMULATED_LIBRARY, "`make cuda-emulated`");
  const open = () => Promise.resolve(openCuda({ library: EMULATED_LIBRARY, ...options }));
  return { name, backend: "cuda-emulated", missing, open };
}

function cuda(name: string, options: CudaOptions): BackendRow {
  const missing = missingLibrary(CUDA_LIBRARY, "`make cuda` and an NVIDIA GPU");
  return {
    name,
    backend: "cuda",
    missing,
    open: () => Promise.resolve(openCuda({ library: CUDA_LIBRARY, ...options })),
  };
}

/** What a library needs before it can be used here. */
function missingLibrary(library: string, needs: string): string | undefined {
  if (Deno.permissions.querySync({ name: "ffi", path: library }).state !== "granted") return "--allow-ffi";
  try {
    openCuda({ library }).close();
    return undefined;
  } catch {
    return needs;
  }
}
