import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { refuser } from "../../src/formats/fault.ts";
import { inflate, inflatePieces } from "../../src/formats/inflate.ts";
import { createRandom } from "../../src/random.ts";

const refuse = refuser("gzip", { name: "x.gz" });

/** Joins numbers, each with its count of bits, into bytes as deflated data does. */
function joinBits(...parts: readonly (readonly [value: number, bits: number])[]): Uint8Array<ArrayBuffer> {
  const all = parts.flatMap(([value, bits]) => Array.from({ length: bits }, (_, bit) => (value >> bit) & 1));
  const bytes = new Uint8Array(Math.ceil(all.length / 8));
  all.forEach((bit, index) => bytes[index >> 3] |= bit << (index & 7));
  return bytes;
}

/** Writes a block's header with code lengths that are listed one by one: all from 0 to 15 have a code of 4 bits. */
function listedCodes(literals: readonly number[], distances: readonly number[]) {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const reversed = (value: number) =>
    [0, 1, 2, 3].reduce((sum, bit) => sum | ((value >> bit) & 1) << (3 - bit), 0);
  return [
    [1, 1],
    [2, 2],
    [literals.length - 257, 5],
    [distances.length - 1, 5],
    [15, 4],
    ...order.map((symbol) => [symbol < 16 ? 4 : 0, 3] as const),
    ...[...literals, ...distances].map((length) => [reversed(length), 4] as const),
  ] as const;
}

/** Returns lengths of `count` symbols that are 0 except for these. */
function lengths(count: number, some: Readonly<{ [symbol: number]: number }>): number[] {
  return Array.from({ length: count }, (_, symbol) => some[symbol] ?? 0);
}

/** Decompresses with the platform; `undefined` for damaged data. */
async function platformInflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return undefined;
  }
}

/**
 * Decompresses with this program; `undefined` for damaged data. `"other"` is data of which platforms make different things: it is
 * cut short, or bytes follow it.
 */
async function ownInflate(bytes: Uint8Array): Promise<Uint8Array | "other" | undefined> {
  const pieces: Uint8Array[] = [];
  const onPiece = (piece: Uint8Array) => void pieces.push(piece.slice());
  try {
    const { end } = await inflatePieces({ bytes, start: 0, refuse, onPiece });
    if (end !== bytes.length) return "other";
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message.includes("cut short") ? "other" : undefined;
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

Deno.test("inflatePieces() reads and refuses the same data as the platform", async () => {
  const { below } = createRandom(7);
  let read = 0, refused = 0;
  for (let round = 0; round < 60; round++) {
    const alphabet = [1, 2, 20, 256][below(4)], period = [1, 2, 3, 5, 300, 40_000][below(6)];
    const content = new Uint8Array([0, 1, 300, 5000, 45_000][below(5)]);
    for (let at = 0; at < content.length; at++) {
      content[at] = at < period || below(500) === 0 ? below(alphabet) : content[at - period];
    }
    const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const deflated = new Uint8Array(await new Response(stream).arrayBuffer());
    assertEquals(
      (await inflate({ bytes: deflated, start: 0, refuse }, { size: content.length })).content,
      content,
    );
    for (let change = 0; change < 8; change++) {
      const bytes = deflated.slice(0, change === 7 ? below(deflated.length) : undefined);
      if (change > 0 && change < 7) bytes[below(Math.min(bytes.length, 40))] ^= 1 << below(8);
      const own = await ownInflate(bytes);
      if (own === "other") continue;
      assertEquals(own, await platformInflate(bytes), `round ${round}, change ${change}`);
      if (own === undefined) refused++;
      else read++;
    }
  }
  assertEquals([read > 80, refused > 100], [true, true], `${read} read, ${refused} refused`);
});

const ALL = lengths(286, { 65: 2, 66: 2, 256: 2, 285: 2 });
const CODES = {
  "codes of two bits for four symbols": [ALL, lengths(2, { 0: 1, 1: 1 }), true],
  "a single distance of one bit": [ALL, lengths(1, { 0: 1 }), true],
  "no distance": [lengths(257, { 65: 1, 256: 1 }), lengths(1, {}), true],
  "a single distance of two bits": [ALL, lengths(1, { 0: 2 }), false],
  "literals that leave bits unused": [lengths(257, { 65: 2, 66: 2, 256: 2 }), lengths(1, { 0: 1 }), false],
  "more literals than bits": [lengths(257, { 64: 1, 65: 1, 256: 1 }), lengths(1, { 0: 1 }), false],
  "no end of the block": [lengths(257, { 64: 1, 65: 1 }), lengths(1, { 0: 1 }), false],
  "287 literals": [lengths(287, { 65: 1, 256: 1 }), lengths(1, { 0: 1 }), false],
  "31 distances": [lengths(257, { 65: 1, 256: 1 }), lengths(31, { 0: 1 }), false],
} as const;

for (const [name, [literals, distances, isRead]] of Object.entries(CODES)) {
  Deno.test(`inflatePieces() ${isRead ? "reads" : "refuses"} a block that lists ${name}`, async () => {
    // The code of one or two bits of literal 65, then that of the end, with its highest bit first.
    const isShort = literals.filter((length) => length > 0).length === 2;
    const symbols = isShort ? [[0, 1], [1, 1]] as const : [[0, 2], [1, 2]] as const;
    const bytes = joinBits(...listedCodes(literals, distances), ...symbols);
    const content = isRead ? Uint8Array.of(65) : undefined;
    assertEquals(await ownInflate(bytes), content);
    assertEquals(await platformInflate(bytes), content);
  });
}

Deno.test("inflatePieces() tells data that is cut short from damaged data", async () => {
  const bytes = joinBits(...listedCodes(ALL, lengths(1, { 0: 1 })));
  const read = (length: number) => inflatePieces({ bytes: bytes.subarray(0, length), start: 0, refuse });
  for (let length = 0; length < bytes.length; length++) {
    await assertRejects(() => read(length), FormatError, "cut short");
  }
});
