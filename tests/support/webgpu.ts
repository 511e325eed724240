/**
 * Whether a process tests WebGPU, by the environment variable MLPCUDA_WEBGPU_TESTS ("here" or "elsewhere"), and on which
 * API, by Deno's DENO_WEBGPU_BACKEND.
 * @module
 */
import { quietDrivers, variable } from "../../tasks/terminal/environment.ts";

const WHERE = variable("MLPCUDA_WEBGPU_TESTS");

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
 * Asks for the adapter of this process, if it is to test WebGPU. An adapter request loads every API that
 * DENO_WEBGPU_BACKEND allows, by default OpenGL with libEGL, after which a process may crash at exit unless only its main
 * thread has asked. The files of `deno test` run on other threads. So `deno task test` alone tests WebGPU: on OpenGL in
 * run_opengl.ts, on other APIs in a `deno test` that keeps OpenGL out.
 */
async function findWebgpu(): Promise<WebgpuUnderTest> {
  if (WHERE !== "here") return { name: "webgpu", adapter: null, missing: "`deno task test`" };
  const apis = (variable("DENO_WEBGPU_BACKEND") ?? "gl").split(",").map((name) => name.trim().toLowerCase());
  const isOpengl = apis.some((name) => OPENGL.includes(name));
  if (isOpengl && Deno.mainModule !== OPENGL_RUNNER) {
    throw new Error("WebGPU on OpenGL needs the main thread: it is tested by `deno task test:opengl`");
  }
  quietDrivers();
  const adapter = await navigator.gpu.requestAdapter();
  const name = isOpengl ? "webgpu on OpenGL" : "webgpu";
  if (adapter) return { name, adapter };
  const driver = isOpengl ? "an OpenGL driver with EGL" : "a GPU's driver";
  const packages = isOpengl ? "libegl1 and libgl1-mesa-dri" : "mesa-vulkan-drivers";
  return { name, adapter: null, missing: `${driver} (Mesa's ${packages} will do)` };
}

/** WebGPU in this process. */
export const UNDER_TEST: WebgpuUnderTest = await findWebgpu();

/** Whether other processes run the WebGPU tests, so that this one leaves them out. */
export const IS_ELSEWHERE = WHERE === "elsewhere";

/** Checks whether a test runs on a WebGPU adapter, by its name. */
export function isWebgpuTest(name: string): boolean {
  return /\(webgpu\b/.test(name);
}
