/**
 * The backend of a page that is one file: WebAssembly on the page's own thread, because such a page shares no memory with workers.
 * It takes the place of `../../../backends/open.ts` when the page's script is bundled, so that no other backend is inside.
 * @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { openWasm } from "../../../backends/wasm/backend.ts";

/** Opens the backend; the caller closes it. */
export async function openBackend(): Promise<Backend> {
  return await openWasm({ shared: false, threads: 1 });
}
