/**
 * Half-precision numbers: 1 sign bit, 5 of exponent with bias 15, 10 of fraction (IEEE 754 binary16).
 * @module
 */

/** Converts half-precision numbers, given as their bits, to float32. Every value is exact; NaN stays NaN. */
export function decodeHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < halves.length; index++) {
    const half = halves[index];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) values[index] = (sign === 0 ? fraction : -fraction) * 2 ** -24;
    else bits[index] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return values;
}

/**
 * Converts numbers to half precision, as their bits. A number is rounded to the nearest half, and to the one with an even fraction
 * if two are equally near. Numbers from 65,520 become infinite; NaN stays NaN.
 */
export function encodeHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length), single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let index = 0; index < halves.length; index++) {
    const size = Math.abs(values[index]);
    single[0] = values[index];
    const sign = (bits[0] >>> 16) & 0x8000;
    if (!(size < 65_520)) halves[index] = sign | (size >= 65_520 ? 0x7c00 : 0x7e00);
    else if (size < 2 ** -14) halves[index] = sign | roundToEven(size * 2 ** 24);
    else {
      const rest = (bits[0] & 0x7fffffff) - (112 << 23); // the exponent's bias is 15 instead of 127
      halves[index] = sign | roundToEven(rest / 2 ** 13); // a carry from the fraction increases the exponent
    }
  }
  return halves;
}

/** Rounds a number from 0 to the nearest integer, or to the even one of two. */
function roundToEven(value: number): number {
  const below = Math.floor(value), rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** Converts bfloat16 numbers, the upper halves of float32 numbers, given as their bits, to float32. */
export function decodeBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index] << 16;
  return new Float32Array(bits.buffer);
}
