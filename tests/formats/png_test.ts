import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { parsePng, type Picture } from "../../src/formats/png.ts";
import { type PngChunk, writePngChunks } from "../../src/formats/png_chunks.ts";
import { createRandom } from "../../src/random.ts";
import { fromBase64 } from "../fixtures/bytes.ts";
import { PNG_READ } from "../fixtures/png_fixtures.ts";
import { within } from "../support/deadline.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

for (const { name, base64, pixels, ...shape } of PNG_READ) {
  Deno.test(`parsePng() reads ${name}`, SANITIZED, async () => {
    const { pixels: found, ...rest } = await parsePng(fromBase64(base64));
    assertEquals<unknown>(rest, shape);
    assertEquals(found, fromBase64(pixels));
  });
}

const fixture = (name: string) => fromBase64(PNG_READ.find((each) => each.name === name)!.base64);

/** The `IHDR` data and the lines of a gray image of 3×2 pixels and 8 bits. */
const HEADER = [0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0];
const LINES = [0, 1, 2, 3, 0, 4, 5, 6];

async function deflated(lines: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([Uint8Array.from(lines)]).stream().pipeThrough(new CompressionStream("deflate"));
  return await new Response(stream).bytes();
}

const chunk = (type: string, data: Iterable<number> = []): PngChunk => ({
  type,
  data: Uint8Array.from(data),
});
const header = (changes: { readonly [at: number]: number } = {}) =>
  chunk("IHDR", Object.assign([...HEADER], changes));
const END = chunk("IEND");
const IMAGE = chunk("IDAT", await deflated(LINES));
const PALETTE = chunk("PLTE", [1, 2, 3, 4, 5, 6]);
const INDEXED = header({ 9: 3 });

Deno.test("parsePng() reads the file from which the refused ones are derived", async () => {
  const { pixels } = await parsePng(writePngChunks([header(), IMAGE, END]));
  assertEquals([...pixels], [1, 2, 3, 4, 5, 6]);
});

