/** Tests the check of a shared library before it is loaded. */
import { assertEquals } from "@std/assert";
import { faultOf, libraryFault } from "../../../src/backends/native/shared_object.ts";
import { EMULATED_LIBRARY } from "../../support/backends.ts";
import { isGranted } from "../../support/permissions.ts";

const X86_64 = 62;

/** Returns an ELF file of 1000 bytes with one segment that ends at byte 600, and sections that end with the file. */
function elf({ bits = 2, order = 1, machine = X86_64, segmentEnd = 600, segmentType = 1 } = {}): Uint8Array<
  ArrayBuffer
> {
  const bytes = new Uint8Array(1000), fields = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits, order]);
  fields.setUint16(18, machine, true);
  fields.setBigUint64(32, 64n, true); // the table of segments
  fields.setBigUint64(40, BigInt(1000 - 2 * 64), true); // the table of sections
  [56, 1, 64, 2].forEach((value, index) => fields.setUint16(54 + 2 * index, value, true));
  fields.setUint32(64, segmentType, true);
  fields.setBigUint64(64 + 8, 128n, true);
  fields.setBigUint64(64 + 32, BigInt(segmentEnd) - 128n, true);
  return bytes;
}

function faultIn(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  return faultOf(bytes.length, (offset, length) => bytes.slice(offset, offset + length), X86_64);
}

Deno.test("faultOf() accepts a complete library", () => {
  assertEquals(faultIn(elf()), undefined);
  assertEquals(faultIn(elf({ segmentEnd: 1000 })), undefined);
  assertEquals(faultIn(elf({ segmentEnd: 5000, segmentType: 4 })), undefined); // a part that is not loaded
});

Deno.test("faultOf() refuses a library that is cut off at any byte", () => {
  for (let length = 64; length < 1000; length++) {
    const fault = `is truncated: it has ${length} bytes, needs 1000`;
    assertEquals(faultIn(elf().slice(0, length)), fault);
  }
  for (let length = 0; length < 64; length++) {
    assertEquals(faultIn(elf().slice(0, length)), "is no shared library");
  }
});

Deno.test("faultOf() refuses a segment that ends after the file", () => {
  assertEquals(faultIn(elf({ segmentEnd: 1001 })), "is truncated: it has 1000 bytes, needs 1001");
});

Deno.test("faultOf() refuses a file that is no library, or one of another processor", () => {
  assertEquals(faultIn(new TextEncoder().encode("hello ".repeat(20))), "is no shared library");
  for (const other of [{ machine: 183 }, { bits: 1 }, { order: 2 }]) {
    assertEquals(faultIn(elf(other)), "is for another kind of processor");
  }
});

Deno.test({
  name: "libraryFault() accepts the emulated CUDA library (needs `make cuda-emulated` and --allow-read)",
  ignore: !isGranted({ name: "read" }) || !isThere(EMULATED_LIBRARY),
  fn: () => assertEquals(libraryFault(EMULATED_LIBRARY), undefined),
});

Deno.test("libraryFault() has nothing to say on a file that is missing or may not be read", () => {
  assertEquals(libraryFault("missing/library.so"), undefined);
});

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
