import { assertEquals, assertRejects } from "@std/assert";
import { centerDigit } from "../../../src/data/pictures/center.ts";
import { readImages, type ReadImagesOptions } from "../../../src/data/pictures/images.ts";
import { FormatError } from "../../../src/errors.ts";
import { formatNpy, type NpyValues } from "../../../src/formats/npy.ts";
import { formatNpz } from "../../../src/formats/npz.ts";
import { formatPng } from "../../../src/formats/png_write.ts";
import type { InputSpec } from "../../../src/data/dataset.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const DIGITS: InputSpec = { inputShape: [28, 28], inputScale: 1 / 255 };
const SMALL: InputSpec = { inputShape: [2, 3], inputScale: 1 / 255 };
const FLOATS: InputSpec = { inputShape: [3] };

/** Draws a bar on a sheet `[height, width]`; brightness from 0 to 255. */
function bar({ width = 40, height = 30, paper = 0, ink = 255, column = 10 } = {}): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(width * height).fill(paper);
  for (let y = 5; y < height - 5; y++) values.fill(ink, y * width + column, y * width + column + 4);
  return values;
}

const BAR = centerDigit({ values: bar(), width: 40, height: 30 });

const npy = (values: NpyValues, ...shape: number[]) => formatNpy({ values, shape });
const png = (pixels: Uint8Array<ArrayBuffer>, width: number, height: number) =>
  formatPng({ width, height, channels: 1, pixels });

const read = (bytes: Uint8Array, network = DIGITS, options: Partial<ReadImagesOptions> = {}) =>
  readImages(bytes, network, { name: "a", ...options });

Deno.test(
  "readImages() centers the ink of an image, dark on light or light on dark",
  SANITIZED,
  async () => {
    for (const pixels of [bar(), bar({ paper: 255, ink: 0 }), bar({ paper: 200, ink: 90, column: 25 })]) {
      const wanted = [{ name: "a", inputs: BAR, blank: false }];
      assertEquals(await read(await png(pixels, 40, 30)), wanted);
      assertEquals(await read(npy(pixels, 30, 40)), wanted);
      assertEquals(await read(npy(Float32Array.from(pixels, (value) => value / 255), 30, 40)), wanted);
      assertEquals(
        await read(npy(BigInt64Array.from(pixels, BigInt), 30, 40), { ...DIGITS, inputShape: [784] }),
        wanted,
      );
    }
  },
);

Deno.test("readImages() marks an image without ink as blank", SANITIZED, async () => {
  const blank = [{ name: "a", inputs: new Uint8Array(784), blank: true }];
  assertEquals(await read(await png(new Uint8Array(100).fill(220), 10, 10)), blank);
});

Deno.test(
  "readImages() reads images [N, H, W] and numbers them, all or only the given rows",
  SANITIZED,
  async () => {
    const three = npy(Uint8Array.of(...bar(), ...bar().fill(9), ...bar({ paper: 255, ink: 0 })), 3, 30, 40);
    const all = await read(three);
    assertEquals(all.map(({ name, blank }) => [name, blank]), [["a[0]", false], ["a[1]", true], [
      "a[2]",
      false,
    ]]);
    assertEquals(all[2].inputs, BAR);
    const rows = { first: 1, last: 2 };
    assertEquals(await read(three, DIGITS, { rows }), all.slice(1));
    assertEquals((await read(await png(bar(), 40, 30), DIGITS, { rows })).length, 1);
  },
);

Deno.test("readImages() uses raw images of the network's shape unchanged", SANITIZED, async () => {
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const wanted = [{ name: "a", inputs: pixels, blank: false }];
  const raw = { raw: true };
  assertEquals(await read(await png(pixels, 3, 2), SMALL, raw), wanted);
  assertEquals(await read(await png(pixels, 3, 2), { ...SMALL, inputShape: [2, 3, 1] }, raw), wanted);
  assertEquals(await read(await png(pixels, 3, 2), { ...SMALL, inputShape: [6] }, raw), wanted);
  assertEquals(await read(npy(pixels, 2, 3), SMALL, raw), wanted);
  assertEquals((await read(npy(pixels, 1, 2, 3), SMALL, raw))[0].inputs, pixels);
  const image = bar({ width: 28, height: 28 });
  assertEquals((await read(await png(image, 28, 28), DIGITS, raw))[0].inputs, image);
});