const REFUSED: [name: string, chunks: PngChunk[], fault: string][] = [
  ["no chunks", [], "is cut short after 8 bytes: its IEND chunk is missing"],
  ["a file without IEND", [header(), IMAGE], "is cut short after"],
  ["a file that begins with its pixels", [IMAGE, END], "begins with a chunk IDAT, needs IHDR (at byte 16)"],
  ["two headers", [header(), header(), IMAGE, END], "has two IHDR chunks (at byte 41)"],
  ["a short header", [chunk("IHDR", HEADER.slice(1)), IMAGE, END], "has an IHDR chunk of 12 bytes, needs 13"],
  ["no columns", [header({ 3: 0 }), IMAGE, END], "is 0×2 pixels, needs at least one (at byte 16)"],
  ["no rows", [header({ 7: 0 }), IMAGE, END], "is 3×0 pixels, needs at least one (at byte 16)"],
  ["too many pixels", [header({ 0: 255, 4: 255 }), IMAGE, END], "pixels, at most 67,108,864 are read"],
  [
    "more pixels than its data can hold",
    [header({ 2: 8, 6: 8 }), IMAGE, END],
    "of deflated data cannot hold as many",
  ],
  [
    "an unknown color type",
    [header({ 9: 5 }), IMAGE, END],
    "has color type 5, needs 0, 2, 3, 4 or 6 (at byte 25)",
  ],
  [
    "gray of 3 bits",
    [header({ 8: 3 }), IMAGE, END],
    "has 3 bits a sample, gray needs one of 1, 2, 4, 8, 16 (at byte 24)",
  ],
  [
    "RGB of 4 bits",
    [header({ 8: 4, 9: 2 }), IMAGE, END],
    "has 4 bits a sample, RGB needs one of 8, 16 (at byte 24)",
  ],
  ["a palette of 16 bits", [header({ 8: 16, 9: 3 }), IMAGE, END], "palette needs one of 1, 2, 4, 8"],
  [
    "another compression",
    [header({ 10: 1 }), IMAGE, END],
    "has compression 1, filter method 0 and interlace 0, needs 0, 0, and 0 or 1",
  ],
  ["another filter method", [header({ 11: 1 }), IMAGE, END], "has compression 0, filter method 1 and"],
  ["another interlace", [header({ 12: 2 }), IMAGE, END], "and interlace 2, needs"],
  ["no pixels", [header(), END], "has no IDAT chunk"],
  [
    "pixels of a palette that is missing",
    [INDEXED, IMAGE, END],
    "has no PLTE chunk before its pixels (at byte 41)",
  ],
  ["a palette after its pixels", [INDEXED, PALETTE, IMAGE, chunk("PLTE"), END], "has two PLTE chunks"],
  ["an RGB image's palette after its pixels", [header(), IMAGE, PALETTE, END], "has its PLTE chunk too late"],
  ["two palettes", [INDEXED, PALETTE, PALETTE, IMAGE, END], "has two PLTE chunks"],
  ["a palette for gray", [header(), PALETTE, IMAGE, END], "has a palette, gray needs none"],
  [
    "an empty palette",
    [INDEXED, chunk("PLTE"), IMAGE, END],
    "has a palette of 0 bytes, needs 3 for each of 1 to 256 colors",
  ],
  [
    "half a color",
    [INDEXED, chunk("PLTE", [1, 2]), IMAGE, END],
    "has a palette of 2 bytes, needs 3 for each",
  ],
  [
    "more colors than bits",
    [header({ 8: 1, 9: 3 }), chunk("PLTE", new Array(9).fill(0)), IMAGE, END],
    "of 9 bytes, needs 3 for each of 1 to 2",
  ],
  [
    "a color outside the palette",
    [INDEXED, PALETTE, IMAGE, END],
    '"IDAT" has a pixel of color 2, its palette has 2',
  ],
  [
    "transparency before its palette",
    [INDEXED, chunk("tRNS", [0]), PALETTE, IMAGE, END],
    "has 1 transparencies, its palette has 0 colors",
  ],
  [
    "more transparency values than colors",
    [INDEXED, PALETTE, chunk("tRNS", [0, 0, 0]), IMAGE, END],
    "has 3 transparencies, its palette has 2 colors",
  ],
  [
    "transparency in addition to alpha",
    [header({ 9: 4 }), chunk("tRNS", [0, 0]), IMAGE, END],
    "has a tRNS chunk, gray and alpha needs none",
  ],
  [
    "transparency of the wrong size",
    [header(), chunk("tRNS", [0]), IMAGE, END],
    "has a tRNS chunk of 1 byte, gray needs 2",
  ],
  [
    "transparency after the pixels",
    [header(), IMAGE, chunk("tRNS", [0, 0]), END],
    "has its tRNS chunk too late",
  ],
  [
    "two transparency chunks",
    [header(), chunk("tRNS", [0, 0]), chunk("tRNS", [0, 0]), IMAGE, END],
    "has two tRNS chunks",
  ],
  [
    "pixels interrupted by another chunk",
    [header(), IMAGE, chunk("tEXt"), IMAGE, END],
    "has a chunk tEXt between its IDAT chunks",
  ],
  [
    "an unknown critical chunk",
    [header(), chunk("ABCD"), IMAGE, END],
    "has a chunk ABCD, which is critical and not supported",
  ],
  [
    "a chunk whose type is not letters",
    [header(), chunk("tE1t"), IMAGE, END],
    "has a chunk whose type is not four letters (at byte 37)",
  ],
  [
    "an unknown filter",
    [header(), chunk("IDAT", await deflated(LINES.with(4, 5))), END],
    '"IDAT" has a line with filter 5, needs 0 to 4',
  ],
  [
    "too few pixels",
    [header(), chunk("IDAT", await deflated(LINES.slice(1))), END],
    '"IDAT" inflates to 7 bytes, it declares 8',
  ],
  [
    "too many pixels for its size",
    [header(), chunk("IDAT", await deflated([...LINES, 0])), END],
    '"IDAT" inflates to more than the 8 bytes',
  ],
  [
    "pixels that are not compressed",
    [header(), chunk("IDAT", LINES), END],
    '"IDAT" has damaged compressed data',
  ],
  [
    "truncated pixels",
    [header(), chunk("IDAT", IMAGE.data.subarray(0, 6)), END],
    '"IDAT" ', // Deno 2.9 returns the data so far; the standard requires an error of the decompressor
  ],
];

