import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { refuser } from "../../src/formats/fault.ts";
import { gunzip } from "../../src/formats/gzip.ts";
import { parseIdx } from "../../src/formats/idx.ts";
import { createBuffer, inflatePieces } from "../../src/formats/inflate.ts";
import { randomBytes } from "../support/random_bytes.ts";

const refuse = refuser("gzip", {});

async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  format: "gzip" | "deflate-raw" = "gzip",
): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(...parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A member with one stored block: `flags` and what they announce come first. */
async function storedMember(content: number[], flags: number, fields: number[]): Promise<Uint8Array> {
  const trailer = (await compress(Uint8Array.from(content))).slice(-8);
  const length = [content.length, 0, 255 - content.length, 255];
  return joined([0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 255], fields, [1], length, content, trailer);
}

const CONTENTS: [kind: string, bytes: Uint8Array<ArrayBuffer>][] = [
  ["no bytes", new Uint8Array(0)],
  ["one byte", Uint8Array.of(7)],
  ["a long run", new Uint8Array(1e6)],
  ["a text", new TextEncoder().encode("the rows of a set, and the labels of its rows; ".repeat(2000))],
  ["noise", randomBytes(2e5, 255)],
  ["noise of few values", randomBytes(2e5, 20)],
  ["noise of many lengths", randomBytes(3e5, 255).map((byte) => byte & (byte >> 3) & 0x5B)],
];

for (const [kind, bytes] of CONTENTS) {
  Deno.test(`inflatePieces() finds the end, the size and the content of ${kind}`, async () => {
    const packed = await compress(bytes, "deflate-raw");
    const framed = joined([1, 2, 3], packed, [0, 255, 31, 139]);
    let checksum = 0;
    const onPiece = (piece: Uint8Array) => checksum = crc32(piece, checksum);
    assertEquals(await inflatePieces({ bytes: framed, start: 3, refuse, onPiece }), {
      end: 3 + packed.length,
      size: bytes.length,
    });
    assertEquals(checksum, crc32(bytes));
    if (packed.length > 2000) return;
    for (let length = 0; length < packed.length; length++) {
      const cut = packed.subarray(0, length);
      await assertRejects(() => inflatePieces({ bytes: cut, start: 0, refuse }), FormatError);
    }
  });
}

Deno.test("inflatePieces() ends for any bytes", async () => {
  const buffer = createBuffer();
  for (let seed = 1; seed < 2000; seed++) {
    const bytes = randomBytes(300, 255, seed);
    try {
      const { end, size } = await inflatePieces({ bytes, start: 0, refuse }, { buffer });
      assertEquals([end! <= 300, Number.isSafeInteger(size)], [true, true]);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
});

Deno.test("gunzip() joins the members of a file", async () => {
  const [first, second, third] = [randomBytes(1e5, 9), new Uint8Array(0), Uint8Array.of(1, 2, 3)];
  const members = await Promise.all([first, second, third, first].map((bytes) => compress(bytes)));
  assertEquals(await gunzip(joined(...members), {}), joined(first, second, third, first));
  assertEquals(await gunzip(joined(...members.slice(0, 2)), {}), first);
  assertEquals(await gunzip(joined(...members.slice(1, 3)), {}), third);
});

Deno.test("gunzip() joins members with every field of a header", async () => {
  const name = [97, 0], comment = [98, 99, 0], extra = [2, 0, 0x1F, 0x8B];
  const members = [
    await storedMember([1, 2], 8, name),
    await storedMember([3], 4, extra),
    await storedMember([4, 5], 4 | 8 | 16, [...extra, ...name, ...comment]),
    await storedMember([0x1F, 0x8B, 8, 0], 0, []),
  ];
  assertEquals(await gunzip(joined(...members), {}), Uint8Array.of(1, 2, 3, 4, 5, 0x1F, 0x8B, 8, 0));
});

Deno.test("parseIdx() reads an array whose file has several members", async () => {
  const bytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9);
  const packed = joined(await compress(bytes.slice(0, 9)), await compress(bytes.slice(9)));
  assertEquals((await parseIdx(packed)).values, Uint8Array.of(7, 8, 9));
});

Deno.test("gunzip() refuses other bytes after the last member", async () => {
  const one = await compress(Uint8Array.of(1, 2, 3)), two = joined(one, one);
  const fault = (count: string) =>
    `has ${count} after its compressed data, needs none or another gzip member (at byte`;
  await assertRejects(() => gunzip(joined(one, [0]), {}), FormatError, fault("1 byte"));
  await assertRejects(() => gunzip(joined(two, new Uint8Array(512)), {}), FormatError, fault("512 bytes"));
  await assertRejects(() => gunzip(joined(one, [0x1F, 0x8B, 8]), {}), FormatError, "cut short in the header");
  const other = joined(one, [0x1F, 0x8B, 9], new Uint8Array(20));
  await assertRejects(() => gunzip(other, {}), FormatError, "another compression than deflate");
});

Deno.test("gunzip() refuses members that are damaged or cut short at any byte", async () => {
  const one = await compress(new TextEncoder().encode("of several members")), two = joined(one, one);
  for (let length = one.length + 1; length < two.length; length++) {
    await assertRejects(() => gunzip(two.subarray(0, length), {}), FormatError);
  }
  const header = (at: number) => at % one.length >= 4 && at % one.length < 10; // time and system are not checked
  for (let at = 0; at < two.length; at++) {
    if (header(at)) continue;
    const damaged = two.slice();
    damaged[at] ^= 0x55;
    await assertRejects(() => gunzip(damaged, {}), FormatError);
  }
});

Deno.test("gunzip() refuses more members than any file needs", async () => {
  const empty = await compress(new Uint8Array(0)), many = new Uint8Array(100_001 * empty.length);
  for (let at = 0; at < many.length; at += empty.length) many.set(empty, at);
  await assertRejects(() => gunzip(many, {}), FormatError, "has more than 100,000 members");
});
