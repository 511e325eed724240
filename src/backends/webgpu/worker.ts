/** Detects Workers in which it is unsafe to request an adapter. @module */

/** The names, in DENO_WEBGPU_BACKEND, of the APIs that do not load libEGL. */
const WITHOUT_EGL = ["vulkan", "vk", "metal", "mtl", "dx12", "d3d12"];

/**
 * Checks whether the process may crash when it exits if an adapter is requested on this thread: on Linux, a Worker of
 * Deno. A request loads libEGL if the environment variable DENO_WEBGPU_BACKEND allows OpenGL, as it does when it is not
 * set. At exit, libEGL frees its state of every thread, while Deno does not wait for its Workers and their threads free
 * the same state. The variable is read if that is permitted already; if not, it counts as not set.
 */
export function workerMayCrashAtExit(): boolean {
  if (typeof Deno === "undefined" || Deno.build.os !== "linux" || !isWorker()) return false;
  const variable = "DENO_WEBGPU_BACKEND";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return true;
  const apis = Deno.env.get(variable)?.split(",").map((name) => name.trim());
  return apis === undefined || !apis.every((name) => name === "" || WITHOUT_EGL.includes(name));
}

/** Checks whether this code runs in a Worker. */
function isWorker(): boolean {
  const { WorkerGlobalScope } = globalThis as { WorkerGlobalScope?: abstract new () => unknown };
  return WorkerGlobalScope !== undefined && globalThis instanceof WorkerGlobalScope;
}
