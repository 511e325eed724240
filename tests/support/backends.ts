/** The backends that every suite runs on, and how a test says which one it needs. @module */
import { type Backend, openBackend } from "../../src/backend.ts";
import { openWasm, type WasmOptions } from "../../src/backends/wasm/backend.ts";

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
export const WASM: readonly BackendRow[] = [
  wasm("wasm, 1 thread", { threads: 1, shared: true, build: "relaxed" }),
  wasm("wasm, 2 threads", { threads: 2, shared: true, build: "relaxed" }),
  wasm("wasm, 3 threads", { threads: 3, shared: true, build: "relaxed" }),
  wasm("wasm, no shared memory", { shared: false, build: "relaxed" }),
  wasm("wasm, plain build, 2 threads", { threads: 2, shared: true, build: "plain" }),
  wasm("wasm, plain build, no shared memory", { shared: false, build: "plain" }),
];

/** Every backend that is compared with the reference. */
export const COMPARED: readonly BackendRow[] = [...WASM];

/** One row of every backend, for what does not depend on how its work is shared out. */
export const EACH: readonly BackendRow[] = [REFERENCE, WASM[1], WASM[3]];

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

function wasm(name: string, options: WasmOptions): BackendRow {
  return { name, backend: "wasm", open: () => openWasm(options) };
}
