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

/** Converts bfloat16 numbers, the upper halves of float32 numbers, given as their bits, to float32. */
export function decodeBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index] << 16;
  return new Float32Array(bits.buffer);
}