Deno.test("readImages() uses rows unchanged", SANITIZED, async () => {
  const rows = Float32Array.of(0.5, -1, 2, 0, 0, 3);
  const found = await read(npy(rows, 2, 3), FLOATS);
  assertEquals(found, [
    { name: "a[0]", inputs: rows.subarray(0, 3), blank: false },
    { name: "a[1]", inputs: rows.subarray(3), blank: false },
  ]);
  assertEquals((await read(npy(rows.slice(3), 3), FLOATS))[0].inputs, rows.subarray(3));
  const dark = new Uint8Array(784);
  assertEquals((await read(npy(dark, 1, 784)))[0], { name: "a[0]", inputs: dark, blank: false });
});

Deno.test(
  "readImages() uses the scale of the network for rows of any type and value",
  SANITIZED,
  async () => {
    const inputsOf = async (
      values: NpyValues,
      network: InputSpec,
      ...shape: number[]
    ) => [...(await read(npy(values, ...shape), network))[0].inputs];
    assertEquals(await inputsOf(Float32Array.of(0, 0.5, 1, 0, 0, 300), SMALL, 1, 6), [0, 0.5, 1, 0, 0, 300]);
    assertEquals(await inputsOf(Uint8Array.of(4, 200, 6), FLOATS, 3), [4, 200, 6]);
    assertEquals(await inputsOf(BigInt64Array.of(-7n, 2n, 300n), FLOATS, 3), [-7, 2, 300]);
  },
);

Deno.test(
  "readImages() uses arrays of the network's input shape as rows, unless raw is false",
  SANITIZED,
  async () => {
    const image = bar({ width: 28, height: 28, column: 3 });
    assertEquals((await read(npy(image, 1, 28, 28)))[0].inputs, image);
    assertEquals((await read(npy(image, 28, 28)))[0].inputs, image);
    const centered = centerDigit({ values: image, width: 28, height: 28 });
    assertEquals((await read(npy(image, 1, 28, 28), DIGITS, { raw: false }))[0].inputs, centered);
    const cube = Float32Array.of(1, 2, 3, 4, 5, 6);
    assertEquals((await read(npy(cube, 1, 1, 2, 3), { inputShape: [1, 2, 3] }))[0].inputs, cube);
  },
);

Deno.test("readImages() reads the rows of a set with their labels", SANITIZED, async () => {
  const x = { shape: [3, 2, 3], values: Uint8Array.from({ length: 18 }, (_, i) => 10 * i) };
  const y = { shape: [3], values: Uint8Array.of(0, 1, 1) };
  const set = formatNpz({
    x_train: x,
    y_train: y,
    x_test: { ...x, shape: [1, 2, 3], values: x.values.slice(12) },
    y_test: { shape: [1], values: Uint8Array.of(1) },
  });
  assertEquals(await read(set, SMALL), [{
    name: "a[0]",
    inputs: x.values.subarray(12),
    blank: false,
    label: 1,
  }]);
  const labels = (await read(set, SMALL, { set: "train", rows: { first: 0, last: 1 } })).map(({ label }) =>
    label
  );
  assertEquals(labels, [0, 1]);
});

