import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { drawWarp, warpPoint } from "../../../src/data/digits/deform.ts";
import { createRandom } from "../../../src/random.ts";

Deno.test("warpPoint() keeps the center fixed under rotation, slant and stretch, and moves it by the shift", () => {
  const still = drawWarp(createRandom(5), 28, { rotation: 1, slant: 1, scale: 1, stretch: 1 });
  assertEquals(warpPoint(still, 13.5, 13.5), [13.5, 13.5]);
  const shifted = drawWarp(createRandom(5), 28, { shift: 1 });
  assertEquals(warpPoint(shifted, 13.5, 13.5), [13.5 + shifted.shift[0], 13.5 + shifted.shift[1]]);
});

Deno.test("drawWarp() with only a rotation keeps lengths", () => {
  const { matrix: [xx, xy, yx, yy] } = drawWarp(createRandom(6), 28, { rotation: 0.5 });
  assertAlmostEquals(xx * yy - xy * yx, 1, 1e-12);
  assertAlmostEquals(xx * xx + yx * yx, 1, 1e-12);
  assertGreater(Math.abs(yx), 0.01);
});

Deno.test("drawWarp() displaces smoothly, with the given standard deviation", () => {
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
  assertLess(Math.sqrt(steps / count), 0.6); // neighboring pixels have almost the same displacement
});
