/** The order of layers in files that do not tell it. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatSafetensors } from "../../src/formats/safetensors.ts";
import { importModel } from "../../src/import/import.ts";

/** Returns a file of layers `[I, O]` by name. */
function file(layers: Readonly<Record<string, readonly [inFeatures: number, outFeatures: number]>>) {
  return formatSafetensors(
    new Map(
      Object.entries(layers).map(([name, [inFeatures, outFeatures]]) => [
        `${name}.weight`,
        { shape: [outFeatures, inFeatures], values: new Float32Array(outFeatures * inFeatures) },
      ]),
    ),
  );
}

async function orderOf(layers: Parameters<typeof file>[0]): Promise<string | undefined> {
  const { notes } = await importModel(file(layers));
  return /^layers from (.*) of a safetensors file$/.exec(notes[0].text)?.[1];
}

Deno.test("importModel() orders the layers of safetensors by their numbers and their shapes", async () => {
  assertEquals(await orderOf({ l10: [5, 5], l2: [5, 5], l9: [5, 5] }), '"l2", "l9", "l10"');
  assertEquals(
    await orderOf({ fc1: [9, 5], fc2: [5, 5], fc3: [5, 5], a: [5, 3] }),
    '"fc1", "fc2", "fc3", "a"',
  );
  assertEquals(
    await orderOf({ hidden: [5, 5], input: [9, 5], output: [5, 3] }),
    '"input", "hidden", "output"',
  );
  assertEquals(
    await orderOf({ "z.0": [9, 5], "z.2": [5, 6], "a.0": [6, 5], "a.2": [5, 2] }),
    '"z.0", "z.2", "a.0", "a.2"',
  );
});

Deno.test("importModel() refuses safetensors whose layers fit each other in several orders", async () => {
  const cases = [
    [{ hidden: [5, 5], input: [5, 5] }, 'layer 1 can be "hidden" or "input"'],
    [{ a: [9, 5], hidden: [5, 5], input: [5, 5] }, 'layer 2 can be "hidden" or "input"'],
    [
      { "encoder.0": [6, 4], "encoder.2": [4, 2], "decoder.0": [2, 4], "decoder.2": [4, 6] },
      'layer 1 can be "decoder.0" or "encoder.0"',
    ],
  ] as const;
  for (const [layers, found] of cases) {
    const message = `has layers that fit each other in several orders: ${found}; a .pt`;
    await assertRejects(() => importModel(file(layers)), FormatError, message);
  }
});

Deno.test("importModel() lists the first names of many layers", async () => {
  const many = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`l${at}`, [2, 2] as const]));
  const found = await orderOf(many);
  assertEquals(found?.startsWith('"l0", "l1", '), true);
  assertEquals(found?.endsWith('"l19", … (1,200 names)'), true);
});

Deno.test("importModel() refuses layers in no order, also many of them", async () => {
  const names = Array.from({ length: 3000 }, (_, at) => `x${String.fromCharCode(0x4E00 + at)}`);
  const many = Object.fromEntries(names.map((name, at) => [name, [5, at === 7 ? 6 : 5] as const]));
  for (const layers of [{ a: [5, 4], b: [5, 3] }, many] as const) {
    await assertRejects(() => importModel(file(layers)), FormatError, "outputs before layer");
  }
});
