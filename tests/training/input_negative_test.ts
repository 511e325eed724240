/** Training on the negatives of images with a light background. */
import { assertAlmostEquals, assertEquals, assertGreaterOrEqual, assertNotEquals } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { readImages } from "../../src/data/pictures/images.ts";
import { loadDataset } from "../../src/data/load.ts";
import { indexOfLargest } from "../../src/index_of_largest.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { formatPng } from "../../src/formats/png_write.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { inputNegativeOf, negated, toOtherNegative } from "../../src/training/input_negative.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { isReadable, sharedCase } from "../support/shared_files.ts";

const { train: DARK, test: TEST } = drawDigits({ count: 1000, testCount: 50 });
const SETTINGS: TrainOptions = { epochs: 3, batchSize: 50, optimizer: "adam", weightDecay: 0.01 };

/** Returns the same images on a light background, with pixels from 0 to `white`. */
function lightOf(set: Dataset, white: number): Dataset {
  const inputs = white === 255
    ? Uint8Array.from(set.inputs, (value) => 255 - value)
    : Float32Array.from(set.inputs, (value) => (255 - value) * white / 255);
  return {
    ...set,
    inputs,
    inputScale: 1 / white,
    image: { white, background: "light", placement: "center" },
  };
}

const create = (set: Dataset) => Mlp.create([dense(16, "relu"), dense(10, "softmax")], set, { seed: 4 });

async function trained(set: Dataset, options: TrainOptions): Promise<Mlp> {
  const mlp = create(set);
  for await (const _ of train(mlp, set, options));
  return mlp;
}

backendTest("train() learns from light images what it learns from dark ones", EACH, async (backend) => {
  const dark = await trained(DARK, { ...SETTINGS, backend }), light = lightOf(DARK, 255);
  const mlp = await trained(light, { ...SETTINGS, backend });
  assertEquals(mlp.training?.inputNegative, 1);
  assertEquals(mlp.image, light.image);
  assertEquals(
    mlp.parameters["layer_1.weights"],
    dark.parameters["layer_1.weights"].map((weight) => -weight),
  );
  assertEquals(mlp.parameters["layer_2.weights"], dark.parameters["layer_2.weights"]);
  const images = lightOf(TEST!, 255).inputs;
  for (let row = 0; row < 50; row++) {
    const place = [784 * row, 784 * (row + 1)], wanted = dark.predict(TEST!.inputs.subarray(...place));
    const found = mlp.predict(images.subarray(...place));
    // The bias has the sum of 784 weights, in float32.
    for (const [label, probability] of wanted.entries()) assertAlmostEquals(found[label], probability, 1e-5);
  }
});

Deno.test("train() continues a network of light images, and resumes it bit for bit", async () => {
  const set = lightOf(DARK, 1), options = { ...SETTINGS, backend: "reference" } as const;
  const whole = await trained(set, options);
  let checkpoint: Checkpoint | undefined;
  for await (const event of train(create(set), set, options)) {
    if (event.epoch === 2) {
      checkpoint = event.checkpoint();
      break;
    }
  }
  const resumed = await trained(set, { ...options, resume: checkpoint });
  assertEquals(resumed.parameters, whole.parameters);
  assertNotEquals(checkpoint!.mlp.parameters, whole.parameters);
  assertEquals((await Mlp.parse(whole.format())).training?.inputNegative, 1);
  // A step of 0 leaves a trained network as it is.
  const before = whole.predict(set.inputs.subarray(0, 784));
  for await (const _ of train(whole, set, { ...options, epochs: 1, learningRate: 1e-12, weightDecay: 0 }));
  for (const [label, probability] of whole.predict(set.inputs.subarray(0, 784)).entries()) {
    assertAlmostEquals(probability, before[label], 1e-5);
  }
});

