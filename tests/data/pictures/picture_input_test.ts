/** Pictures are brought to the size, the background and the pixel values of a network. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { centerDigit } from "../../../src/data/pictures/center.ts";
import type { ImageSpec, InputSpec } from "../../../src/data/dataset.ts";
import { pictureInputs } from "../../../src/data/pictures/picture_input.ts";
import {
  inkOfInputs,
  inputsOfInk,
  inputsOfPixels,
  pixelsOfInputs,
} from "../../../src/data/pictures/pixel_units.ts";
import { readImages } from "../../../src/data/pictures/images.ts";
import { formatNpy } from "../../../src/formats/npy.ts";
import { formatPng } from "../../../src/formats/png_write.ts";
import type { Picture } from "../../../src/formats/png.ts";

const CENTER: ImageSpec = { white: 255, placement: "center" };

function networkOf(image: ImageSpec, inputShape: number[] = [28, 28]): InputSpec {
  return { inputShape, inputScale: 1 / image.white, image };
}

/** Draws bars of ink, each 4 pixels wide, on paper. */
function bars(columns: number[], { paper = 0, ink = 255, width = 60, height = 40 } = {}): Picture {
  const pixels = new Uint8Array(width * height).fill(paper);
  for (let y = 5; y < height - 5; y++) {
    for (const column of columns) pixels.fill(ink, y * width + column, y * width + column + 4);
  }
  return { width, height, channels: 1, pixels };
}

const BAR = bars([10]), CENTERED = centerDigit({ ...BAR, values: BAR.pixels });
const inputOf = (picture: Picture, network: InputSpec) =>
  pictureInputs(picture, network, { name: "a" })[0].inputs;

Deno.test("pictureInputs() gives centered ink the network's background and white", () => {
  for (const picture of [BAR, bars([20], { paper: 255, ink: 0 }), bars([30], { paper: 180, ink: 60 })]) {
    for (const background of ["dark", undefined] as const) {
      assertEquals(inputOf(picture, networkOf({ ...CENTER, background })), CENTERED);
    }
    assertEquals(
      inputOf(picture, networkOf({ ...CENTER, background: "light" })),
      CENTERED.map((value) => 255 - value),
    );
    const floats = Float32Array.from(CENTERED, (value) => value / 255);
    assertEquals(inputOf(picture, networkOf({ ...CENTER, white: 1 }, [784])), floats);
    const light = inputOf(picture, networkOf({ ...CENTER, white: 16, background: "light" }));
    assert(light instanceof Float32Array);
    assertEquals([light[0], Math.min(...light)], [16, 0]);
  }
});

Deno.test("pictureInputs() shows a blank picture on the network's background", () => {
  const blank = bars([], { paper: 200 }), network = networkOf({ ...CENTER, white: 1, background: "light" });
  const [input] = pictureInputs(blank, network, { name: "a" });
  assertEquals(input, { name: "a", inputs: new Float32Array(784).fill(1), blank: true });
});

Deno.test("pictureInputs() scales the complete picture to the input's shape", () => {
  const picture: Picture = {
    width: 4,
    height: 2,
    channels: 1,
    pixels: Uint8Array.of(0, 0, 0, 40, 0, 200, 0, 0),
  };
  const resize: ImageSpec = { white: 255, placement: "resize" };
  assertEquals(inputOf(picture, networkOf(resize, [1, 2])), Uint8Array.of(50, 10));
  assertEquals(inputOf(picture, networkOf({ ...resize, background: "dark" }, [1, 2])), Uint8Array.of(50, 10));
  assertEquals(
    inputOf(picture, networkOf({ ...resize, background: "light" }, [1, 2])),
    Uint8Array.of(205, 245),
  );
  assertEquals(
    inputOf(picture, networkOf({ ...resize, white: 1 }, [1, 2, 3])),
    Float32Array.of(50 / 255, 50 / 255, 50 / 255, 10 / 255, 10 / 255, 10 / 255),
  );
  assertEquals(inputOf(picture, networkOf(resize, [4])).length, 4);
});

Deno.test("pictureInputs() puts white strokes on a transparent canvas on black before it scales them", () => {
  const pixels = Uint8Array.of(255, 0, 255, 0, 255, 0, 255, 255, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0);
  const picture: Picture = { width: 3, height: 3, channels: 2, pixels };
  const network = networkOf({ white: 255, background: "dark", placement: "resize" }, [3, 3]);
  assertEquals(inputOf(picture, network), Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 0));
});

Deno.test("pictureInputs() uses raw pixels as they are, in the network's units, gray or color", () => {
  const color: Picture = { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 51, 0, 102, 204) };
  const raw = (picture: Picture, network: InputSpec) =>
    pictureInputs(picture, network, { name: "a", raw: true })[0].inputs;
  const white = { white: 1, background: "light", placement: "resize" } as const;
  assertEquals(raw(color, networkOf(white, [1, 2, 3])), Float32Array.of(1, 0, 0.2, 0, 0.4, 0.8));
  const gray: Picture = { width: 2, height: 1, channels: 1, pixels: Uint8Array.of(51, 255) };
  assertEquals(raw(gray, networkOf(white, [1, 2])), Float32Array.of(0.2, 1));
  assertEquals(raw(gray, networkOf(white, [1, 2, 3])), Float32Array.of(0.2, 0.2, 0.2, 1, 1, 1));
  assertThrows(
    () => raw(gray, networkOf(white, [2, 2, 3])),
    TypeError,
    "it is a picture of shape [1, 2, 3], the network needs [2, 2, 3]",
  );
});

