/** The limit for what files expand to. */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { datasetFromNpz } from "../../src/data/load.ts";
import { FormatError } from "../../src/errors.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { expansionLimit } from "../../src/formats/expansion.ts";
import { refuser } from "../../src/formats/fault.ts";
import { gunzip } from "../../src/formats/gzip.ts";
import { parseIdx } from "../../src/formats/idx.ts";
import { inflate } from "../../src/formats/inflate.ts";
import { formatNpy } from "../../src/formats/npy.ts";
import { formatNpyHeader } from "../../src/formats/npy_header.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import { readPicture } from "../../src/formats/picture.ts";
import { writePngChunks } from "../../src/formats/png_chunks.ts";
import { importModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import { deflatedZip, packed } from "../support/deflated.ts";
import { isGranted } from "../support/permissions.ts";

const MIB = 2 ** 20;

/** The faults of a file that expands to `size` bytes, or to more than that many. */
const fault = (fileSize: number, size: number | string, free = 16) =>
  `it has ${fileSize.toLocaleString("en-US")} bytes and expands to ${size.toLocaleString("en-US")}, at most ${
    (free * MIB + 100 * fileSize).toLocaleString("en-US")
  } are read (${free} MiB and 100 times its size) unless option trustSizes is set`;

const zeros = (length: number) => ({ shape: [length], values: new Uint8Array(length) });

Deno.test("parseNpz() refuses what expands to more than 16 MiB and 100 times its size, and a byte less is read", async () => {
  const bytes = await deflatedZip([{ name: "x", content: new Uint8Array(1) }]),
    view = new DataView(bytes.buffer);
  const limit = expansionLimit(bytes.length), central = view.getUint32(bytes.length - 6, true);
  assertEquals(limit, 16 * MIB + 100 * bytes.length);
  const declare = (size: number) => [22, central + 24].forEach((at) => view.setUint32(at, size, true));
  declare(limit);
  assertEquals((await parseNpz(bytes)).names, ["x"]);
  declare(limit + 1);
  await assertRejects(() => parseNpz(bytes), FormatError, fault(bytes.length, limit + 1));
});

Deno.test("parseNpz(), datasetFromNpz(), importModel() and Mlp.parse() refuse what expands to more", async () => {
  const content = formatNpy(zeros(20 * MIB)), bytes = await deflatedZip([{ name: "x.npy", content }]);
  const expected = fault(bytes.length, content.length);
  await assertRejects(() => parseNpz(bytes, { name: "a.npz" }), FormatError, expected);
  await assertRejects(() => datasetFromNpz(bytes), FormatError, expected);
  await assertRejects(() => importModel(bytes), FormatError, expected);
  await assertRejects(() => Mlp.parse(bytes), FormatError, expected);
  const npz = await parseNpz(bytes, { trustSizes: true });
  assertEquals((await npz.read("x")).shape, [20 * MIB]);
});

Deno.test("parseNpz() refuses members that together expand to more", async () => {
  const content = formatNpy(zeros(MIB)),
    members = Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, content }));
  const bytes = await deflatedZip(members);
  await assertRejects(() => parseNpz(bytes), FormatError, fault(bytes.length, 20 * content.length));
});

/** An array of byte strings, each of one character. */
function textsOf(count: number): Uint8Array<ArrayBuffer> {
  const header = formatNpyHeader("|S1", [count]), content = new Uint8Array(header.length + count).fill(0x61);
  content.set(header);
  return content;
}

Deno.test("parseNpz() counts the memory of strings", async () => {
  const content = textsOf(2 ** 19);
  const bytes = await deflatedZip([{ name: "y.npy", content }]), npz = await parseNpz(bytes);
  await assertRejects(() => npz.read("y"), FormatError, fault(bytes.length, content.length + 32 * 2 ** 19));
  assertEquals((await (await parseNpz(bytes, { trustSizes: true })).read("y")).values.length, 2 ** 19);
});

