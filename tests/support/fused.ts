/**
 * Tests if this machine's WebAssembly rounds a relaxed multiply-add once; the bits of the wasm backend depend on it.
 * @module
 */
import { fromBase64 } from "../fixtures/bytes.ts";

/**
 * A module whose function `f` computes `a * a - c` for `a = 1 + 2⁻¹²` and `c = 1 + 2⁻¹¹` with f32x4.relaxed_madd. The
 * result is 2⁻²⁴ with one rounding, 0 with two.
 */
const PROBE =
  "AGFzbQEAAAABBQFgAAF9AwIBAAcFAQFmAAAKQAE+AP0MAAiAPwAIgD8ACIA/AAiAP/0MAAiAPwAIgD8ACIA/AAiAP/0MABCAvwAQgL8AEIC/ABCAv/2FAv0fAAs=";

/** Returns true if a multiply-add is fused; `undefined` if this machine has no relaxed SIMD. */
export function isFused(): boolean | undefined {
  const bytes = fromBase64(PROBE);
  if (!WebAssembly.validate(bytes)) return undefined;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { f: () => number };
  return f() !== 0;
}
