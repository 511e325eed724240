/**
 * Tests the library in a browser: a page that imports the bundle of mod.ts trains on drawn digits. The file's name is
 * not one that bare `deno test` finds; `deno task test:browser` runs it.
 * @module
 */
import { assertEquals, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "@std/assert";
import { fromFileUrl } from "@std/path";
import * as library from "../../mod.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { useFiles, useLibrary } from "../bundle/use_library.js";
import { PICTURES_READ } from "../fixtures/picture_fixtures.ts";
import { everyKernel } from "../support/webgpu_kernels.ts";
import { launchChromium, type Page } from "./chromium.ts";

/** Switches with which Chromium offers a software adapter if the machine has no GPU. */
const WEBGPU_ARGS = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

const PAGE = `<!doctype html><title>mlpcuda</title><script type="module">
import * as module from "./module.js";
globalThis.module = module;
</script>`;

/** The page's report of an epoch of the default network on drawn digits. */
interface Trained {
  readonly backend: string;
  readonly device: string;
  readonly passedOver: readonly string[];
  readonly losses: readonly number[];
  readonly accuracy: number;
  readonly seconds: number;
}

/** The function that trains in the page, as text. */
const TRAIN = `async (name) => {
  const { dense, drawDigits, evaluate, Mlp, openBackend, train } = globalThis.module;
  const digits = drawDigits({ count: 6000, testCount: 500 });
  const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], digits.train);
  const backend = await openBackend(name);
  const losses = [], began = performance.now();
  for await (const { trainLoss } of train(mlp, digits.train, { epochs: 1, backend })) losses.push(trainLoss);
  const seconds = (performance.now() - began) / 1000;
  const { accuracy } = await evaluate(mlp, digits.test, { backend });
  const { device, passedOver } = backend;
  await backend.close();
  return {
    backend: backend.name, device, losses, accuracy, seconds,
    passedOver: passedOver.map(({ reason }) => reason),
  };
}`;

/** Compiles every variant of every kernel, and returns the compiler's errors. */
const COMPILE = `async () => {
  const found = globalThis.module.everyKernel();
  const device = await (await navigator.gpu.requestAdapter()).requestDevice(), refused = [];
  device.addEventListener("uncapturederror", (event) => event.preventDefault());
  for (const { name, code } of found) {
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    for (const { type, lineNum, message } of messages) {
      if (type === "error") refused.push(name + ", line " + lineNum + ": " + message);
    }
  }
  return { compiled: found.length, refused };
}`;

/** Bundles a module of the project as JavaScript for a browser. */
async function bundle(module: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", module],
    cwd: fromFileUrl(new URL("../../", import.meta.url)),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Serves the page, opens it in Chromium, and checks that the page had no errors. */
async function withPage(
  { args, isolated = false, policy, module = "mod.ts" }: {
    args?: readonly string[];
    isolated?: boolean;
    /** The page's Content-Security-Policy; if absent, everything is allowed. */
    policy?: string;
    module?: string;
  },
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const code = await bundle(module);
  // Only an isolated page shares memory between its workers.
  const isolation = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const { pathname } = new URL(url);
    const headers = { ...isolated && isolation, ...policy && { "content-security-policy": policy } };
    const script = pathname === "/module.js";
    if (!script && pathname !== "/") return new Response(null, { status: 404 });
    const type = `${script ? "text/javascript" : "text/html"}; charset=utf-8`;
    return new Response(script ? code : PAGE, { headers: { ...headers, "content-type": type } });
  });
  const browser = await launchChromium({ args });
  try {
    const page = await browser.newPage(), errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    await page.waitForFunction("globalThis.module !== undefined");
    await work(page);
    assertEquals(errors, []);
  } finally {
    await browser.close();
  }
}

const trainIn = (page: Page, backend: string) =>
  page.evaluate<Trained>(`(${TRAIN})(${JSON.stringify(backend)})`);

/** Checks the loss and the accuracy after 47 steps on drawn digits; 0.9 and 85 % were measured. */
function assertTrained({ losses, accuracy }: Trained): void {
  assertEquals(losses.length, 1);
  assertLess(losses[0], 1.5);
  assertGreaterOrEqual(accuracy, 0.7);
}

for (const isolated of [true, false]) {
  const kind = isolated ? "a page that shares memory" : "any page";
  Deno.test(`train() trains with wasm in a browser: ${kind}`, () =>
    withPage({ isolated }, async (page) => {
      const trained = await trainIn(page, "auto");
      assertEquals([trained.backend, trained.device.includes("no shared memory")], ["wasm", !isolated]);
      assertEquals(trained.passedOver.length, 3);
      assertTrained(trained);
    }));
}

/** Uses the library in the page, and returns the results and the device. */
const USE = `async () => {
  const backend = await globalThis.module.openBackend("wasm", { threads: 2 });
  const used = await (${useLibrary})(globalThis.module, backend);
  await backend.close();
  return { device: backend.device, used };
}`;

/** Does the same in Deno, on the calling thread alone, with the kernels' build that the page uses. */
async function useHere(device: string) {
  const build = device.includes("relaxed") ? "relaxed" : "plain";
  const backend = await openWasm({ shared: false, build });
  const used = await useLibrary(library, backend);
  await backend.close();
  return used;
}

