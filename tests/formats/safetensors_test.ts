import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatSafetensors, parseSafetensors, type SafetensorsInput } from "../../src/formats/safetensors.ts";

/** Returns a file with this header and this many bytes of data. */
function fileOf(header: string, dataLength = 0, declared?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header), bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, declared ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** Returns the text of a header with one tensor. */
function tensor(begin: number, end: number, { name = "a", dtype = "F32", shape = "[1]" } = {}): string {
  return `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
}

const TENSORS = new Map<string, SafetensorsInput>([
  ["0.weight", { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["0.bias", { shape: [2], values: Float32Array.of(-1, 0.5) }],
  ["wide", { shape: [1], values: Float64Array.of(Math.PI) }],
  ["empty", { shape: [0, 2], values: new Float32Array() }],
  ["counts", { shape: [], values: BigInt64Array.of(-3n) }],
  ["flags", { shape: [3], values: Uint8Array.of(1, 0, 1), dtype: "BOOL" }],
  ["é", { shape: [1], values: Int16Array.of(-2) }],
]);

Deno.test("formatSafetensors() writes larger dtypes first, then by name, with a header of a multiple of 8 bytes", () => {
  const bytes = formatSafetensors(TENSORS, new Map([["b", "2"], ["a", 'é "1"']]));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  assertEquals(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd(),
    '{"__metadata__":{"a":"é \\"1\\"","b":"2"},"counts":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
      '"wide":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},' +
      '"0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]},"empty":{"dtype":"F32","shape":[0,2],"data_offsets":[48,48]},' +
      '"é":{"dtype":"I16","shape":[1],"data_offsets":[48,50]},"flags":{"dtype":"BOOL","shape":[3],"data_offsets":[50,53]}}',
  );
  assertEquals(
    formatSafetensors(new Map([...TENSORS].reverse()), new Map([["a", 'é "1"'], ["b", "2"]])),
    bytes,
  );
});

Deno.test("parseSafetensors() reads what formatSafetensors() wrote", () => {
  const { tensors, metadata } = parseSafetensors(formatSafetensors(TENSORS, new Map([["a", "1"]])));
  assertEquals(metadata, new Map([["a", "1"]]));
  assertEquals(tensors.size, TENSORS.size);
  for (const [name, { shape, values }] of TENSORS) {
    assertEquals(tensors.get(name)?.shape, shape);
    assertEquals(tensors.get(name)?.read(), values);
  }
});

Deno.test("parseSafetensors() returns a view of aligned values, and a copy of others", () => {
  const bytes = formatSafetensors(TENSORS), shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const weight = parseSafetensors(bytes).tensors.get("0.weight")!.read();
  assertEquals(weight.buffer === bytes.buffer, true);
  assertEquals(parseSafetensors(shifted.subarray(1)).tensors.get("0.weight")!.read(), weight);
});

Deno.test("parseSafetensors() converts half precision and bfloat16 to float32", () => {
  const half = tensor(0, 4, { dtype: "F16", shape: "[2]" });
  const brain = tensor(4, 8, { name: "b", dtype: "BF16", shape: "[2]" });
  const bytes = fileOf(`{${half},${brain}}`, 8);
  bytes.set([0x00, 0x3C, 0x00, 0xC0, 0xC0, 0x3F, 0x20, 0xC1], bytes.length - 8);
  const { tensors } = parseSafetensors(bytes);
  assertEquals(tensors.get("a")!.read(), Float32Array.of(1, -2));
  assertEquals(tensors.get("b")!.read(), Float32Array.of(1.5, -10));
});

Deno.test("parseSafetensors() keeps names that objects of JavaScript have", () => {
  const { tensors } = parseSafetensors(fileOf(`{${tensor(0, 4, { name: "__proto__" })}}`, 4));
  assertEquals([...tensors.keys()], ["__proto__"]);
  assertEquals(Object.prototype.hasOwnProperty.call(Object.prototype, "dtype"), false);
});

const HUGE = "9007199254740991";
const REFUSED: readonly (readonly [kind: string, bytes: Uint8Array, message: string])[] = [
  ["an empty file", new Uint8Array(), "is 0 bytes long"],
  [
    "a header beyond the limit",
    fileOf("{}", 0, 2n ** 63n),
    "declares a header of 9,223,372,036,854,776,000 bytes",
  ],
  ["a header beyond the end of the file", fileOf("{}", 0, 3n), "ends inside of its header"],
  ["a header that is not UTF-8", fileOf("{}").map((byte, at) => at === 8 ? 0xFF : byte), "is not UTF-8"],
  ["a header that is a list", fileOf("[]"), `needs "{" (at byte 8)`],
  ["a deep list", fileOf("{" + '"a":{"shape":' + "[".repeat(1e6)), "needs a whole number"],
  ["a string without an end", fileOf('{"a' + '\\"'.repeat(1e6)), "needs a name (at byte 10)"],
  ["bytes after the header's end", fileOf("{} x"), "needs spaces after the header"],
  ["a key that is unknown", fileOf('{"a":{"type":"F32"}}'), "needs each of the keys"],
  ["a tensor without a place", fileOf('{"a":{"dtype":"F32","shape":[1]}}'), "needs the keys dtype"],
  ["a name that is there twice", fileOf(`{${tensor(0, 4)},${tensor(0, 4)}}`, 4), `"a" is there twice`],
  ["a text that is there twice", fileOf('{"__metadata__":{"k":"","k":""}}'), `"k" is there twice`],
  ["metadata that is there twice", fileOf('{"__metadata__":{},"__metadata__":{}}'), "is there twice"],
  ["metadata that is no text", fileOf('{"__metadata__":{"k":1}}'), "needs a text"],
  ["a dtype that is unknown", fileOf(`{${tensor(0, 4, { dtype: "C64" })}}`, 4), `has "a" of dtype "C64"`],
  ["a dtype named like a method", fileOf(`{${tensor(0, 4, { dtype: "toString" })}}`, 4), "of dtype"],
  ["a length below 0", fileOf(`{${tensor(0, 4, { shape: "[-1]" })}}`, 4), "needs a whole number"],
  ["a length with a fraction", fileOf(`{${tensor(0, 4, { shape: "[1.5]" })}}`, 4), "needs a whole number"],
  [
    "a shape that overflows",
    fileOf(`{${tensor(0, 4, { shape: `[${HUGE},${HUGE}]` })}}`, 4),
    "more than a file can hold",
  ],
  ["a size that does not fit its shape", fileOf(`{${tensor(0, 4, { shape: "[2]" })}}`, 4), "needs 8 bytes"],
  ["33 axes", fileOf(`{${tensor(0, 4, { shape: `[${Array(33).fill(1)}]` })}}`, 4), "at most 32"],
  ["an end before the begin", fileOf(`{${tensor(4, 0)}}`, 4), `has "a" at bytes 4 to 0`],
  [
    "a place beyond the file",
    fileOf(`{${tensor(0, 8, { shape: "[2]" })}}`, 4),
    `has "a" at bytes 0 to 8 of its data, which has 4 bytes`,
  ],
  [
    "tensors that overlap",
    fileOf(`{${tensor(0, 8, { shape: "[2]" })},${tensor(4, 8, { name: "b" })}}`, 8),
    "overlaps the tensor before it",
  ],
  ["a hole", fileOf(`{${tensor(0, 4)},${tensor(8, 12, { name: "b" })}}`, 12), "leaves a hole before it"],
  ["bytes after the last tensor", fileOf(`{${tensor(0, 4)}}`, 5), "has 5 bytes of data, its tensors need 4"],
];

for (const [kind, bytes, message] of REFUSED) {
  Deno.test(`parseSafetensors() refuses ${kind}`, () => {
    const error = assertThrows(
      () => parseSafetensors(bytes, { name: "m.safetensors" }),
      FormatError,
      message,
    );
    assertEquals(error.message.startsWith('Cannot read "m.safetensors": it '), true);
  });
}

Deno.test("parseSafetensors() refuses bools that are neither 0 nor 1 when they are read", () => {
  const bytes = fileOf(`{${tensor(0, 2, { dtype: "BOOL", shape: "[2]" })}}`, 2);
  bytes[bytes.length - 1] = 2;
  const { tensors } = parseSafetensors(bytes);
  assertThrows(() => tensors.get("a")!.read(), FormatError, `"a" has the bool 2 at index 1`);
});

Deno.test("parseSafetensors() refuses a file cut at any byte", () => {
  const bytes = formatSafetensors(TENSORS, new Map([["a", "1"]]));
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => parseSafetensors(bytes.subarray(0, length)), FormatError);
  }
});

Deno.test("formatSafetensors() refuses values that do not have their shape, and the name of the metadata", () => {
  const values = Float32Array.of(1, 2);
  assertThrows(() => formatSafetensors(new Map([["a", { shape: [3], values }]])), TypeError, "shape [3]");
  assertThrows(() => formatSafetensors(new Map([["__metadata__", { shape: [2], values }]])), TypeError);
  assertThrows(
    () => formatSafetensors(new Map([["a", { shape: [2], values, dtype: "BOOL" }]])),
    TypeError,
    "needs bytes",
  );
});
