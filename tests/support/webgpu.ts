/** Which WebGPU adapter a process tests, by the environment variable DENO_WEBGPU_BACKEND. @module */
import { quietDrivers, variable } from "../../tasks/terminal/environment.ts";

/** The names that DENO_WEBGPU_BACKEND has for OpenGL. */
const OPENGL = ["gl", "gles", "opengl"];

/** The program that may ask for an adapter on OpenGL. */
const OPENGL_RUNNER = new URL("../run_opengl.ts", import.meta.url).href;

/** What the tests of this process know of WebGPU. */
interface WebgpuUnderTest {
  /** The rows' name, in brackets at the end of a test's name. */
  readonly name: string;
  /** The adapter; `null` if the machine has none, or if this process may not ask for one. */
  readonly adapter: GPUAdapter | null;
  /** What it needs to have one; absent if it has one. */
  readonly missing?: string;
}

/**
 * Asks for the adapter of this process, if it is safe to ask. An adapter request loads every API that
 * DENO_WEBGPU_BACKEND allows, by default OpenGL with libEGL, after which a process may crash at exit unless only its main
 * thread has asked. The files of `deno test` run on other threads. So only `deno task test` tests WebGPU: on OpenGL in
 * run_opengl.ts, on other APIs in a `deno test` that keeps OpenGL out.
 */
async function findWebgpu(): Promise<WebgpuUnderTest> {
  const apis = variable("DENO_WEBGPU_BACKEND")?.split(",");
  const [hasOpengl, isOpengl] = [apis?.some(isOpenglName), apis?.every(isOpenglName)];
  const name = isOpengl ? "webgpu on OpenGL" : "webgpu";
  const isSafe = apis && (isOpengl ? Deno.mainModule === OPENGL_RUNNER : !hasOpengl);
  if (!isSafe) return { name, adapter: null, missing: "`deno task test`" };
  quietDrivers();
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter) return { name, adapter };
  const driver = isOpengl ? "an OpenGL driver with EGL" : "a GPU's driver";
  const packages = isOpengl ? "libegl1 and libgl1-mesa-dri" : "mesa-vulkan-drivers";
  return { name, adapter: null, missing: `${driver} (Mesa's ${packages} will do)` };
}

function isOpenglName(name: string): boolean {
  return OPENGL.includes(name.trim().toLowerCase());
}

/** WebGPU in this process. */
export const UNDER_TEST: WebgpuUnderTest = await findWebgpu();

/** Whether the WebGPU tests run in processes of their own, so that this one leaves them out. */
export const IS_ELSEWHERE = variable("MLPCUDA_WEBGPU_TESTS") === "elsewhere";

/** Checks whether a test runs on a WebGPU adapter, by its name. */
export function isWebgpuTest(name: string): boolean {
  return /\(webgpu\b/.test(name);
}
