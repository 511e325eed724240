import { assertEquals, assertLessOrEqual, assertRejects, assertStringIncludes } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { pictureSize, readPicture } from "../../src/formats/picture.ts";
import type { Picture } from "../../src/formats/png.ts";
import { formatPng } from "../../src/formats/png_write.ts";
import { fromBase64 } from "../fixtures/bytes.ts";
import { PICTURES_READ, PICTURES_REFUSED } from "../fixtures/picture_fixtures.ts";
import { isReadable, sharedCase } from "../support/shared_files.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** Returns a picture as RGBA; color under full transparency is 0. */
function rgbaOf({ channels, pixels }: Picture): Uint8Array {
  const rgba = new Uint8Array(pixels.length / channels * 4);
  for (let to = 0, at = 0; at < pixels.length; to += 4, at += channels) {
    const alpha = channels % 2 === 0 ? pixels[at + channels - 1] : 255;
    if (alpha === 0) continue;
    const color = channels < 3 ? [pixels[at], pixels[at], pixels[at]] : pixels.subarray(at, at + 3);
    rgba.set([...color, alpha], to);
  }
  return rgba;
}

const fixture = (name: string) => fromBase64(PICTURES_READ.find((each) => each.name === name)!.base64);

for (const { name, base64, width, height, rgba, tolerance } of PICTURES_READ) {
  Deno.test(`readPicture() reads a ${name}`, SANITIZED, async () => {
    const picture = await readPicture(fromBase64(base64));
    assertEquals([picture.width, picture.height], [width, height]);
    const wanted = rgbaOf({ width, height, channels: 4, pixels: fromBase64(rgba) });
    const found = rgbaOf(picture);
    assertEquals(found.length, wanted.length);
    assertLessOrEqual(Math.max(...found.map((value, at) => Math.abs(value - wanted[at]))), tolerance);
  });
}

for (const { name, base64, fault } of PICTURES_REFUSED) {
  Deno.test(`readPicture() refuses a ${name}`, SANITIZED, async () => {
    const read = () => readPicture(fromBase64(base64), { name: "a\nb.jpg" });
    const { message, file } = await assertRejects(read, FormatError);
    assertStringIncludes(message, `Cannot read "a\\nb.jpg": it ${fault}`);
    assertEquals([file, message.split("\n").length], ["a\nb.jpg", 1]);
  });
}

Deno.test("readPicture() reads a PNG as parsePng() does", SANITIZED, async () => {
  const picture: Picture = { width: 2, height: 1, channels: 2, pixels: Uint8Array.of(9, 255, 7, 3) };
  assertEquals(await readPicture(await formatPng(picture)), picture);
});

Deno.test("readPicture() reads bytes of shared memory", SANITIZED, async () => {
  const bytes = fixture("BMP of 1 bit");
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  assertEquals(await readPicture(shared), await readPicture(bytes));
});

Deno.test(
  "readPicture() refuses a JPEG, WebP and BMP that is cut short anywhere",
  SANITIZED,
  async () => {
    for (const name of ["JPEG", "JPEG, progressive", "WebP", "WebP, lossless", "BMP as Pillow writes it"]) {
      const bytes = fixture(name);
      for (let length = 0; length < bytes.length; length++) {
        await assertRejects(() => readPicture(bytes.subarray(0, length)), FormatError, "Cannot read ");
      }
    }
  },
);

Deno.test("readPicture() and pictureSize() refuse more pixels than a caller allows", SANITIZED, async () => {
  for (const name of ["JPEG", "WebP", "GIF", "BMP of 1 bit"]) {
    const bytes = fixture(name), fault = "it is 12×8 pixels, at most 95 are read";
    await assertRejects(() => readPicture(bytes, { maxPixels: 95 }), FormatError, fault);
    assertEquals((await readPicture(bytes, { maxPixels: 96 })).width, 12);
    assertEquals(pictureSize(bytes), { width: 12, height: 8 });
  }
  const png = await formatPng({ width: 3, height: 5, channels: 1, pixels: new Uint8Array(15) });
  assertEquals(pictureSize(png), { width: 3, height: 5 });
  await assertRejects(() => readPicture(png, { maxPixels: 14 }), FormatError, "it is 3×5 pixels");
});

Deno.test("readPicture() says that a host has no decoder, and reads PNG without one", SANITIZED, async () => {
  const original = Object.getOwnPropertyDescriptor(globalThis, "OffscreenCanvas")!;
  const png = await formatPng({ width: 1, height: 1, channels: 1, pixels: Uint8Array.of(5) });
  delete (globalThis as { OffscreenCanvas?: unknown }).OffscreenCanvas;
  try {
    const needed = `Cannot read "a.gif": GIF needs the decoder of Deno or a browser, convert it to PNG`;
    await assertRejects(() => readPicture(fixture("GIF"), { name: "a.gif" }), TypeError, needed);
    assertEquals((await readPicture(png)).pixels, Uint8Array.of(5));
  } finally {
    Object.defineProperty(globalThis, "OffscreenCanvas", original);
  }
});

for (const name of ["three.jpg", "three.webp"]) {
  const path = sharedCase(name);
  Deno.test({
    name: `readPicture() reads ../shared/cases/${name} (needs it and --allow-read)`,
    ignore: !isReadable(path),
    fn: async () => {
      const { width, height } = await readPicture(await Deno.readFile(path), { name });
      assertEquals([width, height], [280, 280]);
    },
  });
}
