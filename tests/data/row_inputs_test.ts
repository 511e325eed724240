import { assertEquals, assertThrows } from "@std/assert";
import type { InputSpec } from "../../src/data/dataset.ts";
import { type InputRow, openRows, rowInputs, scaleDoubtOf } from "../../src/data/row_inputs.ts";

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
