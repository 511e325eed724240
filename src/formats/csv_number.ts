/** Numbers in text, read from bytes. @module */

/** The powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const LATIN1 = new TextDecoder("latin1");

const [PLUS, MINUS, POINT, ZERO] = [0x2b, 0x2d, 0x2e, 0x30];

/**
 * Reads a decimal number, such as `5`, `-0.25`, `+.5` or `1e-3`, from `bytes[start]` to `bytes[end - 1]`. The result is the
 * double that is nearest to it, as `Number` of the text is.
 *
 * @returns the number; `NaN` if the bytes are not such a number; an infinity if it is too large
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start], isNegative = first === MINUS;
  let at = isNegative || first === PLUS ? start + 1 : start;
  let mantissa = 0, count = 0, scale = 0, digit = 0;
  const whole = at;
  for (; at < end && (digit = bytes[at] - ZERO) >= 0 && digit <= 9; at++) mantissa = mantissa * 10 + digit;
  count = at - whole;
  if (at < end && bytes[at] === POINT) {
    const point = ++at;
    for (; at < end && (digit = bytes[at] - ZERO) >= 0 && digit <= 9; at++) mantissa = mantissa * 10 + digit;
    scale = at - point;
    count += scale;
  }
  if (count === 0) return NaN;
  if (at < end) {
    const exponent = parseExponent(bytes, at, end);
    if (exponent !== exponent) return NaN;
    scale -= exponent;
  }
  // Mantissa and power of ten are exact, so the only rounding is that of one multiplication or division.
  if (mantissa <= Number.MAX_SAFE_INTEGER && scale <= 22 && scale >= -22) {
    const value = scale === 0 ? mantissa : scale > 0 ? mantissa / POWERS[scale] : mantissa * POWERS[-scale];
    return isNegative ? -value : value;
  }
  return Number(LATIN1.decode(bytes.subarray(start, end)));
}

/** Reads `e5`, `E-3`, … up to `end`; returns `NaN` if the bytes are something else. */
function parseExponent(bytes: Uint8Array, start: number, end: number): number {
  if ((bytes[start] | 0x20) !== 0x65) return NaN;
  let at = start + 1, exponent = 0;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  if (at >= end) return NaN;
  for (; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    exponent = Math.min(exponent * 10 + digit, 1e6);
  }
  return sign === MINUS ? -exponent : exponent;
}

/** The texts that stand for a missing value. */
const MISSING: ReadonlySet<string> = new Set(
  ["", "?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>"],
);

/** Returns whether the bytes from `start` to `end - 1` stand for a missing value: none, `NA`, `NaN`, `null`, `?`, … */
export function isMissing(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  return length <= 4 && bytes[end - 1] > 0x39 &&
    MISSING.has(String.fromCharCode(...bytes.subarray(start, end)));
}
