/** The names and the local headers of zip archives. */
import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { readZip } from "../../src/formats/zip.ts";
import { endsAsZip } from "../../src/formats/zip_directory.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { visible } from "../../src/visible.ts";
import { CENTRAL, END, find, HELLO } from "../support/zip_bytes.ts";

/** Creates an archive of one stored entry with any name, even one that `writeZip` refuses. */
function renamed(name: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(name);
  const bytes = writeZip([{ name: "x".repeat(encoded.length), bytes: HELLO }]);
  bytes.set(encoded, 30);
  bytes.set(encoded, find(bytes, CENTRAL) + 46);
  return bytes;
}

Deno.test("readZip() refuses two entries with the same name", () => {
  const bytes = writeZip([{ name: "ab", bytes: HELLO }, { name: "ac", bytes: HELLO }]);
  const second = find(bytes, CENTRAL, find(bytes, CENTRAL) + 1);
  bytes[second + 47] = "b".charCodeAt(0);
  assertThrows(() => readZip(bytes), FormatError, `has two entries named "ab"`);
});

Deno.test("readZip() refuses a local name and an extra field that end beyond the file, before an entry beyond the file", () => {
  const bytes = writeZip([{ name: "ab", bytes: HELLO }, { name: "ac", bytes: HELLO }]),
    view = new DataView(bytes.buffer);
  view.setUint32(find(bytes, CENTRAL, find(bytes, CENTRAL) + 1) + 42, 1_000_000_000, true);
  for (const offset of [26, 28]) {
    const changed = bytes.slice();
    new DataView(changed.buffer).setUint16(offset, 65_535, true);
    assertThrows(
      () => readZip(changed),
      FormatError,
      'has an entry "ab" of 26 bytes that overlaps the data after it',
    );
  }
  assertThrows(() => readZip(bytes), FormatError, 'has no entry "ac" where its directory says');
});

Deno.test("readZip() names at most 300 characters of a name in a message", () => {
  const { message } = assertThrows(() => readZip(renamed(`../${"x".repeat(5000)}`)), FormatError);
  assertEquals(message.includes(`named "../${"x".repeat(297)}...", which`), true, message);
});

for (const name of ["../x", "..", "a/../x", "a\\..\\x", "a/..", "/x", "\\x", "C:\\x", "c:/x", "C:x"]) {
  Deno.test(`readZip() and writeZip() refuse the name ${JSON.stringify(name)}`, () => {
    const bytes = renamed(name), quoted = JSON.stringify(name);
    assertThrows(
      () => readZip(bytes, { name: "a.npz" }),
      FormatError,
      `Cannot read "a.npz": it has an entry named ${quoted}, which leads out of the archive's folder`,
    );
    assertThrows(
      () => writeZip([{ name, bytes: HELLO }]),
      RangeError,
      `an entry is named ${quoted}, which leads out`,
    );
  });
}

for (
  const [name, fault] of [
    ["a\\b", "which is a path on some systems only, needs a name without backslash"],
    ["a\x1b[2J", "which has a control character, needs a name without it"],
    ["a\nb", "which has a control character, needs a name without it"],
    ["a\x9b", "which has a control character, needs a name without it"],
    ["a\u202eb", "which has a control character, needs a name without it"],
    ["__proto__", "which is the prototype of objects in JavaScript, needs another name"],
    ["__proto__.npy", "which is the prototype of objects in JavaScript, needs another name"],
    ["a/__proto__/b", "which is the prototype of objects in JavaScript, needs another name"],
  ]
) {
  Deno.test(`readZip() and writeZip() refuse the name ${visible(JSON.stringify(name))}`, () => {
    const bytes = renamed(name), expected = `has an entry named ${visible(JSON.stringify(name))}, ${fault}`;
    const error = assertThrows(() => readZip(bytes), FormatError, expected);
    assertEquals(error.offset, find(bytes, CENTRAL));
    assertThrows(() => writeZip([{ name, bytes: HELLO }]), RangeError, fault);
  });
}

Deno.test("readZip() refuses a name with NUL", () => {
  assertThrows(() => readZip(renamed("x\0y")), FormatError, String.raw`has an entry named "x\u0000y"`);
});

Deno.test("readZip() accepts names that only seem to lead out of a folder", () => {
  const entries = ["..x", "x..", "a..b/c", "...", "a/b", "ab:c", "W:0", "b:12.npy"].map((name) => ({
    name,
    bytes: HELLO,
  }));
  assertEquals(readZip(writeZip(entries)).map(({ name }) => name), entries.map(({ name }) => name));
});

Deno.test("readZip() refuses an entry whose local header has another name", () => {
  const bytes = writeZip([{ name: "first", bytes: HELLO }, { name: "x.npy", bytes: HELLO }]);
  const local = 30 + 5 + HELLO.length;
  bytes.set(new TextEncoder().encode("y"), local + 30);
  const error = assertThrows(
    () => readZip(bytes),
    FormatError,
    `has an entry named "y.npy" where its directory says "x.npy"`,
  );
  assertEquals(error.offset, local);
  // A shorter name, with the rest in the extra field.
  const shorter = writeZip([{ name: "x.npy", bytes: HELLO }]), view = new DataView(shorter.buffer);
  view.setUint16(26, 1, true);
  view.setUint16(28, 4, true);
  assertThrows(() => readZip(shorter), FormatError, `named "x" where its directory says "x.npy"`);
});

