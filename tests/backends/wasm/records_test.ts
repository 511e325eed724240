import { assertEquals } from "@std/assert";
import { compileKernels, type Kernels } from "../../../src/backends/wasm/module.ts";
import { bytesOf, fieldAt, LAYER, PROGRAM, ROW_OP, writeRecord } from "../../../src/backends/wasm/records.ts";

for (const build of ["relaxed", "plain"] as const) {
  for (const shared of [true, false]) {
    const memory = shared ? "shared memory" : "memory of its own";
    Deno.test(`compileKernels() has the records that the host writes: ${build} build, ${memory}`, async () => {
      const { module, build: found } = await compileKernels({ build, shared });
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared });
      const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
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
