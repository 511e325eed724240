import { assertEquals } from "@std/assert";
import { crc32 } from "../../src/formats/crc32.ts";

/** Computes the checksum bit by bit, as it is defined. */
function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xFFFFFFFF;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xEDB88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("crc32() gives the check value of the standard", () => {
  assertEquals(crc32(new TextEncoder().encode("123456789")), 0xCBF43926);
  assertEquals(crc32(new Uint8Array(0)), 0);
});

Deno.test("crc32() equals the bit-by-bit sum for every length up to 64", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, index) => (index * 151 + 7) & 255);
  for (let length = 0; length <= 64; length++) {
    assertEquals(crc32(bytes.subarray(0, length)), slowCrc32(bytes.subarray(0, length)));
  }
});

Deno.test("crc32() continues the sum over several pieces", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, index) => (index * 37) & 255);
  for (const cut of [0, 1, 8, 50, 99, 100]) {
    assertEquals(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))), crc32(bytes));
  }
});
