import { assertEquals } from "@std/assert";
import { sha256Now, sha256Of } from "../../src/formats/sha256.ts";

/** The examples of FIPS 180-4, and the hash of zero bytes. */
const EXAMPLES: Record<string, string> = {
  "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
};

Deno.test("sha256Now() and sha256Of() give the hashes of the standard's examples", async () => {
  for (const [text, hash] of Object.entries(EXAMPLES)) {
    const bytes = new TextEncoder().encode(text);
    assertEquals([sha256Now(bytes), await sha256Of(bytes)], [hash, hash]);
  }
});

Deno.test("sha256Now() gives the platform's hash for every length near a block's", async () => {
  const all = Uint8Array.from({ length: 300 }, (_, i) => i * 167 + (i >> 3));
  for (let length = 0; length <= 200; length++) {
    const bytes = all.subarray(length % 7, length % 7 + length);
    assertEquals(sha256Now(bytes), await sha256Of(bytes), `${length} bytes`);
  }
});

Deno.test("sha256Of() accepts bytes in shared memory", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([97, 98, 99]);
  assertEquals(await sha256Of(shared), EXAMPLES.abc);
});
