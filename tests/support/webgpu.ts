/**
 * Finds the WebGPU adapter that a process tests. The environment variable MLPCUDA_WEBGPU_TESTS ("here" or
 * "elsewhere") says if the process tests WebGPU, and Deno's DENO_WEBGPU_BACKEND says on which API.
 * @module
 */
import { quietDrivers, variable } from "../../tasks/terminal/environment.ts";

const WHERE = variable("MLPCUDA_WEBGPU_TESTS");

/** The names of OpenGL in DENO_WEBGPU_BACKEND. */
const OPENGL = ["gl", "gles", "opengl"];

/** The program that may request an adapter on OpenGL. */
const OPENGL_RUNNER = new URL("../run_opengl.ts", import.meta.url).href;

/** The adapter of this process and the name of its tests. */
interface WebgpuUnderTest {
  /** The name of the row, in parentheses at the end of a test's name. */
  readonly name: string;
  /** The adapter; `null` if the machine has none, or if this process may not request one. */
  readonly adapter: GPUAdapter | null;
  /** The requirement for an adapter that this machine lacks; absent if it has one. */
  readonly missing?: string;
}

/**
 * Requests the adapter of this process, if it tests WebGPU. An adapter request loads every API that
 * DENO_WEBGPU_BACKEND allows, by default OpenGL with libEGL. After that, a process may crash at exit unless only its
 * main thread has made requests. The files of `deno test` run on other threads. Therefore only `deno task test` tests
 * WebGPU: on OpenGL in run_opengl.ts, and on other APIs in a `deno test` without OpenGL.
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

/** The WebGPU adapter of this process. */
export const UNDER_TEST: WebgpuUnderTest = await findWebgpu();

/** True if other processes run the WebGPU tests, so that this one skips them. */
export const IS_ELSEWHERE = WHERE === "elsewhere";

/** Returns true if a test runs on a WebGPU adapter, by its name. */
export function isWebgpuTest(name: string): boolean {
  return /\(webgpu\b/.test(name);
}