for (
  const [kind, options, threads] of [
    ["a page that shares memory", { isolated: true }, "2 threads"],
    [
      "a page that allows no workers",
      { isolated: true, policy: "worker-src 'none'" },
      "1 thread (workers cannot start)",
    ],
    [
      "a page that allows only its own scripts and wasm",
      { isolated: true, policy: "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" },
      "1 thread (workers cannot start)",
    ],
    ["any page", {}, "1 thread (no shared memory)"],
  ] as const
) {
  Deno.test(`mod.ts gives the same bits in a browser as in Deno: ${kind}`, () =>
    withPage(options, async (page) => {
      const { device, used } = await page.evaluate<{ device: string; used: unknown }>(`(${USE})()`);
      assertEquals(device.startsWith(`CPU, ${threads}, WebAssembly `), true, device);
      assertEquals(used, await useHere(device));
    }));
}

Deno.test("openBackend() gives the reason if a page's policy forbids the browser to compile WebAssembly", () =>
  withPage({ policy: "script-src 'self' 'unsafe-inline'" }, async (page) => {
    const refused = await page.evaluate<string>(
      "globalThis.module.openBackend('wasm').then(() => 'opened', (error) => error.name + ': ' + error.message)",
    );
    assertEquals(
      refused.startsWith(`BackendError: Cannot open backend "wasm": this host refuses to compile it: `),
      true,
      refused,
    );
  }));

Deno.test("mod.ts refuses files in a browser, and names the functions that take their bytes", () =>
  withPage({}, async (page) => {
    const messages = await page.evaluate<string[]>(`(${useFiles})(globalThis.module)`);
    const instead = [
      ...["Mlp.parse()", "Mlp.format()", "parseCheckpoint()", "formatCheckpoint()"],
      ...["datasetFromNpz()", "datasetFromNpz()"],
    ];
    for (const [i, name] of instead.entries()) {
      assertEquals(
        /^TypeError: Cannot .*: files need Deno; elsewhere (.*)$/.test(messages[i]),
        true,
        messages[i],
      );
      assertEquals(messages[i].endsWith(name), true, messages[i]);
    }
    assertEquals(
      messages[6],
      `BackendError: Cannot open backend "cuda": this host cannot load shared libraries, needs Deno`,
    );
  }));

/** Returns true if Chromium offers an adapter with these switches. */
async function offersAdapter(): Promise<boolean> {
  let found = false;
  await withPage({ args: WEBGPU_ARGS }, async (page) => {
    found = await page.evaluate<boolean>(
      "navigator.gpu?.requestAdapter().then((adapter) => adapter !== null) ?? false",
    );
  });
  return found;
}

const offered = await offersAdapter();

const NEEDS = offered ? "" : " (needs a WebGPU adapter in Chromium)";

Deno.test({
  name: `everyKernel() gives kernels that the browser compiles${NEEDS}`,
  ignore: !offered,
  fn: () =>
    withPage({ args: WEBGPU_ARGS, module: "tests/support/webgpu_kernels.ts" }, async (page) => {
      const compiled = await page.evaluate(`(${COMPILE})()`);
      assertEquals(compiled, { compiled: everyKernel().length, refused: [] });
    }),
});

Deno.test({
  name: `train() trains with webgpu in a browser${NEEDS}`,
  ignore: !offered,
  fn: () =>
    withPage({ args: WEBGPU_ARGS }, async (page) => {
      const trained = await trainIn(page, "webgpu");
      assertEquals(trained.backend, "webgpu");
      assertTrained(trained);
      // The losses must be those of wasm, from the same start and in the same order.
      const { losses } = await trainIn(page, "wasm");
      assertLess(Math.abs(losses[0] - trained.losses[0]), 1e-3);
    }),
});

/** Reads files with `readPicture()`, and returns the largest difference of each from what it should be. */
const READ_PICTURES = `async (files) => {
  const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const found = [];
  for (const { name, base64, rgba, width, height } of files) {
    const picture = await globalThis.module.readPicture(bytesOf(base64), { name });
    const { channels, pixels } = picture, wanted = bytesOf(rgba);
    let most = picture.width === width && picture.height === height ? 0 : Infinity;
    for (let at = 0, i = 0; at < wanted.length; at += 4, i += channels) {
      const alpha = channels % 2 === 0 ? pixels[i + channels - 1] : 255;
      most = Math.max(most, Math.abs(alpha - wanted[at + 3]));
      for (let c = 0; alpha > 0 && c < 3; c++) {
        most = Math.max(most, Math.abs(pixels[channels < 3 ? i : i + c] - wanted[at + c]));
      }
    }
    found.push(most);
  }
  return found;
}`;

Deno.test("readPicture() reads in a browser what it reads in Deno", () =>
  withPage({}, async (page) => {
    // Chromium does not apply the orientation of a WebP.
    const files = PICTURES_READ.filter(({ name }) => name !== "WebP with EXIF orientation 6");
    const found = await page.evaluate<number[]>(`(${READ_PICTURES})(${JSON.stringify(files)})`);
    for (const [at, { name, tolerance }] of files.entries()) {
      // A canvas multiplies colors by their transparency, which rounds them.
      assertLessOrEqual(found[at], tolerance + (name.includes("transparency") ? 2 : 0), name);
    }
  }));