for (const [name, chunks, fault] of REFUSED) {
  Deno.test(`parsePng() refuses ${name}`, SANITIZED, async () => {
    const error = await assertRejects(
      () => parsePng(writePngChunks(chunks), { name: "a.png" }),
      FormatError,
    );
    assertStringIncludes(error.message, fault);
    assertStringIncludes(error.message, 'Cannot read "a.png": ');
    assertEquals(error.file, "a.png");
  });
}

Deno.test(
  "parsePng() refuses bytes that are not a PNG, and a changed or truncated chunk",
  SANITIZED,
  async () => {
    const good = writePngChunks([header(), IMAGE, END]);
    const refused: [bytes: Uint8Array, fault: string, offset: number | undefined][] = [
      [new Uint8Array(), "it is not a PNG file: it does not begin with PNG's signature (at byte 0)", 0],
      [good.subarray(1), "it is not a PNG file", 0],
      [good.with(17, 1), "it has a damaged IHDR chunk: its checksum does not match (at byte 8)", 8],
      [good.with(good.length - 1, 0), "it has a damaged IEND chunk", good.length - 12],
      [
        good.subarray(0, 30),
        "it is cut short: its IHDR chunk declares 13 bytes, 14 bytes are left (at byte 8)",
        8,
      ],
      [good.with(33, 255), "it is cut short: its IDAT chunk declares 4,278,190,", 33],
    ];
    for (const [bytes, fault, offset] of refused) {
      const error = await assertRejects(
        () => parsePng(bytes),
        FormatError,
        `Cannot read png bytes: ${fault}`,
      );
      assertEquals(error.offset, offset, fault);
    }
  },
);

Deno.test("parsePng() reads at most as many pixels as its option allows", SANITIZED, async () => {
  const bytes = writePngChunks([header(), IMAGE, END]);
  assertEquals((await parsePng(bytes, { maxPixels: 6 })).pixels.length, 6);
  await assertRejects(
    () => parsePng(bytes, { maxPixels: 5 }),
    FormatError,
    "is 3×2 pixels, at most 5 are read (at byte 16)",
  );
});

Deno.test("parsePng() ignores the bytes after the image", SANITIZED, async () => {
  const good = writePngChunks([header(), IMAGE, END]);
  assertEquals(await parsePng(Uint8Array.of(...good, 1, 2, 3)), await parsePng(good));
});

/** Returns the image, or `undefined` after a `FormatError`; any other error fails the test. */
async function parseOrRefuse(bytes: Uint8Array): Promise<Picture | undefined> {
  try {
    return await within(5, parsePng(bytes, { maxPixels: 2 ** 16 }));
  } catch (error) {
    assertInstanceOf(error, FormatError);
  }
}

const FLIPPED = ["gray of 2 bits, interlaced", "palette of 4 bits with transparency", "RGBA of 16 bits"];

Deno.test("parsePng() refuses a file truncated at any byte", SANITIZED, async () => {
  const whole = fixture(FLIPPED[1]);
  for (let length = 0; length < whole.length; length++) {
    assertEquals(await parseOrRefuse(whole.subarray(0, length)), undefined);
  }
});

Deno.test(
  "parsePng() reads files with flipped bits or throws a FormatError",
  SANITIZED,
  async () => {
    const random = createRandom(1, 7);
    let refused = 0, read = 0;
    for (let round = 0; round < 600; round++) {
      const bytes = fixture(FLIPPED[round % FLIPPED.length]);
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        bytes[random.below(bytes.length)] ^= 1 <<
          random.below(8);
      }
      // With correct checksums, the faults reach the code that reads the chunks.
      const picture = await parseOrRefuse(round % 2 ? withChecksums(bytes) : bytes);
      if (picture === undefined) refused++;
      else {
        read++;
        assertEquals(picture.pixels.length, picture.width * picture.height * picture.channels);
      }
    }
    assert(refused > 300 && read > 0, `${refused} refused, ${read} read`);
  },
);

/** Returns the file with every chunk's checksum corrected, as far as the chunks are intact. */
function withChecksums(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    bytes.set(writePngChunks([{ type, data: bytes.subarray(at + 8, end) }]).subarray(-4), end);
    at = end + 4;
  }
  return bytes;
}
