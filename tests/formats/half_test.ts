import { assert, assertEquals } from "@std/assert";
import { decodeHalf, encodeHalf } from "../../src/formats/half.ts";

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

Deno.test("encodeHalf() returns every half from its own value", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, half) => half);
  const found = encodeHalf(decodeHalf(halves));
  const isNaNHalf = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 1023) !== 0;
  const wrong = halves.findIndex((half) => isNaNHalf(half) ? !isNaNHalf(found[half]) : found[half] !== half);
  assertEquals(wrong, -1);
});

Deno.test("encodeHalf() rounds to the nearest half, and to the even one of two", () => {
  const step = 2 ** -10; // of the halves from 1 to 2
  const values = [1 + step / 2, 1 + 1.5 * step, 1 + 0.501 * step, 1 + 0.499 * step, -1 - 1.5 * step];
  assertEquals([...decodeHalf(encodeHalf(Float32Array.from(values)))], [
    1,
    1 + 2 * step,
    1 + step,
    1,
    -1 - 2 * step,
  ]);
  const least = 2 ** -24, small = Float32Array.of(least / 2, 0.51 * least, 1.5 * least, 2 ** -14 - least / 4);
  assertEquals([...decodeHalf(encodeHalf(small))], [0, least, 2 * least, 2 ** -14]);
});

Deno.test("encodeHalf() turns numbers from 65,520 into infinity, and keeps the sign of zero and NaN", () => {
  const found = decodeHalf(encodeHalf(Float32Array.of(65_519, 65_520, -1e30, Infinity, -0, NaN)));
  assertEquals([...found], [65_504, Infinity, -Infinity, Infinity, -0, NaN]);
});
