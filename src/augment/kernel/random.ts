// Random numbers in AssemblyScript: the same generator with the same seeding as createRandom() of src/random.ts.

let r0: u32, r1: u32, r2: u32, r3: u32;

function mix32(x: u32): u32 {
  x = (x ^ (x >>> 16)) * 0x85ebca6b;
  x = (x ^ (x >>> 13)) * 0xc2b2ae35;
  return x ^ (x >>> 16);
}

/** Starts the stream `stream` of a seed. */
export function seedRandom(seed: u32, stream: u32): void {
  const start = mix32(mix32(seed) ^ stream);
  r0 = mix32(start + 0x9e3779b9);
  r1 = mix32(start + 2 * 0x9e3779b9);
  r2 = mix32(start + 3 * 0x9e3779b9);
  r3 = mix32(start + 4 * 0x9e3779b9) | 1;
}

/** Returns a uniformly distributed number from 0 to below 1. */
export function uniform(): f64 {
  const result = rotl<u32>(r1 * 5, 7) * 9, shifted = r1 << 9;
  r2 ^= r0;
  r3 ^= r1;
  r1 ^= r2;
  r0 ^= r3;
  r2 ^= shifted;
  r3 = rotl<u32>(r3, 11);
  return <f64>result / 4294967296.0;
}

/** Returns a number that is nearly normal with mean 0 and standard deviation 1, and never beyond ±3.5. */
export function spread(): f64 {
  return (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772; // √3: the deviation of the sum is 1 / √3
}
