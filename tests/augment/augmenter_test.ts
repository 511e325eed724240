/** Augmentation changes images as its settings say, and gives the same images everywhere. @module */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import {
  type AugmenterOptions,
  createAugmenter,
  STRENGTHS,
  type Strengths,
  strengthsOf,
} from "../../src/augment/augmenter.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { createRandom } from "../../src/random.ts";
import { canShareMemory } from "../../src/workers/shared_memory.ts";
import { within } from "../support/deadline.ts";
import { deformed } from "../support/deformation.ts";
import { withTraps } from "../support/traps.ts";
import { workersLeftBy } from "../support/workers.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const { train: DIGITS } = drawDigits({ count: 150, testCount: 0 });
const NONE: Strengths = {
  ...{ rotation: 0, slant: 0, stretch: 0, shift: 0, bend: 0 },
  ...{ redrawn: 0, thinnest: 1, thickest: 6, contrast: 0 },
};

const ALL: Strengths = {
  ...{ rotation: 0.2, slant: 0.2, stretch: 0.2, shift: 0.5, bend: 1.5 },
  ...{ redrawn: 0, thinnest: 1, thickest: 6, contrast: 1 },
};

/** Returns a copy of the inputs of an epoch. */
async function augmented(
  set: Dataset,
  options: Partial<AugmenterOptions> & { epoch?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { epoch = 1, ...rest } = options;
  const augmenter = await createAugmenter(set, { seed: 1, threads: 1, ...rest });
  try {
    return Uint8Array.from(await augmenter.inputsOf(epoch));
  } finally {
    augmenter.close();
  }
}

/** Creates a set of one image. */
function imageSet(inputs: Uint8Array, side: number): Dataset {
  const labels = Uint32Array.of(0);
  return {
    inputs,
    inputShape: [side, side],
    inputScale: 1 / 255,
    labels,
    outFeatures: 1,
    source: "an image",
  };
}

/** Returns a digit drawn on a square of this side, with pixels repeated or left out. */
function resized(row: number, side: number): Uint8Array {
  const place = (at: number) => Math.floor((at + 0.5) * 28 / side);
  return Uint8Array.from(
    { length: side * side },
    (_, at) => DIGITS.inputs[784 * row + 28 * place(Math.floor(at / side)) + place(at % side)],
  );
}

Deno.test(
  "createAugmenter() makes the same images with any number of threads, with or without shared memory",
  SANITIZED,
  async () => {
    const wanted = await augmented(DIGITS, { shared: false });
    assertNotEquals(wanted, DIGITS.inputs);
    for (const threads of canShareMemory() ? [1, 2, 5] : []) {
      assertEquals(await augmented(DIGITS, { threads, shared: true }), wanted);
    }
  },
);

Deno.test("createAugmenter() makes the same bits on every machine", SANITIZED, async () => {
  const random = createRandom(1), inputs = new Uint8Array(20 * 784);
  for (let at = 0; at < inputs.length; at++) if (random.below(4) === 0) inputs[at] = random.below(256);
  const strengths = { ...ALL, redrawn: 0.8 };
  const images = await augmented({ ...DIGITS, inputs, labels: new Uint32Array(20) }, {
    seed: 7,
    epoch: 3,
    strengths,
  });
  assertEquals(crc32(images), 2040897773);
});

Deno.test(
  "createAugmenter() makes image i only from the seed, the epoch, i and the image's pixels",
  SANITIZED,
  async () => {
    const augmenter = await createAugmenter(DIGITS, { seed: 1, threads: 2 });
    const copy = async (epoch: number) => Uint8Array.from(await augmenter.inputsOf(epoch));
    const [second, first, again] = [await copy(2), await copy(1), await copy(2)];
    augmenter.close();
    assertEquals(again, second);
    assertNotEquals(first, second);
    assertEquals(first, await augmented(DIGITS));
    assertNotEquals(first, await augmented(DIGITS, { seed: 2 }));
    const inputs = DIGITS.inputs.slice(0, 784 * 70), labels = DIGITS.labels!.slice(0, 70);
    inputs.fill(9, 0, 784);
    const fewer = await augmented({ ...DIGITS, inputs, labels });
    assertEquals(fewer.subarray(784), first.subarray(784, 784 * 70));
  },
);

Deno.test("createAugmenter() does not change the images that it is given", SANITIZED, async () => {
  const inputs = DIGITS.inputs.slice();
  await augmented({ ...DIGITS, inputs });
  assertEquals(inputs, DIGITS.inputs);
});

Deno.test("inputsOf() gives an epoch's inputs, prepared or not", SANITIZED, async () => {
  const augmenter = await createAugmenter(DIGITS, { seed: 1, threads: 2 });
  augmenter.prepare(5);
  augmenter.prepare(6);
  const sixth = Uint8Array.from(await augmenter.inputsOf(6));
  augmenter.prepare(5);
  const fourth = Uint8Array.from(await augmenter.inputsOf(4));
  augmenter.close();
  assertEquals(sixth, await augmented(DIGITS, { epoch: 6 }));
  assertEquals(fourth, await augmented(DIGITS, { epoch: 4 }));
});

for (const side of [8, 9, 28, 33, 64, 256]) {
  Deno.test(
    `createAugmenter() changes nothing with strengths of 0: images of ${side}×${side}`,
    SANITIZED,
    async () => {
      for (const image of [resized(0, side), resized(1, side).map((value) => 255 - value)]) {
        assertEquals(await augmented(imageSet(image, side), { strengths: NONE }), image);
      }
    },
  );

  Deno.test(
    `createAugmenter() takes each pixel from the place in the map: images of ${side}×${side}`,
    SANITIZED,
    async () => {
      const epochSeed = createRandom(1, 0x80000001).uint32();
      for (const row of [3, 4]) {
        const image = resized(row, side);
        const found = await augmented(imageSet(image, side), { strengths: ALL });
        const wanted = deformed(image, side, createRandom(epochSeed, 0), ALL);
        // Coordinates are float32: up to 256 they are off by at most 1e-5 pixels. Contrast doubles a pixel's error.
        const off = wanted.reduce((most, value, at) => Math.max(most, Math.abs(value - found[at])), 0);
        assertLessOrEqual(off, 0.51, `row ${row}`);
        assertGreater(
          found.reduce((sum, value, at) => sum + Math.abs(value - image[at]), 0),
          5 * side * side,
        );
      }
    },
  );
}

/** Returns the longest side of the ink's extent, its center of mass, and the mean width of its lines. */
function inkOf(image: Uint8Array) {
  const at = [...image.keys()].filter((i) => image[i] > 16);
  const [columns, rows] = [at.map((i) => i % 28), at.map((i) => Math.floor(i / 28))];
  const length = (places: number[]) => Math.max(...places) - Math.min(...places) + 1;
  let sum = 0, x = 0, y = 0, wider = 0;
  image.forEach((value, i) => {
    sum += value;
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
    wider += Math.max(value, ...[i - 1, i + 1, i - 28, i + 28].map((other) => image[other] ?? 0));
  });
  return {
    longest: Math.max(length(columns), length(rows)),
    x: x / sum,
    y: y / sum,
    width: 2 * sum / (wider - sum),
  };
}

Deno.test("createAugmenter() keeps the longest side and the center of mass", SANITIZED, async () => {
  const strengths = { ...STRENGTHS, shift: 0, bend: 0 };
  const images = await augmented(DIGITS, { strengths });
  for (let row = 0; row < 150; row++) {
    const [before, after] = [DIGITS.inputs, images].map((inputs) =>
      inkOf(inputs.subarray(784 * row, 784 * (row + 1)) as Uint8Array)
    );
    assert(
      Math.abs(after.longest - before.longest) <= 2,
      `row ${row}: ${before.longest} to ${after.longest}`,
    );
    assertAlmostEquals(after.x, before.x, 0.75);
    assertAlmostEquals(after.y, before.y, 0.75);
  }
});

Deno.test("createAugmenter() gives lines the width of its setting", SANITIZED, async () => {
  const widthFor = async (width: number) => {
    const strengths = { ...NONE, redrawn: 1, thinnest: width, thickest: width };
    const images = await augmented(DIGITS, { strengths });
    const widths = Array.from(
      { length: 150 },
      (_, row) => inkOf(images.subarray(784 * row, 784 * (row + 1))).width,
    );
    return widths.sort((a, b) => a - b)[75];
  };
  // Thicker lines widen the extent, which is then scaled back.
  const [thin, middle, thick] = [await widthFor(1), await widthFor(3), await widthFor(6)];
  assertLess(thin, 2.2);
  assertAlmostEquals(middle, 3, 0.5);
  assertGreater(thick, 4.3);
});

Deno.test(
  "createAugmenter() leaves blank and faint images unchanged, and accepts full ones",
  SANITIZED,
  async () => {
    for (const value of [0, 16]) {
      const image = new Uint8Array(784).fill(value);
      assertEquals(await augmented(imageSet(image, 28)), image);
    }
    const full = await augmented(imageSet(new Uint8Array(784).fill(255), 28));
    assertGreater(full[14 * 28 + 14], 250);
  },
);

Deno.test("createAugmenter() refuses inputs that are not square images of bytes", SANITIZED, async () => {
  const cases: readonly [Partial<Dataset>, string][] = [
    [
      { inputShape: [784] },
      "its inputs are bytes of shape [784], augmentation needs images of bytes, [S, S] with S from 8 to 256",
    ],
    [{ inputShape: [14, 56] }, "bytes of shape [14, 56]"],
    [
      { inputShape: [28, 28], inputs: new Float32Array(784), inputScale: 1 },
      "floats of shape [28, 28], augmentation needs images of bytes, [S, S] with S from 8 to 256, or floats that are known " +
      "to be pixels",
    ],
    [{ inputShape: [16, 16, 3], inputs: new Uint8Array(768) }, "bytes of shape [16, 16, 3]"],
    [{ inputShape: [7, 7, 16] }, "[7, 7, 16]"],
    [{ inputShape: [7, 7] }, "[7, 7]"],
    [{ inputShape: [257, 257] }, "[257, 257]"],
  ];
  for (const [given, message] of cases) {
    const set = { ...imageSet(new Uint8Array(784), 28), ...given };
    await assertRejects(
      () => createAugmenter(set, { seed: 1 }),
      TypeError,
      `Cannot augment an image: its inputs are`,
    );
    await assertRejects(() => createAugmenter(set, { seed: 1 }), TypeError, message);
  }
  await augmented({ ...imageSet(new Uint8Array(784), 28), inputShape: [28, 28, 1] });
});

Deno.test(
  "close() ends the workers, even before the images are made, and can be called twice",
  SANITIZED,
  async () => {
    const { started, running } = await workersLeftBy(async () => {
      const augmenter = await createAugmenter(DIGITS, { seed: 1, threads: 3, shared: true });
      augmenter.prepare(1);
      augmenter.close();
      augmenter.close();
    });
    assertEquals([started, running], [3, 0]);
  },
);

for (const [name, options] of Object.entries({ "2 threads": { threads: 2 }, alone: { shared: false } })) {
  Deno.test(
    `close() rejects the pending inputs and all later requests: ${name}`,
    SANITIZED,
    async () => {
      const augmenter = await createAugmenter(DIGITS, { seed: 1, ...options });
      const making = augmenter.inputsOf(1);
      augmenter.close();
      for (const inputs of [making, augmenter.inputsOf(2)]) {
        await assertRejects(() => within(10, inputs), Error, "Cannot augment: the augmenter is closed");
      }
    },
  );
}

for (const threads of [1, 2, 3]) {
  Deno.test(
    `createAugmenter() isolates a trap: it ends its own augmenter and no other, with ${threads} threads`,
    SANITIZED,
    () =>
      withTraps(async (traps) => {
        const create = () => createAugmenter(DIGITS, { seed: 1, threads, shared: true });
        const healthy = await create(), trapped = await create();
        traps.next();
        for (const epoch of [1, 1, 2]) {
          const failing = () => within(10, trapped.inputsOf(epoch));
          await assertRejects(failing, Error, "Cannot augment: RuntimeError: ");
        }
        trapped.close();
        assertEquals(await within(10, healthy.inputsOf(1)), await augmented(DIGITS));
        healthy.close();
      }),
  );
}

Deno.test("prepare() lets the event loop run if there is no shared memory", SANITIZED, async () => {
  const inputs = new Uint8Array(40 * DIGITS.inputs.length), labels = new Uint32Array(40 * 150);
  for (let at = 0; at < inputs.length; at += DIGITS.inputs.length) inputs.set(DIGITS.inputs, at);
  const augmenter = await createAugmenter({ ...DIGITS, inputs, labels }, { seed: 1, shared: false });
  let turns = 0, done = false;
  const making = augmenter.inputsOf(1).then(() => done = true);
  for (; !done; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
  await making;
  augmenter.close();
  assertGreater(turns, 1);
});

Deno.test("strengthsOf() multiplies the displacements, and keeps the lines", () => {
  const { rotation, slant, stretch, shift, bend, ...lines } = strengthsOf(2),
    { rotation: _, ...one } = strengthsOf(1);
  assertEquals([rotation, slant, stretch, shift, bend], [0.1, 0.1, 0.1, 0.6, 1]);
  const { redrawn, thinnest, thickest, contrast } = STRENGTHS;
  assertEquals(lines, { redrawn, thinnest, thickest, contrast });
  assertEquals({ rotation: STRENGTHS.rotation, ...one }, STRENGTHS);
});