Deno.test("gunzip() and parseIdx() refuse a file that declares more, or has more than it declares", async () => {
  const content = new Uint8Array(20 * MIB);
  content.set([0, 0, 8, 1, ...[24, 16, 8, 0].map((bits) => (content.length - 8) >> bits & 255)]);
  const bytes = await packed(content, "gzip");
  await assertRejects(() => parseIdx(bytes), FormatError, fault(bytes.length, content.length));
  assertEquals((await parseIdx(bytes, { trustSizes: true })).shape, [content.length - 8]);
  const lying = bytes.slice();
  new DataView(lying.buffer).setUint32(bytes.length - 4, 100, true);
  const limit = expansionLimit(bytes.length).toLocaleString("en-US");
  await assertRejects(() => gunzip(lying, {}), FormatError, fault(bytes.length, `more than ${limit}`));
});

Deno.test("gunzip() counts the members of a file together", async () => {
  const one = await packed(new Uint8Array(MIB), "gzip"), bytes = new Uint8Array(20 * one.length);
  for (let at = 0; at < bytes.length; at += one.length) bytes.set(one, at);
  const limit = expansionLimit(bytes.length).toLocaleString("en-US");
  await assertRejects(() => gunzip(bytes, {}), FormatError, fault(bytes.length, `more than ${limit}`));
  assertEquals((await gunzip(bytes, { trustSizes: true })).length, 20 * MIB);
});

/** A PNG of black pixels with 1 bit each. */
async function blackPng(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  const data = await packed(new Uint8Array(height * (1 + Math.ceil(width / 8))), "deflate");
  return writePngChunks([{ type: "IHDR", data: header }, { type: "IDAT", data }, {
    type: "IEND",
    data: new Uint8Array(0),
  }]);
}

Deno.test("readPicture() counts the bytes of a PNG's pixels", async () => {
  const drawing = await blackPng(5000, 4000);
  assertLess(drawing.length, 10_000);
  assertEquals((await readPicture(drawing)).pixels.length, 20_000_000);
  const bytes = await blackPng(8192, 8400), maxPixels = 2 ** 27;
  await assertRejects(
    () => readPicture(bytes, { maxPixels }),
    FormatError,
    fault(bytes.length, 68_812_800, 64),
  );
});

Deno.test("readPicture() refuses another picture by the size that its header declares", async () => {
  const gif = new Uint8Array(800);
  // GIF89a and an image of 10,000×2,000, in the header of the file and in its own
  const size = [0x10, 0x27, 0xD0, 7];
  gif.set([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, ...size, 0, 0, 0, 0x2C, 0, 0, 0, 0, ...size]);
  await assertRejects(() => readPicture(gif), FormatError, fault(800, 80_000_000, 64));
});

Deno.test("inflate() lets timers run", async () => {
  const { now } = performance;
  let time = 0, ticks = 0;
  performance.now = () => time += 30; // milliseconds
  const timer = setInterval(() => ticks++);
  try {
    const content = new Uint8Array(4 * MIB), bytes = await packed(content, "deflate-raw");
    const result = await inflate({ bytes, start: 0, refuse: refuser("zip", {}) }, { size: content.length });
    assertEquals([result.content.length, result.end], [content.length, bytes.length]);
    assertLess(8, ticks); // one for each of 16 pieces, if timers are exact
  } finally {
    clearInterval(timer);
    performance.now = now;
  }
});

Deno.test("inflate() gives its callback the content in order", async () => {
  const content = Uint8Array.from({ length: MIB }, (_, i) => (i * i) >> 7),
    bytes = await packed(content, "deflate-raw");
  let checksum = 0;
  const onPiece = (piece: Uint8Array) => void (checksum = crc32(piece, checksum));
  await inflate({ bytes, start: 0, refuse: refuser("zip", {}), onPiece }, { size: content.length });
  assertEquals(checksum, crc32(content));
});

Deno.test({
  name: "parseNpz() holds its file and one copy of the content (needs --allow-read --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }),
  fn: async () => {
    const program = new URL("expansion_program.ts", import.meta.url).href;
    const command = new Deno.Command(Deno.execPath(), { args: ["run", "--no-check", "--quiet", program] });
    const { stdout, stderr } = await command.output(), decoder = new TextDecoder();
    assertEquals(decoder.decode(stderr), "");
    const { refused, read } = JSON.parse(decoder.decode(stdout));
    assertLess(refused, 16); // MiB above the memory before
    assertLess(read, 128 + 32); // 128 MiB of content
  },
});
