import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { deformImage, drawWarp, warpPoint } from "../../src/data/deform.ts";
import { createRandom } from "../../src/random.ts";

const everything = { rotation: 0.1, slant: 0.1, scale: 0.1, stretch: 0.1, shift: 1, elastic: 1 };
const noise = Uint8Array.from({ length: 784 }, (_, i) => (i * 151) % 256);

Deno.test("deformImage() changes nothing when every deviation is 0", () => {
  assertEquals(deformImage(noise, createRandom(1), {}), noise);
});

Deno.test("deformImage() gives the same image for the same random numbers, and another for others", () => {
  const image = deformImage(noise, createRandom(1, 5), everything);
  assertEquals(deformImage(noise, createRandom(1, 5), everything), image);
  assertNotEquals(deformImage(noise, createRandom(1, 6), everything), image);
});

Deno.test("deformImage() writes into the array it is given and leaves the image alone", () => {
  const image = Uint8Array.from(noise), into = new Uint8Array(784).fill(77);
  assertStrictEquals(deformImage(image, createRandom(2), { ...everything, into }), into);
  assertEquals(image, noise);
  assertEquals(into, deformImage(noise, createRandom(2), everything));
});

Deno.test("deformImage() shows at each pixel the place that warpPoint() names", () => {
  // an image whose value is its column, times 8: bilinear interpolation reads x back
  const ramp = Uint8Array.from({ length: 784 }, (_, i) => 8 * (i % 28));
  const warp = drawWarp(createRandom(3), 28, everything);
  const image = deformImage(ramp, createRandom(3), everything);
  let compared = 0;
  for (let i = 0; i < 784; i++) {
    const [x, y] = warpPoint(warp, i % 28, Math.floor(i / 28));
    if (x < 0 || x > 27 || y < 0 || y > 27) continue;
    assertAlmostEquals(image[i], 8 * x, 0.5 + 1e-9);
    compared++;
  }
  assertGreater(compared, 500);
});

Deno.test("deformImage() is blank where it shows what lies beyond the border", () => {
  const full = new Uint8Array(784).fill(255);
  const warp = drawWarp(createRandom(4), 28, { shift: 5 });
  const image = deformImage(full, createRandom(4), { shift: 5 });
  assertGreater(Math.abs(warp.shift[0]), 1);
  const beyond = warp.shift[0] > 0 ? 27 : 0;
  for (let y = 0; y < 28; y++) assertEquals(image[28 * y + beyond], 0);
});

Deno.test("warpPoint() keeps the middle under rotation, slant and stretch, and moves it by shift", () => {
  const still = drawWarp(createRandom(5), 28, { rotation: 1, slant: 1, scale: 1, stretch: 1 });
  assertEquals(warpPoint(still, 13.5, 13.5), [13.5, 13.5]);
  const shifted = drawWarp(createRandom(5), 28, { shift: 1 });
  assertEquals(warpPoint(shifted, 13.5, 13.5), [13.5 + shifted.shift[0], 13.5 + shifted.shift[1]]);
});

Deno.test("drawWarp() with rotation alone keeps lengths", () => {
  const { matrix: [xx, xy, yx, yy] } = drawWarp(createRandom(6), 28, { rotation: 0.5 });
  assertAlmostEquals(xx * yy - xy * yx, 1, 1e-12);
  assertAlmostEquals(xx * xx + yx * yx, 1, 1e-12);
  assertGreater(Math.abs(yx), 0.01);
});

Deno.test("drawWarp() displaces by the standard deviation asked for, smoothly", () => {
  let squares = 0, steps = 0, count = 0;
  for (let stream = 0; stream < 100; stream++) {
    const warp = drawWarp(createRandom(7, stream), 28, { elastic: 2 });
    for (let x = 0; x < 27; x += 3) {
      const here = warpPoint(warp, x, 10)[0] - x, next = warpPoint(warp, x + 1, 10)[0] - (x + 1);
      squares += here * here;
      steps += (next - here) * (next - here);
      count++;
    }
  }
  assertAlmostEquals(Math.sqrt(squares / count), 2, 0.3); // 100 warps of a few independent knots each
  assertLess(Math.sqrt(steps / count), 0.6); // neighbouring pixels move almost together
});

Deno.test("deformImage() refuses an image that is not square, and a result of another size", () => {
  assertThrows(
    () => deformImage(new Uint8Array(10), createRandom(1), {}),
    TypeError,
    "Cannot deform an image of 10 pixels: it must be square",
  );
  assertThrows(
    () => deformImage(noise, createRandom(1), { into: new Uint8Array(10) }),
    TypeError,
    "Cannot deform an image of 784 pixels into one of 10",
  );
});
