import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { parseIdx } from "../../src/formats/idx.ts";
import { fromBase64, plainValues } from "../fixtures/bytes.ts";
import { IDX_READ } from "../fixtures/npz_fixtures.ts";

for (const { name, base64, shape, values } of IDX_READ) {
  Deno.test(`parseIdx() reads ${name}`, async () => {
    const array = await parseIdx(fromBase64(base64));
    assertEquals(array.shape, shape);
    assertEquals(plainValues(array.values), values);
  });
}

Deno.test("parseIdx() names at most 32 lengths of a shape in a message", async () => {
  const bytes = new Uint8Array(4 + 4 * 255).fill(1);
  bytes.set([0, 0, 8, 255]);
  const { message } = await assertRejects(() => parseIdx(bytes), FormatError);
  assertEquals(message.split("16843009").length - 1, 32);
  assertEquals(message.includes("16843009, … (255 lengths)] needs"), true, message);
});

Deno.test("parseIdx() reads an empty array", async () => {
  const array = await parseIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0));
  assertEquals(array, { shape: [3, 0], values: new Uint8Array(0) });
});

const REFUSED: [name: string, bytes: number[], fault: string][] = [
  ["an empty file", [], "begins with nothing"],
  ["another magic", [1, 0, 8, 1, 0, 0, 0, 0], "begins with 01 00 08 01"],
  ["an unknown type", [0, 0, 10, 1, 0, 0, 0, 0], "begins with 00 00 0a 01"],
  ["rank 0", [0, 0, 8, 0, 1], "begins with 00 00 08 00"],
  ["a truncated header", [0, 0, 8, 2, 0, 0, 0, 1], "has 8 bytes, a header of rank 2 alone needs 12"],
  ["too little data", [0, 0, 12, 1, 0, 0, 0, 2, 1, 2, 3], "holds 3 bytes of data, its shape [2] needs 8"],
  ["too much data", [0, 0, 8, 1, 0, 0, 0, 1, 1, 2], "holds 2 bytes of data, its shape [1] needs 1"],
  [
    "a shape larger than any file",
    [0, 0, 14, 3, ...new Array(12).fill(255)],
    "shape [4294967295, 4294967295, 4294967295]",
  ],
];

for (const [name, bytes, fault] of REFUSED) {
  Deno.test(`parseIdx() refuses ${name}`, async () => {
    const error = await assertRejects(
      () => parseIdx(Uint8Array.from(bytes), { name: "a.idx" }),
      FormatError,
      fault,
    );
    assertEquals(error.file, "a.idx");
  });
}

Deno.test({
  name: "parseIdx() refuses gzip that is damaged or truncated at any byte",
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const packed = fromBase64(IDX_READ.find(({ name }) => name === "gzip")!.base64);
    for (let length = 2; length < packed.length; length++) {
      await assertRejects(() => parseIdx(packed.subarray(0, length)), FormatError);
    }
    for (let at = 10; at < packed.length; at++) {
      const damaged = packed.slice();
      damaged[at] ^= 0x55;
      const error = await assertRejects(() => parseIdx(damaged));
      assertInstanceOf(error, FormatError);
    }
    await assertRejects(() => parseIdx(Uint8Array.from([...packed, 0])), FormatError);
  },
});
