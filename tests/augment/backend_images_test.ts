/** The cpu backend deforms images with the bits of the WebAssembly kernel. @module */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  type AugmenterOptions,
  createAugmenter,
  STRENGTHS,
  strengthsOf,
} from "../../src/augment/augmenter.ts";
import { type CpuBackend, openCpu } from "../../src/backends/native/cpu.ts";
import type { InstructionSet } from "../../src/backends/native/ffi.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { DEFORM_IMAGES, deformImagesOf } from "../../src/deform_images.ts";
import { BackendError } from "../../src/errors.ts";
import { createRandom } from "../../src/random.ts";
import { CPU_LIBRARY, cpuTest } from "../support/backends.ts";
import { within } from "../support/deadline.ts";
import { workersLeftBy } from "../support/workers.ts";

const COUNT = 100;
const { train: DIGITS } = drawDigits({ count: COUNT, testCount: 0 });
const INSTRUCTIONS: readonly InstructionSet[] = Deno.build.arch === "x86_64" ? ["auto", "avx2"] : ["auto"];

/** Returns a set of images of this side: digits, noise over all of the image, single pixels, and blank, full and faint ones. */
function imagesOf(side: number): Dataset {
  const random = createRandom(side), inputs = new Uint8Array(COUNT * side * side);
  const place = (at: number) => Math.floor((at + 0.5) * 28 / side);
  const kinds: Readonly<Record<number, (at: number, row: number) => number>> = {
    0: () => 0,
    1: () => 255,
    2: (at, row) => at === row * 7 % (side * side) ? 255 : 0,
    3: () => random.below(4) === 0 ? random.below(256) : 0,
    4: () => random.below(20),
    5: () => 16,
  };
  const digit = (at: number, row: number) =>
    DIGITS.inputs[784 * row + 28 * place(Math.floor(at / side)) + place(at % side)];
  for (let row = 0; row < COUNT; row++) {
    const pixel = kinds[row % 12] ?? digit;
    for (let at = 0; at < side * side; at++) inputs[row * side * side + at] = pixel(at, row);
  }
  return { ...DIGITS, inputs, inputShape: [side, side] };
}

/** Returns a copy of the inputs of an epoch. */
async function augmented(set: Dataset, options: AugmenterOptions, epoch = 1): Promise<Uint8Array> {
  const augmenter = await createAugmenter(set, options);
  try {
    return Uint8Array.from(await augmenter.inputsOf(epoch));
  } finally {
    augmenter.close();
  }
}

/** Registers a test with a backend of each instruction set. */
function test(sentence: string, work: (backend: CpuBackend) => Promise<void>): void {
  for (const instructionSet of INSTRUCTIONS) {
    cpuTest(`${sentence}: ${instructionSet}`, async () => {
      await using backend = openCpu({ library: CPU_LIBRARY, instructionSet });
      await work(backend);
    });
  }
}

for (const side of [8, 9, 15, 16, 17, 28, 30, 31, 33, 48, 62, 63, 64]) {
  test(`the cpu backend deforms images with the bits of WebAssembly: ${side}×${side}`, async (backend) => {
    const set = imagesOf(side), deformImages = deformImagesOf(backend);
    const none = { ...strengthsOf(0), contrast: 0 };
    const strengths = [STRENGTHS, strengthsOf(5), { ...none, redrawn: 0 }, {
      ...none,
      redrawn: 1,
      thickest: 9,
    }];
    for (const [at, values] of strengths.entries()) {
      const options = { seed: at % 2 === 0 ? 1 : 0xfffffff0, strengths: values, threads: at + 1 };
      const wanted = await augmented(set, options, 3);
      assertEquals(await augmented(set, { ...options, deformImages }, 3), wanted, `strengths ${at}`);
    }
  });
}

