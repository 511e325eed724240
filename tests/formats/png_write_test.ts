import { assert, assertEquals, assertRejects } from "@std/assert";
import { parsePng, type Picture } from "../../src/formats/png.ts";
import { formatPng } from "../../src/formats/png_write.ts";
import { createRandom } from "../../src/random.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

for (const channels of [1, 2, 3, 4] as const) {
  Deno.test(`formatPng() writes ${channels} channels that parsePng() reads back`, SANITIZED, async () => {
    const random = createRandom(1, channels);
    for (const [width, height] of [[1, 1], [7, 3], [64, 48]]) {
      // noise, and a gradient that filters predict
      for (const noise of [256, 1]) {
        const pixels = Uint8Array.from(
          { length: width * height * channels },
          (_, i) => random.below(noise) + 3 * Math.floor(i / channels) % width,
        );
        const picture = { width, height, channels, pixels };
        assertEquals(await parsePng(await formatPng(picture)), picture);
      }
    }
  });
}

Deno.test("formatPng() chooses filters that compress a gradient well", SANITIZED, async () => {
  const pixels = Uint8Array.from(
    { length: 100 * 100 },
    (_, i) => ((i % 100) ** 2 / 40 + Math.floor(i / 100) ** 2 / 30) % 256,
  );
  const bytes = await formatPng({ width: 100, height: 100, channels: 1, pixels });
  assert(bytes.length < 2000, `${bytes.length} bytes; it would be 4,000 without filters`);
});

Deno.test("formatPng() writes an image that other programs read", SANITIZED, async () => {
  const pixels = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3);
  const bitmap = await createImageBitmap(
    new Blob([await formatPng({ width: 1, height: 4, channels: 3, pixels })]),
  );
  assertEquals([bitmap.width, bitmap.height], [1, 4]);
  bitmap.close();
});

Deno.test("formatPng() refuses values that are not an image", SANITIZED, async () => {
  const picture = { width: 2, height: 1, channels: 1 as const, pixels: new Uint8Array(2) };
  const refused: [
    changes: Partial<Picture> | { channels: number },
    kind: typeof RangeError | typeof TypeError,
    message: string,
  ][] = [
    [{ width: 0 }, RangeError, "Cannot write PNG: 0×1 pixels, needs whole numbers from 1"],
    [{ height: 1.5 }, RangeError, "Cannot write PNG: 2×1.5 pixels"],
    [{ channels: 5 }, TypeError, "Cannot write PNG: 5 channels, needs 1 to 4"],
    [{ channels: 3 }, TypeError, "Cannot write PNG: 2 values do not have shape [1, 2, 3]"],
  ];
  for (const [changes, kind, message] of refused) {
    await assertRejects(() => formatPng({ ...picture, ...changes } as Picture), kind, message);
  }
});