Deno.test("readZip() refuses bytes before the first entry, even if the directory counts them", () => {
  const plain = writeZip([{ name: "a", bytes: HELLO }]), prefix = new TextEncoder().encode("#!/bin/sh\n");
  const bytes = Uint8Array.from([...prefix, ...plain]), view = new DataView(bytes.buffer);
  const central = find(bytes, CENTRAL), end = find(bytes, END);
  view.setUint32(central + 42, prefix.length, true);
  view.setUint32(end + 16, central, true);
  assertThrows(() => readZip(bytes), FormatError, "has 10 bytes before its first entry, needs none");
  const empty = Uint8Array.from([...prefix, ...writeZip([])]);
  new DataView(empty.buffer).setUint32(prefix.length + 16, prefix.length, true);
  assertThrows(() => readZip(empty), FormatError, "has 10 bytes before its first entry, needs none");
});

Deno.test("readZip() refuses bytes before the archive that its directory does not count", () => {
  for (const plain of [writeZip([{ name: "a", bytes: HELLO }]), writeZip([])]) {
    const bytes = Uint8Array.from([...new TextEncoder().encode("#!/bin/sh\n"), ...plain]);
    const error = assertThrows(
      () => readZip(bytes),
      FormatError,
      "has 10 bytes before the archive, needs none",
    );
    assertEquals(error.offset, 0);
    assertEquals(endsAsZip(bytes), plain.length > 22);
  }
});

/** A field of the local header of the second entry: its offset and size in the header, another value, and the fault. */
const LOCAL_FIELDS: [name: string, at: number, size: 2 | 4, value: number, fault: string][] = [
  ["encryption", 6, 2, 1, `of encryption 1 where its directory says 0`],
  ["method", 8, 2, 8, `of method 8 where its directory says 0`],
  ["CRC-32", 14, 4, 0xABC, `of CRC-32 00000abc where its directory says `],
  ["compressed size", 18, 4, 25, `of compressed size 25 where its directory says 26`],
  ["size", 22, 4, 27, `of size 27 where its directory says 26`],
  [
    "size in a zip64 field that is not there",
    22,
    4,
    0xFFFFFFFF,
    `of size 4,294,967,295 where its directory says 26`,
  ],
];

for (const [name, at, size, value, fault] of LOCAL_FIELDS) {
  Deno.test(`readZip() refuses an entry whose local header has another ${name}`, () => {
    const bytes = writeZip([{ name: "first", bytes: HELLO }, { name: "b", bytes: HELLO }]);
    const local = 30 + 5 + HELLO.length, view = new DataView(bytes.buffer);
    if (size === 2) view.setUint16(local + at, value, true);
    else view.setUint32(local + at, value, true);
    const error = assertThrows(() => readZip(bytes), FormatError, `has an entry "b" ${fault}`);
    assertEquals(error.offset, local);
  });
}

/** Creates an archive of one stored entry whose sizes and checksum follow its data, as programs write that cannot seek. */
function described(
  change: (descriptor: DataView) => void = () => {},
  isSigned = true,
): Uint8Array<ArrayBuffer> {
  const plain = writeZip([{ name: "a", bytes: HELLO }]), central = find(plain, CENTRAL);
  const descriptor = new DataView(new ArrayBuffer(16));
  descriptor.setUint32(0, 0x08074B50, true);
  [crc32(HELLO), HELLO.length, HELLO.length].forEach((value, i) =>
    descriptor.setUint32(4 + 4 * i, value, true)
  );
  change(descriptor);
  const added = new Uint8Array(descriptor.buffer, isSigned ? 0 : 4);
  const bytes = Uint8Array.from([...plain.subarray(0, central), ...added, ...plain.subarray(central)]);
  const view = new DataView(bytes.buffer);
  bytes.fill(0, 14, 26);
  for (const flags of [6, central + added.length + 8]) bytes[flags] |= 8;
  view.setUint32(bytes.length - 6, central + added.length, true);
  return bytes;
}

Deno.test("readZip() reads an entry whose sizes and checksum follow its data", async () => {
  for (const isSigned of [true, false]) {
    assertEquals(await readZip(described(undefined, isSigned))[0].read(), HELLO);
  }
});

Deno.test("readZip() refuses sizes and a checksum after the data that are not those of the directory", () => {
  for (const at of [0, 4, 8, 12]) {
    const bytes = described((descriptor) => descriptor.setUint8(at, 1));
    const error = assertThrows(
      () => readZip(bytes),
      FormatError,
      `has an entry "a" whose sizes and checksum do not`,
    );
    assertEquals(error.offset, 0);
  }
});

Deno.test("readZip() refuses an entry inside of the data of another one", () => {
  const inner = writeZip([{ name: "b", bytes: HELLO }]),
    bytes = writeZip([{ name: "a", bytes: inner }, {
      name: "b",
      bytes: HELLO,
    }]);
  const second = find(bytes, CENTRAL, find(bytes, CENTRAL, bytes.length - 150) + 1);
  new DataView(bytes.buffer).setUint32(second + 42, 31, true);
  const error = assertThrows(() => readZip(bytes), FormatError, "that overlaps the data after it");
  assertEquals(error.offset, 0);
});

Deno.test("readZip() refuses entries that overlap", () => {
  const bytes = writeZip([{ name: "a", bytes: HELLO }, { name: "b", bytes: HELLO }]);
  const second = find(bytes, CENTRAL, find(bytes, CENTRAL) + 1);
  new DataView(bytes.buffer).setUint32(second + 42, 0, true);
  assertThrows(() => readZip(bytes), FormatError, "overlaps the data after it");
});