Deno.test("train() resumes a run on light images that did not negate them as it began", async () => {
  const set = lightOf(DARK, 1), plain = { ...set, image: undefined };
  const options = { ...SETTINGS, backend: "reference" } as const;
  const whole = await trained(plain, options);
  let checkpoint: Checkpoint | undefined;
  for await (const event of train(create(plain), plain, options)) {
    checkpoint = event.checkpoint();
    break;
  }
  assertEquals((await trained(set, { ...options, resume: checkpoint })).parameters, whole.parameters);
});

Deno.test("inputNegativeOf() is the input of a white pixel, and negated() puts ink on dark", () => {
  const config = resolveConfig({}), light = lightOf(DARK, 16);
  assertEquals(inputNegativeOf(light, config), 1);
  assertEquals(inputNegativeOf({ ...light, inputScale: 1 }, config), 16);
  assertEquals(inputNegativeOf(DARK, config), undefined);
  assertEquals(inputNegativeOf(light, resolveConfig({ inputScaling: "standardize" })), undefined);
  assertEquals(negated(lightOf(DARK, 255), 1).inputs, DARK.inputs);
  assertEquals(negated(light, 1).image?.background, "dark");
  assertEquals(negated(light, undefined), light);
});

Deno.test("toOtherNegative() subtracts inputs from a number, there and back", () => {
  const parameters = {
    "layer_1.weights": Float32Array.of(1, 2, -4, 8),
    "layer_1.bias": Float32Array.of(0.5, 1),
  };
  const other = toOtherNegative(parameters, 3);
  assertEquals(other, {
    "layer_1.weights": Float32Array.of(-1, -2, 4, -8),
    "layer_1.bias": Float32Array.of(9.5, 13),
  });
  assertEquals(toOtherNegative(other, 3), parameters);
  assertEquals(toOtherNegative(parameters, undefined), parameters);
});

/** Returns how many of the pictures the network classifies as their index. */
async function correctOf(mlp: Mlp, pictures: readonly Uint8Array[]): Promise<number> {
  let correct = 0;
  for (const [label, bytes] of pictures.entries()) {
    const [{ inputs }] = await readImages(bytes, mlp, { name: `${label}.png` });
    if (indexOfLargest(mlp.predict(inputs)) === label) correct++;
  }
  return correct;
}

Deno.test("a network of light images classifies pictures of either background", async () => {
  const mlp = await trained(lightOf(DARK, 1), { ...SETTINGS, epochs: 20, backend: "wasm" });
  const rows = Array.from({ length: 10 }, (_, label) => DARK.labels!.indexOf(label)); // learned ones
  for (const isLight of [false, true]) {
    const pictures = await Promise.all(rows.map((row) => {
      const image = DARK.inputs.subarray(784 * row, 784 * (row + 1));
      const pixels = Uint8Array.from(image, (value) => isLight ? 255 - value : value);
      return formatPng({ width: 28, height: 28, channels: 1, pixels });
    }));
    assertGreaterOrEqual(await correctOf(mlp, pictures), 8); // measured: 9 and 9
  }
});

Deno.test({
  name:
    "a network of dark digits on light paper reads upright digits (needs ../shared/cases and --allow-read)",
  ignore: !isReadable(sharedCase("dark_on_light.npz")),
  fn: async () => {
    const { train: set } = await loadDataset(sharedCase("dark_on_light.npz"));
    assertEquals(set.image?.background, "light");
    const mlp = Mlp.create([dense(128, "relu"), dense(10, "softmax")], set);
    for await (const _ of train(mlp, set, { epochs: 20, backend: "wasm" }));
    const digits = Array.from(
      { length: 10 },
      (_, label) => Deno.readFileSync(sharedCase(`upright/${label}.png`)),
    );
    assertGreaterOrEqual(await correctOf(mlp, digits), 8); // measured: 9
    for (const name of ["three.jpg", "three.webp"]) {
      const [{ inputs }] = await readImages(Deno.readFileSync(sharedCase(name)), mlp, { name });
      assertEquals(indexOfLargest(mlp.predict(inputs)), 3, name);
    }
  },
});
