/** Augmentation of pixels of floats, and of images on a light background. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { augmentedScale, createAugmenter } from "../../src/augment/augmenter.ts";
import type { Dataset, ImageSpec } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const { train: DIGITS } = drawDigits({ count: 150, testCount: 0 });

/** Returns the inputs of the first epoch. */
async function augmented(set: Dataset): Promise<Uint8Array<ArrayBuffer>> {
  const augmenter = await createAugmenter(set, { seed: 1, threads: 1 });
  try {
    return Uint8Array.from(await augmenter.inputsOf(1));
  } finally {
    augmenter.close();
  }
}

/** Returns the same images with pixels of another range and background. */
function converted({ image, inputShape = [28, 28] }: { image: ImageSpec; inputShape?: number[] }): Dataset {
  const { white, background } = image, isLight = background === "light";
  const inputs = Float32Array.from(DIGITS.inputs, (value) => (isLight ? 255 - value : value) * white / 255);
  return { ...DIGITS, inputs, inputShape, inputScale: 1 / white, image };
}

Deno.test(
  "createAugmenter() deforms floats and light images exactly as bytes with bright ink",
  SANITIZED,
  async () => {
    const wanted = await augmented(DIGITS), placement = "center";
    for (const white of [1, 2, 255]) {
      assertEquals(await augmented(converted({ image: { white, background: "dark", placement } })), wanted);
      const light = await augmented(converted({ image: { white, background: "light", placement } }));
      assertEquals(light, wanted.map((value) => 255 - value));
    }
    assertEquals(await augmented(converted({ image: { white: 1, placement }, inputShape: [784] })), wanted);
  },
);

Deno.test("augmentedScale() makes bytes the network's inputs", () => {
  const image = { placement: "center" } as const;
  assertEquals(augmentedScale(DIGITS), 1 / 255);
  assertEquals(augmentedScale(converted({ image: { ...image, white: 1 } })), 1 / 255);
  assertEquals(
    augmentedScale({ ...converted({ image: { ...image, white: 1 } }), inputScale: 0.5 }),
    0.5 / 255,
  );
  assertAlmostEquals(augmentedScale(converted({ image: { ...image, white: 16 } })), 1 / 255, 1e-12);
});
