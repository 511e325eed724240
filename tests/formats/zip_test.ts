import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { readZip } from "../../src/formats/zip.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { fromBase64 } from "../fixtures/bytes.ts";
import { NPZ } from "../fixtures/npz_fixtures.ts";
import { CENTRAL, END, find, HELLO } from "../support/zip_bytes.ts";

/** Creates an archive of one stored entry, with these bytes of its headers changed; the offsets are those of the local one. */
function withFields(changes: { [offset: number]: number }): Uint8Array<ArrayBuffer> {
  const bytes = writeZip([{ name: "a", bytes: HELLO }]);
  const at = find(bytes, CENTRAL);
  for (const [offset, byte] of Object.entries(changes)) {
    bytes[Number(offset)] = byte;
    bytes[at + 2 + Number(offset)] = byte;
  }
  return bytes;
}

/** Creates an archive of one deflated entry that declares `size`. */
async function deflated(content: Uint8Array<ArrayBuffer>, size = content.length): Promise<Uint8Array> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  const bytes = writeZip([{ name: "a", bytes: packed }]);
  const view = new DataView(bytes.buffer);
  const at = find(bytes, CENTRAL);
  for (const fields of [6, at + 8]) {
    view.setUint16(fields + 2, 8, true);
    view.setUint32(fields + 8, crc32(content), true);
    view.setUint32(fields + 16, size, true);
  }
  return bytes;
}

Deno.test("readZip() lists the entries that writeZip() wrote, including non-ASCII names and empty entries", async () => {
  const entries = [
    { name: "größe/🙂", bytes: HELLO },
    { name: "empty", bytes: new Uint8Array(0) },
    { name: "x", bytes: Uint8Array.of(1, 2, 3) },
  ];
  const read = readZip(writeZip(entries));
  assertEquals(read.map(({ name, size }) => [name, size]), [["größe/🙂", 26], ["empty", 0], ["x", 3]]);
  for (const [index, entry] of read.entries()) assertEquals(await entry.read(), entries[index].bytes);
});

Deno.test("readZip() reads an archive without entries", () => {
  assertEquals(readZip(writeZip([])), []);
});

Deno.test({
  name: "readZip() reads archives of NumPy, with zip64 sizes, stored and deflated",
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    for (const base64 of [NPZ.stored, NPZ.deflated]) {
      const entries = readZip(fromBase64(base64));
      assertEquals(entries.map(({ name }) => name), ["layer_1.weights.npy", "layer_1.act.npy", "counts.npy"]);
      for (const entry of entries) assertEquals((await entry.read()).length, entry.size);
    }
  },
});

Deno.test("readZip() returns a stored entry as a view", async () => {
  const bytes = writeZip([{ name: "a", bytes: HELLO }]);
  assertStrictEquals((await readZip(bytes)[0].read()).buffer, bytes.buffer);
});

Deno.test("readZip() reads an archive with a comment, even one that looks like an end record", async () => {
  const comment = new Uint8Array(40);
  comment.set(END, 3);
  const bytes = Uint8Array.from([...writeZip([{ name: "a", bytes: HELLO }]), ...comment]);
  bytes[bytes.length - comment.length - 2] = comment.length;
  assertEquals(await readZip(bytes)[0].read(), HELLO);
});

Deno.test("readZip() reads a zip64 end record", async () => {
  const plain = writeZip([{ name: "a", bytes: HELLO }]);
  const end = plain.length - 22;
  const [directorySize, directoryStart] = [end - find(plain, CENTRAL), find(plain, CENTRAL)];
  const bytes = new Uint8Array(plain.length + 56 + 20);
  bytes.set(plain.subarray(0, end));
  const view = new DataView(bytes.buffer);
  view.setUint32(end, 0x06064B50, true);
  view.setBigUint64(end + 4, 44n, true);
  view.setBigUint64(end + 24, 1n, true);
  view.setBigUint64(end + 32, 1n, true);
  view.setBigUint64(end + 40, BigInt(directorySize), true);
  view.setBigUint64(end + 48, BigInt(directoryStart), true);
  view.setUint32(end + 56, 0x07064B50, true);
  view.setBigUint64(end + 64, BigInt(end), true);
  bytes.set(END, end + 76);
  bytes.fill(0xFF, end + 84, end + 96);
  assertEquals(await readZip(bytes)[0].read(), HELLO);
  view.setUint32(end + 76 + 16, 1, true); // the directory's offset in the other end record
  assertThrows(() => readZip(bytes), FormatError, "has an end record that differs from its zip64 end record");
});

Deno.test("readZip() refuses an archive truncated at any byte", () => {
  const bytes = fromBase64(NPZ.deflated);
  for (let length = 0; length < bytes.length; length++) {
    const error = assertThrows(() => readZip(bytes.subarray(0, length)), FormatError);
    if (length >= 4) assertEquals(error.message.includes("cut short"), true, error.message);
  }
});

Deno.test("readZip() refuses an archive without its beginning", () => {
  assertThrows(
    () => readZip(fromBase64(NPZ.stored).subarray(10)),
    FormatError,
    "misses bytes before its directory",
  );
});

