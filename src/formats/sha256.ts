/**
 * SHA-256 (FIPS 180-4), once by the platform and once in TypeScript. The platform's is six times as fast and runs on
 * another thread, but it is asynchronous, and pages loaded over plain HTTP do not have it.
 * @module
 */

/** Bytes of a block. */
const BLOCK = 64;

/** The round constants and the initial hash value; made at the first use. */
let constants: { readonly rounds: Int32Array; readonly start: Int32Array } | undefined;

/** Returns the SHA-256 of `bytes` as 64 hexadecimal digits, computed by the platform. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  // The platform's function refuses shared memory.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", own));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the SHA-256 of `bytes` as 64 hexadecimal digits, computed synchronously in TypeScript. */
export function sha256Now(bytes: Uint8Array): string {
  const { rounds, start } = constants ??= makeConstants();
  const hash = start.slice(), whole = bytes.length - bytes.length % BLOCK;
  addBlocks(hash, rounds, bytes.subarray(0, whole));
  // The padding: a 1 bit, zeros, and the length in bits as a 64-bit number.
  const rest = bytes.length - whole, end = new Uint8Array(rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK);
  end.set(bytes.subarray(whole));
  end[rest] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(bytes.length) * 8n);
  addBlocks(hash, rounds, end);
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Updates the hash with whole blocks. The letters are those of the standard. */
function addBlocks(hash: Int32Array, rounds: Int32Array, bytes: Uint8Array): void {
  const words = new Int32Array(64);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    for (let i = 0, from = at; i < 16; i++, from += 4) {
      words[i] = bytes[from] << 24 | bytes[from + 1] << 16 | bytes[from + 2] << 8 | bytes[from + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15], y = words[i - 2];
      words[i] = words[i - 16] + words[i - 7] +
          ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
          ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
    }
    let a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    let e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (let i = 0; i < 64; i++) {
      const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) +
          (g ^ e & (f ^ g)) + rounds[i] + words[i] | 0;
      const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) +
          (a & b | c & (a | b)) | 0;
      h = g, g = f, f = e, e = d + one | 0;
      d = c, c = b, b = a, a = one + two | 0;
    }
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d;
    hash[4] += e, hash[5] += f, hash[6] += g, hash[7] += h;
  }
}

/**
 * Computes the constants: the first 32 fractional bits of the cube roots and the square roots of the first primes.
 */
function makeConstants() {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const bits = (root: number) => (root - Math.floor(root)) * 2 ** 32 | 0;
  return {
    rounds: Int32Array.from(primes, (prime) => bits(Math.cbrt(prime))),
    start: Int32Array.from(primes.slice(0, 8), (prime) => bits(Math.sqrt(prime))),
  };
}