const PIXELS = Uint8Array.of(1, 2, 3, 4, 5, 6);
const REFUSED: [
  name: string,
  bytes: Uint8Array,
  network: InputSpec,
  options: Partial<ReadImagesOptions>,
  message: string,
][] = [
  [
    "an empty file",
    new Uint8Array(),
    DIGITS,
    {},
    'Cannot read "a": it is not an image of a supported format (0 bytes), needs a PNG, JPEG, WebP, GIF, BMP, an .npy or an .npz',
  ],
  ["a JPEG cut short", Uint8Array.of(0xFF, 0xD8, 0xFF), DIGITS, {}, 'Cannot read "a": it is cut short'],
  ["a TIFF", Uint8Array.of(0x49, 0x49, 0x2A, 0), DIGITS, {}, 'Cannot read "a": it is a TIFF, needs a PNG,'],
  [
    "an image for a network of floats",
    await png(PIXELS, 3, 2),
    { inputShape: [28, 28] },
    {},
    "it is a picture, the inputs of the network are not known to be pixels: it needs rows of [28, 28]",
  ],
  [
    "an image for a network with another shape that centers ink",
    await png(PIXELS, 3, 2),
    { ...SMALL, image: { white: 255, placement: "center" } },
    {},
    "a picture's ink is centered on 28×28 pixels, the network takes [2, 3]; use raw pixels",
  ],
  [
    "a raw image of another shape",
    await png(PIXELS, 2, 3),
    SMALL,
    { raw: true },
    "it is a picture of shape [3, 2], the network needs [2, 3]",
  ],
  [
    "raw rows of another shape",
    npy(PIXELS, 3, 2),
    SMALL,
    { raw: true },
    "its array has shape [3, 2] of |u1, the network needs [2, 3] for each row",
  ],
  [
    "four axes",
    npy(PIXELS, 1, 1, 2, 3),
    DIGITS,
    {},
    "its array has shape [1, 1, 2, 3] of |u1, needs numbers [H, W], [N, H, W] or [N, I]",
  ],
  ["a single number", npy(PIXELS.slice(1, 2)), DIGITS, {}, "its array has shape [] of |u1"],
  ["strings", npy(["a"], 1, 1), DIGITS, {}, "its array has shape [1, 1] of <U1, needs numbers"],
  [
    "rows of strings",
    npy(["a", "b", "c"], 3),
    FLOATS,
    {},
    "its array has shape [3] of <U1, the network needs [3]",
  ],
  ["images without pixels", npy(new Uint8Array(), 2, 0, 3), DIGITS, {}, "its pictures have no pixels"],
  ["no images", npy(new Uint8Array(), 0, 2, 3), DIGITS, {}, 'Cannot use "a": it holds no rows'],
  [
    "a negative pixel",
    npy(Float32Array.of(0, -1), 1, 2),
    DIGITS,
    {},
    "a pixel is -1, needs 0 to 255, or 0 to 1",
  ],
  [
    "a NaN pixel",
    npy(Float32Array.of(0, NaN), 1, 2),
    DIGITS,
    {},
    "a pixel is NaN, needs 0 to 255",
  ],
  [
    "a row with NaN",
    npy(Float32Array.of(0, NaN, 1), 3),
    FLOATS,
    {},
    'Cannot use "a": "array" has NaN at [0, 1], needs finite numbers',
  ],
  [
    "rows that do not exist",
    npy(PIXELS, 1, 6),
    SMALL,
    { rows: { first: 0, last: 1 } },
    'Cannot use rows 0-1 of "a": it has rows 0 to 0',
  ],
  [
    "rows of another length for a network of floats",
    npy(PIXELS, 2, 3),
    { inputShape: [4] },
    {},
    "its array has shape [2, 3] of |u1, the network needs [4] for each row",
  ],
  [
    "test rows of a set without a test set",
    formatNpz({
      x_train: { shape: [1, 6], values: PIXELS },
      y_train: { shape: [1], values: Uint8Array.of(1) },
    }),
    SMALL,
    { set: "test" },
    'Cannot load "a": it holds x_train, y_train, needs x_test',
  ],
];

for (const [name, bytes, network, options, message] of REFUSED) {
  Deno.test(`readImages() refuses ${name}`, SANITIZED, async () => {
    const kind = /^Cannot (read|load)/.test(message) ? FormatError : Error;
    await assertRejects(() => read(bytes, network, options), kind, message);
  });
}