Deno.test("readZip() refuses bytes that are not an archive", () => {
  assertThrows(
    () => readZip(HELLO, { name: "a.npz" }),
    FormatError,
    `Cannot read "a.npz": it is not a zip archive`,
  );
});

Deno.test({
  name: "readZip() and read() throw only FormatError if a byte is changed, and never return changed content",
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const bytes = fromBase64(NPZ.deflated);
    const wanted = new Map<string, Uint8Array>();
    for (const entry of readZip(bytes)) wanted.set(entry.name, await entry.read());
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 0xFF;
      try {
        for (const entry of readZip(changed)) {
          const content = await entry.read();
          if (wanted.has(entry.name)) assertEquals(content, wanted.get(entry.name));
        }
      } catch (error) {
        assertInstanceOf(error, FormatError);
      }
    }
  },
});

Deno.test("readZip() refuses one part of a split archive", () => {
  const bytes = writeZip([{ name: "a", bytes: HELLO }]);
  bytes[bytes.length - 22 + 4] = 1;
  assertThrows(() => readZip(bytes), FormatError, "archive that was split");
});

Deno.test("read() refuses an encrypted entry by name", async () => {
  const fault = `"a" is encrypted, needs to be saved without a password (at byte 0)`;
  await assertRejects(() => readZip(withFields({ 6: 1 }))[0].read(), FormatError, fault);
});

Deno.test("read() refuses other compression methods by name", async () => {
  await assertRejects(
    () => readZip(withFields({ 8: 12 }))[0].read(),
    FormatError,
    `"a" is compressed with bzip2`,
  );
  await assertRejects(() => readZip(withFields({ 8: 77 }))[0].read(), FormatError, "with method 77");
});

Deno.test("read() refuses content whose CRC-32 differs", async () => {
  const bytes = writeZip([{ name: "a", bytes: HELLO }]);
  bytes[35] ^= 1;
  await assertRejects(() => readZip(bytes)[0].read(), FormatError, `"a" is damaged: its CRC-32 is`);
});

Deno.test("read() refuses a stored entry whose size differs from the declared one", async () => {
  await assertRejects(() => readZip(withFields({ 22: 25 }))[0].read(), FormatError, "is stored in 26 bytes");
});

Deno.test({
  name: "read() refuses a deflated entry that is larger or smaller than it declares",
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const zeros = new Uint8Array(200_000);
    assertEquals(await readZip(await deflated(zeros))[0].read(), zeros);
    const larger = readZip(await deflated(zeros, 1000))[0];
    await assertRejects(
      () => larger.read(),
      FormatError,
      "inflates to more than the 1,000 bytes that it declares",
    );
    const smaller = readZip(await deflated(zeros, 200_001))[0];
    await assertRejects(() => smaller.read(), FormatError, "inflates to 200,000 bytes, it declares 200,001");
  },
});

Deno.test("read() allocates no memory for a size that the deflated bytes cannot have", async () => {
  const entry = readZip(await deflated(HELLO, 0xF0000000), { trustSizes: true })[0];
  await assertRejects(() => entry.read(), FormatError, "cannot hold as many");
});

Deno.test("read() tells the offset of damage in deflated data, and no other program's text", async () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 5), bytes = await deflated(content);
  for (let at = 31; at < 31 + 200; at++) {
    const damaged = bytes.slice();
    damaged[at] ^= 0xFF;
    const error = await assertRejects(() => readZip(damaged)[0].read(), FormatError);
    const known =
      /"a" (has (damaged compressed data|compressed data that is cut short|\d+ bytes? after its)|inflates to |is damaged: its CRC)/;
    assertMatch(error.message, known);
    if (error.offset) assert(error.offset >= 31 && error.offset <= bytes.length, error.message);
    assertEquals(error.cause, undefined);
  }
});

Deno.test("read() refuses an entry larger than the limit", async () => {
  const entry = readZip(await deflated(new Uint8Array(2000)), { maxBytes: 1999 })[0];
  await assertRejects(() => entry.read(), FormatError, "holds 2,000 bytes, at most 1,999 bytes are read");
});

Deno.test("writeZip() writes the same bytes for the same entries", () => {
  const entries = [{ name: "a", bytes: HELLO }];
  assertEquals(writeZip(entries), writeZip(entries));
});

Deno.test("writeZip() refuses archives that need zip64, and names that it cannot write", () => {
  const bytes = new Uint8Array(2 ** 26);
  const many = Array.from({ length: 64 }, (_, index) => ({ name: `${index}`, bytes }));
  assertThrows(() => writeZip(many), RangeError, "at most 4 GiB");
  const entries = Array.from({ length: 65_535 }, (_, index) => ({ name: `${index}`, bytes: HELLO }));
  assertThrows(() => writeZip(entries), RangeError, "65535 entries");
  assertThrows(() => writeZip([entries[0], entries[0]]), RangeError, `two entries are named "0"`);
  assertThrows(() => writeZip([{ name: "a".repeat(65_536), bytes: HELLO }]), RangeError, "too long");
});
