import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { refuser } from "../../src/formats/fault.ts";
import { bytesField, floatField, joinFields, readFields, varintField } from "../../src/formats/protobuf.ts";

const refuse = refuser("onnx", { name: "a.onnx" });

Deno.test("varintField() writes seven bits a byte, the lowest first", () => {
  assertEquals([...joinFields(varintField(1, 150))], [0x08, 0x96, 0x01]); // the example of the format's guide
  assertEquals([...joinFields(varintField(20, 1))], [0xA0, 0x01, 0x01]);
});

Deno.test("bytesField() writes the length before a text or a message", () => {
  assertEquals([...joinFields(bytesField(2, "testing"))], [0x12, 7, ...new TextEncoder().encode("testing")]);
  assertEquals([...joinFields(bytesField(3, varintField(1, 150)))], [0x1A, 3, 0x08, 0x96, 0x01]);
});

Deno.test("readFields() reads what the writers wrote", () => {
  const fields = [
    ...varintField(1, 0),
    ...varintField(2, Number.MAX_SAFE_INTEGER),
    ...floatField(3, 0.5),
    ...bytesField(1000, new Uint8Array(300)),
    ...bytesField(4, ""),
  ];
  assertEquals(readFields(joinFields(fields), refuse), [
    { number: 1, value: 0 },
    { number: 2, value: Number.MAX_SAFE_INTEGER },
    { number: 3, value: Uint8Array.of(0, 0, 0, 0x3F) },
    { number: 1000, value: new Uint8Array(300) },
    { number: 4, value: new Uint8Array() },
  ]);
});

/** Damaged messages, with a part of the message about each. */
const DAMAGED: readonly [kind: string, bytes: number[], message: string][] = [
  ["a key without a value", [0x08], "is cut short (at byte 1)"],
  ["a number without an end", [0x08, 0x80, 0x80], "is cut short (at byte 3)"],
  ["a number above 2⁵³ - 1", [0x08, ...Array(8).fill(0xFF), 0x01], "has a number above 2⁵³ - 1"],
  ["a text that is cut short", [0x12, 7, 65], "is cut short (at byte 2)"],
  ["a float that is cut short", [0x1D, 0, 0], "is cut short (at byte 1)"],
  ["a group, which is out of use", [0x0B], "has a field of the unknown encoding 3"],
];

for (const [kind, bytes, message] of DAMAGED) {
  Deno.test(`readFields() refuses ${kind}`, () => {
    const error = assertThrows(() => readFields(Uint8Array.from(bytes), refuse), FormatError);
    assertStringIncludes(error.message, `Cannot read "a.onnx": it ${message}`);
  });
}
