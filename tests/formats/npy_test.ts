import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatNpy, parseNpy } from "../../src/formats/npy.ts";
import { fromBase64, plainValues } from "../fixtures/bytes.ts";
import { NPY_READ, NPY_REFUSED } from "../fixtures/npz_fixtures.ts";

for (const { name, base64, dtype, shape, values, written } of NPY_READ) {
  Deno.test(`parseNpy() reads ${name}`, () => {
    const array = parseNpy(fromBase64(base64));
    assertEquals(array.dtype, dtype);
    assertEquals(array.shape, shape);
    assertEquals(plainValues(array.values), values);
  });

  Deno.test(`parseNpy() reads ${name} from an odd offset`, () => {
    const file = fromBase64(base64);
    const shifted = new Uint8Array(file.length + 2);
    shifted.set(file, 1);
    assertEquals(plainValues(parseNpy(shifted.subarray(1, -1)).values), values);
  });

  if (written) {
    Deno.test(`formatNpy() writes ${name} as NumPy does`, () => {
      const file = fromBase64(base64);
      assertEquals(formatNpy(parseNpy(file)), file);
    });
  }
}

for (const { name, base64, fault } of NPY_REFUSED) {
  Deno.test(`parseNpy() refuses ${name}`, () => {
    const error = assertThrows(() => parseNpy(fromBase64(base64), { name: "a.npy" }), FormatError);
    assertStringIncludes(error.message, fault);
    assertStringIncludes(error.message, `Cannot read "a.npy": it `);
    assertEquals(error.file, "a.npy");
  });
}

Deno.test("parseNpy() refuses a file truncated at any byte", () => {
  const file = fromBase64(NPY_READ[0].base64);
  for (let length = 0; length < file.length; length++) {
    assertThrows(() => parseNpy(file.subarray(0, length)), FormatError);
  }
});

Deno.test("parseNpy() throws only FormatError if a byte of the header is changed", () => {
  const file = fromBase64(NPY_READ[0].base64);
  for (let at = 0; at < 128; at++) {
    for (const byte of [0, 0x20, 0x27, 0x28, 0x29, 0x2C, 0x30, 0x39, 0x5B, 0xFF]) {
      const changed = file.slice();
      changed[at] = byte;
      try {
        parseNpy(changed);
      } catch (error) {
        assertInstanceOf(error, FormatError);
      }
    }
  }
});

Deno.test("parseNpy() names the archive's member and the offset of a fault", () => {
  const bytes = new Uint8Array(20);
  assertThrows(
    () => parseNpy(bytes, { name: "a.npz", member: "x" }),
    FormatError,
    `Cannot read "a.npz": "x" begins`,
  );
  const error = assertThrows(() => parseNpy(bytes), FormatError, `Cannot read npy bytes: it begins`);
  assertEquals(error.offset, 0);
});

Deno.test("parseNpy() returns aligned numbers as a view of the file's memory", () => {
  const file = formatNpy({ shape: [3], values: Float32Array.of(1, 2, 3) });
  assertStrictEquals((parseNpy(file).values as Float32Array).buffer, file.buffer);
});

Deno.test("formatNpy() derives the dtype from the values", () => {
  assertEquals(parseNpy(formatNpy({ shape: [1], values: Float64Array.of(1) })).dtype, "<f8");
  assertEquals(parseNpy(formatNpy({ shape: [2], values: ["🙂", "abc"] })).dtype, "<U3");
  assertEquals(parseNpy(formatNpy({ shape: [0], values: [] })).dtype, "<U1");
});

Deno.test("formatNpy() starts the data at a multiple of 64", () => {
  for (let axes = 0; axes <= 32; axes++) {
    const file = formatNpy({ shape: new Array<number>(axes).fill(1), values: Uint8Array.of(7) });
    assertEquals(file.length % 64, 1);
  }
});

Deno.test("formatNpy() refuses a shape that does not fit its values", () => {
  const values = Uint8Array.of(1, 2, 3);
  for (const shape of [[2], [], [1.5, 2], [-1, -3], [3, 2]]) {
    assertThrows(
      () => formatNpy({ shape, values }),
      TypeError,
      `3 values do not have shape [${shape.join(", ")}]`,
    );
  }
  assertThrows(() => formatNpy({ shape: new Array<number>(33).fill(1), values }), RangeError, "33 axes");
});

Deno.test("formatNpy() refuses a dtype that its values do not have", () => {
  const shape = [1];
  assertThrows(
    () => formatNpy({ dtype: "<f2", shape, values: new Float32Array(1) }),
    TypeError,
    "written as <f4",
  );
  assertThrows(
    () => formatNpy({ dtype: "|b1", shape, values: new Int8Array(1) }),
    TypeError,
    "written as |i1",
  );
  assertThrows(
    () => formatNpy({ dtype: "<U2", shape, values: ["abc"] }),
    TypeError,
    "need dtype <U3, found <U2",
  );
  assertThrows(
    () => formatNpy({ dtype: "|S3", shape, values: ["abc"] }),
    TypeError,
    "need dtype <U3, found |S3",
  );
});

Deno.test("formatNpy() refuses a string that ends in NUL, which NumPy would drop", () => {
  assertThrows(() => formatNpy({ shape: [], values: ["a\0"] }), RangeError, "ends in NUL");
  assertEquals(parseNpy(formatNpy({ shape: [], values: ["a\0b"] })).values, ["a\0b"]);
});
