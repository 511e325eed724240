/** Tests Workers of Deno on Linux, in which a request for an adapter may crash the process at exit. @module */
import { assertEquals } from "@std/assert";
import { workerMayCrashAtExit } from "../../../src/backends/webgpu/worker.ts";
import { isGranted } from "../../support/permissions.ts";

const VARIABLE = "DENO_WEBGPU_BACKEND";

/** The report of a Worker whose host has a hardware adapter that gives no device. */
interface Report {
  /** The reason why "auto" passed WebGPU over. */
  readonly reason: string;
  /** The number of adapters that "auto" requested. */
  readonly asked: number;
  /** The reason why "webgpu" could not be opened. */
  readonly named: string;
  /** The number of adapters that "webgpu" requested. */
  readonly askedByName: number;
}

const SOURCE = `
import { openBackend } from "${new URL("../../../src/backends/open.ts", import.meta.url)}";
let asked = 0;
const requestAdapter = () => {
  asked++;
  return Promise.resolve(null);
};
Object.defineProperty(navigator, "gpu", { value: { requestAdapter } });
const auto = await openBackend("auto", { threads: 1, library: "missing/libmlpcuda.so" });
const { reason } = auto.passedOver.find(({ name }) => name === "webgpu");
await auto.close();
const askedByAuto = asked;
const named = await openBackend("webgpu").catch(({ message }) => message);
postMessage({ reason, asked: askedByAuto, named, askedByName: asked - askedByAuto });`;

async function reportOfWorker(): Promise<Report> {
  const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
}

const NO_ADAPTER = 'Cannot open backend "webgpu": no adapter found; it needs a GPU with its driver';
const MAY_CRASH =
  'Cannot open backend "webgpu": Deno on Linux may crash at exit after a Worker has used OpenGL, ' +
  "needs the main thread, or DENO_WEBGPU_BACKEND=vulkan and the permission to read it";
const ASKED: Report = { reason: NO_ADAPTER, asked: 1, named: NO_ADAPTER, askedByName: 1 };
const PASSED_OVER: Report = { ...ASKED, reason: MAY_CRASH, asked: 0 };

/** Runs `work` with a value of the environment variable; `undefined` removes it. */
async function withVariable(value: string | undefined, work: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(VARIABLE);
  const set = (to: string | undefined) =>
    to === undefined ? Deno.env.delete(VARIABLE) : Deno.env.set(VARIABLE, to);
  set(value);
  try {
    await work();
  } finally {
    set(before);
  }
}

Deno.test({
  name:
    `openBackend("auto") in a Worker on Linux requests no adapter, and gives the reason (needs --allow-read)`,
  ignore: !isGranted({ name: "read" }) || isGranted({ name: "env", variable: VARIABLE }),
  fn: async () => assertEquals(await reportOfWorker(), Deno.build.os === "linux" ? PASSED_OVER : ASKED),
});

Deno.test({
  name:
    `openBackend("auto") in a Worker requests an adapter if ${VARIABLE} excludes OpenGL (needs --allow-read --allow-env)`,
  ignore: !isGranted({ name: "read" }, { name: "env", variable: VARIABLE }),
  fn: async () => {
    const onLinux = Deno.build.os === "linux" ? PASSED_OVER : ASKED;
    for (const value of [undefined, "vulkan, opengl"]) {
      await withVariable(value, async () => assertEquals(await reportOfWorker(), onLinux, value));
    }
    for (const value of ["vulkan,metal,dx12", ""]) {
      await withVariable(value, async () => assertEquals(await reportOfWorker(), ASKED, value));
    }
  },
});

Deno.test("workerMayCrashAtExit() is false outside Workers", () => {
  assertEquals(workerMayCrashAtExit(), false);
});
