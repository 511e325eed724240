import { assertEquals, assertThrows } from "@std/assert";
import { resizePicture } from "../../../src/data/pictures/resize.ts";
import type { Picture } from "../../../src/formats/png.ts";

const gray = (width: number, ...pixels: number[]): Picture => ({
  width,
  height: pixels.length / width,
  channels: 1,
  pixels: Uint8Array.from(pixels),
});
const scaled = (picture: Picture, width: number, height: number, channels: 1 | 3 = 1) => [
  ...resizePicture(picture, { width, height, channels }),
];

Deno.test("resizePicture() keeps the values of a picture that has the size", () => {
  const pixels = Uint8Array.from({ length: 7 * 5 }, (_, i) => 7 * i);
  assertEquals(scaled({ width: 7, height: 5, channels: 1, pixels }, 7, 5), [...pixels]);
  const color = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => 14 * i);
  assertEquals(scaled({ width: 2, height: 3, channels: 3, pixels: color }, 2, 3, 3), [...color]);
});

Deno.test("resizePicture() averages the area that a pixel covers", () => {
  assertEquals(scaled(gray(4, 0, 10, 100, 200, 20, 30, 100, 0), 2, 1), [15, 100]);
  // Each pixel covers one and a half: 0 and half of 90, half of 90 and 210.
  assertEquals(scaled(gray(3, 0, 90, 210), 2, 1), [30, 170]);
  assertEquals(scaled(gray(1, 0, 90, 210), 1, 2), [30, 170]);
});

Deno.test("resizePicture() repeats pixels when a picture grows, and keeps its mean", () => {
  assertEquals(scaled(gray(2, 10, 200), 4, 2), [10, 10, 200, 200, 10, 10, 200, 200]);
  assertEquals(scaled(gray(2, 0, 200), 3, 1), [0, 100, 200]);
});

Deno.test("resizePicture() stretches a picture of other proportions", () => {
  assertEquals(scaled(gray(4, 1, 1, 9, 9), 2, 2), [1, 9, 1, 9]);
});

Deno.test("resizePicture() converts color to luminance, and gray to color", () => {
  const color: Picture = { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 0, 9, 9, 9) };
  assertEquals(scaled(color, 2, 1), [76, 9]);
  assertEquals(scaled(color, 1, 1, 3), [132, 5, 5]);
  assertEquals(scaled(gray(2, 3, 200), 2, 1, 3), [3, 3, 3, 200, 200, 200]);
});

Deno.test("resizePicture() blends transparent pixels with white", () => {
  const two: Picture = { width: 2, height: 1, channels: 2, pixels: Uint8Array.of(0, 0, 100, 51) };
  assertEquals(scaled(two, 2, 1), [255, 224]);
  const four: Picture = { width: 1, height: 1, channels: 4, pixels: Uint8Array.of(0, 100, 255, 51) };
  assertEquals(scaled(four, 1, 1, 3), [204, 224, 255]);
});

Deno.test("resizePicture() keeps the value of a large even picture", () => {
  const picture: Picture = { width: 4000, height: 2000, channels: 1, pixels: new Uint8Array(8e6).fill(77) };
  assertEquals(scaled(picture, 3, 3), new Array(9).fill(77));
});

Deno.test("resizePicture() refuses sizes that are not whole numbers from 1", () => {
  for (const [width, height] of [[0, 1], [1, 1.5], [-3, 1], [NaN, 1]]) {
    assertThrows(() => scaled(gray(1, 5), width, height), RangeError, "needs whole numbers from 1");
  }
  const channels = 2 as 1;
  assertThrows(() => scaled(gray(1, 5), 1, 1, channels), RangeError, "to 2 channels, needs 1 or 3");
});
