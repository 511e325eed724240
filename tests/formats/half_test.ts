import { assert, assertEquals } from "@std/assert";
import { decodeHalf } from "../../src/formats/half.ts";

/** Returns the value of a half as IEEE 754 defines it. */
function expected(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

Deno.test("decodeHalf() is exact for all 65,536 halves", () => {
  const values = decodeHalf(Uint16Array.from({ length: 65536 }, (_, half) => half));
  const wrong = values.findIndex((value, half) => !Object.is(value, expected(half)));
  assertEquals(wrong, -1);
  assert(Object.is(values[0x8000], -0));
});
