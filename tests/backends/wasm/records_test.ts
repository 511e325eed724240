import { assertEquals, assertThrows } from "@std/assert";
import { createArena } from "../../../src/backends/wasm/arena.ts";
import { compileKernels, instantiateKernels } from "../../../src/backends/wasm/module.ts";
import { bytesOf, fieldAt, LAYER, PROGRAM, ROW_OP, writeRecord } from "../../../src/backends/wasm/records.ts";
import { BackendError } from "../../../src/errors.ts";

for (const build of ["relaxed", "plain"] as const) {
  for (const shared of [true, false]) {
    const memory = shared ? "shared memory" : "memory of its own";
    Deno.test(`compileKernels() has the records that the host writes: ${build} build, ${memory}`, async () => {
      const arena = createArena();
      arena.reserve(1);
      const { module, build: found } = await compileKernels({ build, shared });
      const kernels = instantiateKernels(module, arena.createMemory({ shared }));
      assertEquals(found, build);
      assertEquals(
        [kernels.programBytes(), kernels.rowOpBytes(), kernels.layerBytes()],
        [bytesOf(PROGRAM), bytesOf(ROW_OP), bytesOf(LAYER)],
      );
    });
  }
}

Deno.test("compileKernels() takes the fastest build where none is named", async () => {
  assertEquals((await compileKernels({ shared: true })).build, "relaxed");
});

Deno.test("writeRecord() writes the fields that are given, and keeps the others", () => {
  const memory = new WebAssembly.Memory({ initial: 1 }), address = 64;
  const view = new DataView(memory.buffer, address);
  writeRecord(memory, address, ROW_OP, { kind: 7, scale: 0.5, columns: -1 });
  writeRecord(memory, address, ROW_OP, { activation: 2 });
  const at = (name: keyof typeof ROW_OP) => fieldAt(0, ROW_OP, name);
  assertEquals(view.getInt32(at("kind"), true), 7);
  assertEquals(view.getInt32(at("activation"), true), 2);
  assertEquals(view.getInt32(at("columns"), true), -1);
  assertEquals(view.getFloat32(at("scale"), true), 0.5);
  assertEquals(fieldAt(address, ROW_OP, "activation"), address + 4);
  assertEquals(at("scale") + 4, bytesOf(ROW_OP));
});

Deno.test("reserve() hands out addresses apart, each at a multiple of 64, beyond the first page", () => {
  const arena = createArena();
  const addresses = [1, 64, 65, 0, 4].map((bytes) => arena.reserve(bytes));
  assertEquals(addresses, [65536, 65600, 65664, 65792, 65792]);
  assertEquals(arena.createMemory({ shared: false }).buffer.byteLength, 131072);
});

Deno.test("createMemory() refuses more than WebAssembly addresses", () => {
  const arena = createArena();
  arena.reserve(2 ** 32);
  const message = `Cannot allocate memory for backend "wasm": needs 4097 MiB, WebAssembly addresses 4096 MiB`;
  const error = assertThrows(() => arena.createMemory({ shared: true }), BackendError, message);
  assertEquals(error.code, "out-of-memory");
});