test("createAugmenter() starts no workers if a backend deforms the images, light ones and floats too", async (backend) => {
  const deformImages = deformImagesOf(backend), options = { seed: 3, threads: 2 };
  const { started } = await workersLeftBy(async () => {
    await augmented(DIGITS, { ...options, deformImages });
  });
  assertEquals(started, 0);
  const light: Dataset = {
    ...DIGITS,
    inputs: Float32Array.from(DIGITS.inputs, (value) => 1 - value / 255),
    inputScale: 1,
    image: { white: 1, background: "light", placement: "center" },
  };
  assertEquals(await augmented(light, { ...options, deformImages }), await augmented(light, options));
});

test("createAugmenter() does not change the images that a backend deforms, and keeps a copy", async (backend) => {
  const inputs = DIGITS.inputs.slice(), deformImages = deformImagesOf(backend);
  const augmenter = await createAugmenter({ ...DIGITS, inputs }, { seed: 1, deformImages });
  const first = Uint8Array.from(await augmenter.inputsOf(1));
  assertEquals(inputs, DIGITS.inputs);
  inputs.fill(0);
  assertNotEquals(await augmenter.inputsOf(2), first);
  assertEquals(await augmenter.inputsOf(1), first);
  augmenter.close();
});

/** Returns large images, whose deformation takes much longer than the request to end it. */
function manyImages(): Dataset {
  const side = 256, count = 600, inputs = new Uint8Array(count * side * side).fill(200);
  return { ...DIGITS, inputs, inputShape: [side, side], labels: new Uint32Array(count) };
}

/** Returns whether the last image has been made: its center is white then. */
function isComplete(images: Uint8Array): boolean {
  return images[images.length - 128 * 257] > 0;
}

test("close() ends the call to a backend, and rejects its inputs and later ones", async (backend) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const calls: { readonly work: Promise<void>; readonly target: Uint8Array }[] = [];
  const augmenter = await createAugmenter(manyImages(), {
    seed: 1,
    threads: 2,
    deformImages(deformation) {
      const work = deformImagesOf(backend)!(deformation);
      calls.push({ work, target: deformation.target });
      begin();
      return work;
    },
  });
  const making = augmenter.inputsOf(1);
  await begun;
  augmenter.close();
  augmenter.close();
  for (const inputs of [making, augmenter.inputsOf(2)]) {
    await assertRejects(() => within(10, inputs), Error, "Cannot augment: the augmenter is closed");
  }
  assertEquals(calls.length, 1);
  await calls[0].work;
  assertEquals(isComplete(calls[0].target), false);
});

test("close() of a backend waits for its deformations, which end early, and refuses more", async (backend) => {
  const deformImages = deformImagesOf(backend)!;
  const side = 256,
    source = manyImages().inputs as Uint8Array<ArrayBuffer>,
    target = new Uint8Array(source.length);
  const { signal } = new AbortController(), strengths = new Float64Array(9);
  const deformation = { source, target, side, seed: 1, strengths, threads: 2, signal };
  let done = false;
  const running = deformImages(deformation).then(() => done = true);
  await backend.close();
  assertEquals([done, isComplete(target)], [true, false]);
  await running;
  await assertRejects(async () => await deformImages(deformation), BackendError, "it is closed");
});

test("deformImages() passes on the messages of the library", async (backend) => {
  const deformImages = deformImagesOf(backend)!, { signal } = new AbortController();
  const [source, target] = [new Uint8Array(64), new Uint8Array(64)];
  const deformation = {
    source,
    target,
    side: 7,
    seed: 1,
    strengths: new Float64Array(9),
    threads: 1,
    signal,
  };
  const message = `Cannot deform images on backend "cpu": Images need a side from 8 to 256, found 7`;
  assertEquals((await assertRejects(() => deformImages(deformation), BackendError, message)).code, "invalid");
});

Deno.test("deformImagesOf() finds nothing in a backend without deformations", () => {
  assertEquals(deformImagesOf({ name: "wasm" }), undefined);
  const deformImages = () => Promise.resolve();
  assertEquals(deformImagesOf({ [DEFORM_IMAGES]: deformImages }), deformImages);
});