Deno.test("pictureInputs() reads each of several digits, and otherwise tells their number", () => {
  const three = bars([10, 25, 45]), network = networkOf(CENTER);
  const [whole] = pictureInputs(three, network, { name: "a.png" });
  assertEquals([whole.name, whole.parts, whole.picture], ["a.png", 3, undefined]);
  const digits = pictureInputs(three, network, { name: "a.png", many: true });
  assertEquals(
    digits,
    [0, 1, 2].map((i) => ({
      name: `a.png[${i}]`,
      inputs: CENTERED,
      blank: false,
      picture: "a.png",
      parts: 3,
    })),
  );
  assertEquals(pictureInputs(BAR, network, { name: "b", many: true }), [
    { name: "b[0]", inputs: CENTERED, blank: false, picture: "b" },
  ]);
  const [blank, ...none] = pictureInputs(bars([]), network, { name: "c", many: true });
  assertEquals([blank.name, blank.blank, none], ["c", true, []]);
});

Deno.test("pictureInputs() refuses more than 1,000 digits", () => {
  const dots: Picture = { width: 150, height: 150, channels: 1, pixels: new Uint8Array(150 * 150) };
  for (let y = 1; y < 149; y += 4) {
    for (let x = 1; x < 149; x += 4) dots.pixels.fill(255, y * 150 + x, y * 150 + x + 2);
  }
  assertThrows(
    () => pictureInputs(dots, networkOf(CENTER), { name: "a", many: true }),
    RangeError,
    `Cannot use "a": it seems to hold 1,369 digits, at most 1,000 are read`,
  );
  assertEquals(pictureInputs(dots, networkOf(CENTER), { name: "a" })[0].parts, 1369);
});

const REFUSED: [network: InputSpec, options: { many?: boolean }, message: string][] = [
  [{ inputShape: [13] }, {}, "the inputs of the network are not known to be pixels: it needs rows of [13]"],
  [networkOf(CENTER, [20, 20]), {}, "ink is centered on 28×28 pixels, the network takes [20, 20]"],
  [
    networkOf({ white: 1, placement: "resize" }, [3, 8, 8]),
    {},
    "the network takes [3, 8, 8], which is not [H, W] or [H, W, 3]",
  ],
  [
    networkOf({ white: 1, placement: "resize" }, [8, 8]),
    { many: true },
    "digits are read one by one by networks of 28×28 inputs, the network takes [8, 8]",
  ],
];

for (const [network, options, message] of REFUSED) {
  Deno.test(`pictureInputs() refuses a picture if ${message}`, () => {
    assertThrows(() => pictureInputs(BAR, network, { name: "a", ...options }), TypeError, message);
  });
}

Deno.test("readImages() numbers the digits of each picture of an array, and reads arrays of color", async () => {
  const two = Uint8Array.of(...bars([10, 30]).pixels, ...BAR.pixels);
  const found = await readImages(formatNpy({ values: two, shape: [2, 40, 60] }), networkOf(CENTER), {
    name: "a",
    many: true,
  });
  assertEquals(found.map(({ name }) => name), ["a[0][0]", "a[0][1]", "a[1][0]"]);
  const color = networkOf({ white: 1, placement: "resize" }, [1, 1, 3]);
  const pixels = Float32Array.of(0, 0.2, 1, 0, 0.4, 0);
  const read = await readImages(formatNpy({ values: pixels, shape: [1, 2, 3] }), color, { name: "a" });
  assertEquals(read[0].inputs, Float32Array.of(0, 77 / 255, 128 / 255)); // means of bytes, rounded
});

Deno.test("readImages() reads one scale for all pictures of an array", async () => {
  const dim = Float32Array.from(BAR.pixels, (value) => value / 255), bright = Float32Array.from(BAR.pixels);
  const values = Float32Array.of(...bright, ...dim);
  const found = await readImages(formatNpy({ values, shape: [2, 40, 60] }), networkOf(CENTER), { name: "a" });
  assertEquals(found.map(({ blank }) => blank), [false, true]); // the second is nearly black
});

Deno.test("readImages() reads a PNG of white strokes on a transparent canvas", async () => {
  const pixels = new Uint8Array(2 * BAR.pixels.length);
  BAR.pixels.forEach((value, i) => pixels.set([255, value], 2 * i));
  const png = await formatPng({ ...BAR, channels: 2, pixels });
  assertEquals((await readImages(png, networkOf(CENTER), { name: "a" }))[0].inputs, CENTERED);
});

Deno.test("inkOfInputs() is the inverse of inputsOfInk()", () => {
  const pixels = Uint8Array.from({ length: 256 }, (_, value) => value);
  for (const white of [1, 16, 255, 65535]) {
    for (const background of ["dark", "light", undefined] as const) {
      const image: ImageSpec = { white, placement: "center", ...background && { background } };
      assertEquals(inkOfInputs(inputsOfInk(pixels, image), image), pixels);
    }
    assertEquals(pixelsOfInputs(inputsOfPixels(pixels, { white }), { white }), pixels);
  }
  assertEquals(pixelsOfInputs(Float32Array.of(-0.1, 1.2), { white: 1 }), Uint8Array.of(0, 255));
});
