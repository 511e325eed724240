import { assertEquals, assertThrows } from "@std/assert";
import type { InputSpec } from "../../../src/data/dataset.ts";
import {
  holdsRows,
  type InputRow,
  openRows,
  otherBackgroundOf,
  rowInputs,
  scaleDoubtOf,
} from "../../../src/data/meaning/row_inputs.ts";

const PIXELS: InputSpec = { inputShape: [2], inputScale: 1 / 255 };
const SCALED: InputSpec = { inputShape: [2], inputScale: 1, image: { white: 1, placement: "resize" } };
const TABLE: InputSpec = { inputShape: [2] };

const rowsOf = (values: Float32Array | Uint8Array, network: InputSpec, inputScale?: number) =>
  rowInputs({ shape: [values.length / 2, 2], values }, network, { name: "a", inputScale });
const valuesOf = (rows: readonly InputRow[]) => rows.flatMap(({ inputs }) => [...inputs]);

Deno.test("openRows() reads parts of an array as views of it", () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const rows = openRows({ shape: [3, 2], values }, PIXELS, { name: "a" });
  const [second, third] = rows.read({ first: 1, last: 2 });
  assertEquals([rows.count, second.name, [...second.inputs], third.name], [3, "a[1]", [3, 4], "a[2]"]);
  assertEquals(second.inputs.buffer, values.buffer);
});

Deno.test("openRows() names the place of a value in the whole array", () => {
  const values = Float64Array.of(1, 2, 3, 4, 5, NaN);
  const rows = openRows({ shape: [3, 2], values }, TABLE, { name: "a" });
  assertEquals(rows.read({ first: 0, last: 1 }).length, 2);
  assertThrows(
    () => rows.read({ first: 2, last: 2 }),
    TypeError,
    'Cannot use "a": "array" has NaN at [2, 1], needs finite numbers',
  );
});

Deno.test("rowInputs() brings values of a declared scale to the units of the network", () => {
  const floats = Float32Array.of(0, 1), bytes = Uint8Array.of(0, 255);
  assertEquals(valuesOf(rowsOf(floats, PIXELS, 1)), [0, 255]);
  assertEquals(rowsOf(bytes, PIXELS, 1 / 255)[0].inputs, bytes);
  assertEquals(valuesOf(rowsOf(bytes, SCALED, 1 / 255)), [0, 1]);
  assertEquals(valuesOf(rowsOf(Uint8Array.of(0, 16), SCALED, 1 / 16)), [0, 1]);
  assertEquals(valuesOf(rowsOf(floats, TABLE, 1)), [0, 1]);
});

Deno.test("scaleDoubtOf() doubts floats from 0 to 1 for a network of bytes, and larger values for one of floats", () => {
  const cases: [values: Float32Array | Uint8Array, network: InputSpec, doubt: string | undefined][] = [
    [Float32Array.of(0, 1), PIXELS, "small"],
    [Float32Array.of(0, 1.5), PIXELS, undefined],
    [Float32Array.of(0, -0.5), PIXELS, undefined],
    [Float32Array.of(0, 0), PIXELS, undefined],
    [Uint8Array.of(0, 1), PIXELS, undefined],
    [Float32Array.of(0, 1), SCALED, undefined],
    [Uint8Array.of(0, 2), SCALED, "large"],
    [Float32Array.of(0, 255), TABLE, undefined],
  ];
  for (const [values, network, doubt] of cases) {
    assertEquals(scaleDoubtOf(rowsOf(values, network), network), doubt, `${values}`);
  }
});

Deno.test("holdsRows() and openRows() take rows of the input shape, with or without lengths of 1", () => {
  const image = { white: 255, placement: "center" } as const;
  const cases: [inputShape: number[], shape: number[], count: number, firstName: string][] = [
    [[2, 3, 1], [4, 2, 3], 4, "f[0]"],
    [[2, 3, 1], [2, 3], 1, "f"],
    [[2, 3], [4, 1, 2, 3], 4, "f[0]"],
    [[2, 3], [4, 2, 3, 1], 4, "f[0]"],
    [[2, 3], [1, 2, 3], 1, "f[0]"],
    [[2, 3], [1, 6], 1, "f[0]"],
    [[1, 2, 3], [1, 2, 3], 1, "f"],
    [[6], [1, 6], 1, "f[0]"],
    [[6], [6], 1, "f"],
    [[1], [1], 1, "f"],
    [[1], [5, 1], 5, "f[0]"],
  ];
  for (const [inputShape, shape, count, firstName] of cases) {
    const network = { inputShape, inputScale: 1 / 255, image };
    const values = new Uint8Array(shape.reduce((a, b) => a * b, 1));
    assertEquals(holdsRows(shape, network, undefined), true, `[${shape}] for [${inputShape}]`);
    const opened = openRows({ shape, values }, network, { name: "f" });
    assertEquals([opened.count, opened.nameOf(0)], [count, firstName], `[${shape}] for [${inputShape}]`);
  }
  assertEquals(holdsRows([4, 3, 2], { inputShape: [2, 3, 1], inputScale: 1 / 255, image }, undefined), false);
});

Deno.test("otherBackgroundOf() finds the background of rows of images if it is not the network's", () => {
  const rows = (...values: number[]) => values.map((value) => ({ inputs: new Uint8Array(16).fill(value) }));
  const network = (background?: "dark" | "light", white = 255): InputSpec => ({
    inputShape: [4, 4],
    image: { white, placement: "resize", ...background && { background } },
  });
  assertEquals(otherBackgroundOf(rows(0, 9), network("light")), "dark");
  assertEquals(otherBackgroundOf(rows(250), network("dark")), "light");
  assertEquals(otherBackgroundOf([{ inputs: new Float32Array(16).fill(0.9) }], network("dark", 1)), "light");
  for (const others of [rows(0, 9), rows(0, 250), []]) {
    assertEquals(otherBackgroundOf(others, network("dark")), undefined);
  }
  assertEquals(otherBackgroundOf(rows(250), network()), undefined);
  assertEquals(otherBackgroundOf(rows(250), { inputShape: [4, 4] }), undefined);
});
