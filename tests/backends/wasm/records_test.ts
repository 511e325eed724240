import { assertEquals } from "@std/assert";
import { compileKernels, type Kernels } from "../../../src/backends/wasm/module.ts";
import {
  bytesOf,
  fieldAt,
  ITEM,
  LAYER,
  MASK,
  PROGRAM,
  ROW_OP,
  writeRecord,
} from "../../../src/backends/wasm/records.ts";
import { ACTIVATION_TABLE, ACTIVATIONS } from "../../../src/plan/activations.ts";
import { UPDATES } from "../../../src/plan/optimizers.ts";
import {
  kernelDefinitions,
  kernelFingerprint,
  memberOf,
  missingCases,
} from "../../../tasks/wasm_definitions.ts";

for (const build of ["relaxed", "plain"] as const) {
  for (const shared of [true, false]) {
    const memory = shared ? "shared memory" : "memory that is not shared";
    Deno.test(`compileKernels() returns kernels built from the current records and tables: ${build} build, ${memory}`, async () => {
      const { module, build: found } = await compileKernels({ build, shared });
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared });
      const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
      assertEquals(found, build);
      assertEquals(kernels.fingerprint(), kernelFingerprint(), "run `deno task build:wasm`");
    });
  }
}

Deno.test("kernelDefinitions() has each number and each field once, in the order of the host", () => {
  const text = kernelDefinitions();
  const members = (name: string) =>
    [...new RegExp(`(?:enum|class) ${name} \\{\n([^}]*)\\}`).exec(text)![1].matchAll(/(\w+)(?: = |: )(\w+)/g)]
      .map(([, member, value]) => [member, value]);
  const numbers = (table: Record<string, { number: number }>) =>
    Object.entries(table).map(([name, { number }]) => [memberOf(name), `${number}`]);
  assertEquals(members("Activation"), numbers(ACTIVATION_TABLE));
  assertEquals(members("Update"), numbers(UPDATES));
  for (
    const [name, record] of Object.entries({
      ...{ Mask: MASK, RowOp: ROW_OP, Layer: LAYER, Item: ITEM, Program: PROGRAM },
    })
  ) {
    assertEquals(members(name), Object.entries(record));
  }
});

Deno.test("memberOf() returns the identifier for a name", () => {
  assertEquals(["relu", "leaky-relu", "a-b-c"].map(memberOf), ["relu", "leakyRelu", "aBC"]);
});

Deno.test("missingCases() finds the members for which a switch of the kernels has no case", () => {
  const cases = ACTIVATIONS.map((name) => `    case Activation.${memberOf(name)}:\n      return;\n`);
  const switching = (cases: readonly string[]) =>
    `  switch (activation) {\n${
      cases.join("")
    }    default:\n      unreachable();\n  }\n  case Activation.tanh:\n`;
  assertEquals(missingCases(switching(cases)), []);
  const [first, , ...others] = cases;
  assertEquals(missingCases(`${switching(cases)}}\n${switching([first, ...others])}`), [
    `Activation.${memberOf(ACTIVATIONS[1])}`,
  ]);
});

Deno.test("compileKernels() takes the fastest build if none is named", async () => {
  assertEquals((await compileKernels({ shared: true })).build, "relaxed");
});

Deno.test("writeRecord() writes the given fields, and keeps the others", () => {
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
