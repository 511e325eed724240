/** Tests which adapters are accepted, and the errors of those that are refused. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { openBackend } from "../../../src/backends/open.ts";
import { findAdapter, tileBytesOf, wantedLimits } from "../../../src/backends/webgpu/adapter.ts";
import { SMALL_TILE_BYTES, TILE_BYTES } from "../../../src/backends/webgpu/tile.ts";
import { BackendError } from "../../../src/errors.ts";
import { backendTest, WEBGPU } from "../../support/backends.ts";
import { disguised, gpuWith, withGpu } from "../../support/gpu.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** A fake adapter, of which no device is requested. */
const SOFTWARE = {
  info: { description: "llvmpipe", vendor: "", architecture: "", isFallbackAdapter: true },
  limits: {
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBufferBindingSize: 1 << 27,
    maxBufferSize: 1 << 28,
  },
} as unknown as GPUAdapter;
const HARDWARE = disguised(SOFTWARE, { info: { description: "", vendor: "acme", isFallbackAdapter: false } });

async function assertRefused(
  open: () => Promise<unknown>,
  [code, why]: readonly [code: string, why: string],
): Promise<void> {
  const error = await assertRejects(open, BackendError, `Cannot open backend "webgpu": ${why}`);
  assertEquals([error.backend, error.code], ["webgpu", code]);
}

Deno.test(
  "findAdapter() accepts a software adapter only if the backend was requested by name",
  SANITIZED,
  async () => {
    assertEquals(await findAdapter({ named: true, gpu: gpuWith(SOFTWARE) }), SOFTWARE);
    const why = 'the only adapter, llvmpipe, is software, slower than backends "cpu" and "wasm"';
    await assertRefused(() => findAdapter({ named: false, gpu: gpuWith(SOFTWARE) }), ["software", why]);
    assertEquals(await findAdapter({ named: false, gpu: gpuWith(HARDWARE) }), HARDWARE);
  },
);

Deno.test(
  "findAdapter() requests an adapter only once from a host with a software adapter",
  SANITIZED,
  async () => {
    let asked = 0;
    const gpu = { requestAdapter: () => Promise.resolve(asked++ < 2 ? SOFTWARE : null) };
    const refused = () =>
      assertRefused(() => findAdapter({ named: false, gpu }), ["software", "the only adapter"]);
    await refused();
    await refused();
    assertEquals(asked, 1);
    assertEquals(await findAdapter({ named: true, gpu }), SOFTWARE); // by name, it is requested again
    assertEquals(asked, 2);
  },
);

Deno.test("findAdapter() reports a host without WebGPU or without an adapter", SANITIZED, async () => {
  const none = () => withGpu(undefined, () => findAdapter({}));
  await assertRefused(none, ["unavailable", "this host has no WebGPU"]);
  for (const named of [true, false]) {
    const find = () => findAdapter({ named, gpu: gpuWith(null) });
    await assertRefused(find, ["no-adapter", "no adapter found; it needs a GPU with its driver"]);
  }
});

Deno.test(
  "findAdapter() refuses an adapter whose limits are below those that kernels need",
  SANITIZED,
  async () => {
    const small = disguised(HARDWARE, { limits: { maxComputeWorkgroupStorageSize: 8192 } });
    const why = "acme has maxComputeWorkgroupStorageSize 8192, needs 16384";
    await assertRefused(() => findAdapter({ gpu: gpuWith(small) }), ["limits", why]);
  },
);

Deno.test("wantedLimits() returns the largest buffer sizes of the adapter", () => {
  assertEquals(wantedLimits(HARDWARE), { maxStorageBufferBindingSize: 1 << 27, maxBufferSize: 1 << 28 });
});

Deno.test("tileBytesOf() returns small tiles only for OpenGL on the CPU", () => {
  const sizes = (subgroupMinSize: number, subgroupMaxSize: number) => ({ subgroupMinSize, subgroupMaxSize });
  const tileOf = (adapter: GPUAdapter, info = {}) => tileBytesOf(disguised(adapter, { info }));
  assertEquals(tileOf(SOFTWARE, sizes(4, 128)), SMALL_TILE_BYTES); // the sizes of an API without subgroups
  assertEquals(tileOf(SOFTWARE, sizes(8, 8)), TILE_BYTES);
  assertEquals(tileOf(SOFTWARE), TILE_BYTES); // a host that reports no sizes
  for (const info of [sizes(4, 128), sizes(32, 32), {}]) assertEquals(tileOf(HARDWARE, info), TILE_BYTES);
});

backendTest("tileBytesOf() recognizes the API of this adapter", WEBGPU, (backend, { name }) => {
  const { adapter } = backend as typeof backend & { adapter: GPUAdapter };
  const small = adapter.info.isFallbackAdapter && name !== "webgpu";
  assertEquals(tileBytesOf(adapter), small ? SMALL_TILE_BYTES : TILE_BYTES);
  return Promise.resolve();
});

backendTest(`openBackend("auto") opens a hardware adapter rather than wasm`, WEBGPU, async (backend) => {
  const { adapter } = backend as typeof backend & { adapter: GPUAdapter };
  const hardware = disguised(adapter, { info: { description: "a GPU", isFallbackAdapter: false } });
  await withGpu(gpuWith(hardware), async () => {
    await using opened = await openBackend("auto", { library: "missing/libmlpcuda.so" });
    assertEquals([opened.name, opened.device], ["webgpu", "a GPU"]);
    assertEquals(opened.passedOver.map(({ name }) => name), ["cuda"]);
  });
});

backendTest("openWebgpu() describes a software adapter as such", WEBGPU, async (backend) => {
  const { adapter } = backend as typeof backend & { adapter: GPUAdapter };
  const software = disguised(adapter, { info: { description: "a renderer", isFallbackAdapter: true } });
  await withGpu(gpuWith(software), async () => {
    await using opened = await openBackend("webgpu");
    assertEquals(opened.device, "a renderer, a software adapter on the CPU");
  });
});
