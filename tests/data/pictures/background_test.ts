import { assertEquals } from "@std/assert";
import { backgroundOf } from "../../../src/data/pictures/background.ts";
import { imageShapeOf } from "../../../src/data/pictures/image_shape.ts";
import { mnist, mnistTest } from "../../support/mnist.ts";

/** Returns images `[count, 4, 5]`, of which the first `light` have a light border around a dark middle. */
function framed({ count, light, white }: { count: number; light: number; white: number }): Float32Array {
  return Float32Array.from({ length: 20 * count }, (_, i) => {
    const y = Math.floor(i / 5) % 4, x = i % 5;
    const isBorder = y === 0 || y === 3 || x === 0 || x === 4;
    return white * (isBorder === i < 20 * light ? 0.8 : 0.1);
  });
}

Deno.test("backgroundOf() is the side of half of white on which 90 % of the borders are", () => {
  const found = (light: number, white: number) =>
    backgroundOf({ inputs: framed({ count: 20, light, white }), inputShape: [4, 5] }, white);
  for (const white of [1, 255]) {
    const wanted = [[0, "dark"], [2, "dark"], [3, undefined], [17, undefined], [18, "light"], [20, "light"]];
    assertEquals(wanted.map(([light]) => [light, found(light as number, white)]), wanted);
  }
});

Deno.test("backgroundOf() takes bytes, colors and flat squares, and nothing of other shapes", () => {
  const light = new Uint8Array(75).fill(200);
  for (const inputShape of [[5, 5], [25], [5, 5, 1], [1, 5, 5], [5, 5, 3], [1, 1]]) {
    assertEquals(backgroundOf({ inputs: light, inputShape }, 255), "light");
  }
  for (const inputShape of [[3], [3, 5, 5], [75, 0], [], [5, 5, 3, 1]]) {
    assertEquals(backgroundOf({ inputs: light, inputShape }, 255), undefined);
  }
  assertEquals(backgroundOf({ inputs: new Uint8Array(), inputShape: [5, 5] }, 255), undefined);
  assertEquals(backgroundOf({ inputs: new Uint8Array(25).fill(1), inputShape: [5, 5] }, 2), undefined);
});

Deno.test("imageShapeOf() reads a flat square as a gray image", () => {
  assertEquals(imageShapeOf({ inputShape: [784] }), { height: 28, width: 28, channels: 1 });
  assertEquals(imageShapeOf({ inputShape: [7, 9, 3] }), { height: 7, width: 9, channels: 3 });
  assertEquals(imageShapeOf({ inputShape: [785] }), undefined);
});

mnistTest("backgroundOf() finds MNIST dark", async () => {
  const { train } = await mnist();
  assertEquals(backgroundOf(train, 255), "dark");
});
