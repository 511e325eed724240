import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Dataset, NO_CLASS } from "../../../src/data/dataset.ts";
import { drawDigits } from "../../../src/data/digits/digits.ts";
import { digitsLike } from "../../../src/data/outliers/digits_like.ts";
import { createKinds } from "../../../src/data/outliers/kinds.ts";
import { drawOutliers } from "../../../src/data/outliers/outliers.ts";
import { crc32 } from "../../../src/formats/crc32.ts";
import { createRandom } from "../../../src/random.ts";
import { drawBlobs } from "../../support/sets.ts";
import { inOrder } from "../../support/states.ts";

const DIGITS = drawDigits({ count: 400, testCount: 0 }).train;

/** Returns images of another size: an upright and a flat bar, as often as wanted. */
function bars(shape: readonly number[], fields: Partial<Dataset> = {}): Dataset {
  const length = shape.reduce((product, side) => product * side, 1);
  return {
    inputs: new Float32Array(4 * length).map((_, i) => i % 7 === 0 ? 1 : 0),
    ...{
      inputShape: shape,
      inputScale: 1,
      labels: Uint32Array.of(0, 1, 0, 1),
      outFeatures: 2,
      source: "bars",
    },
    image: { white: 1, background: "dark", placement: "resize" },
    ...fields,
  };
}

Deno.test("drawOutliers() draws rows of no class with half the weight, like those of the set", async () => {
  const { inputs, labels, weights, ...rest } = await drawOutliers(DIGITS, { count: 5 });
  assertEquals([inputs.constructor, inputs.length], [Uint8Array, 5 * 784]);
  assertEquals([labels, weights], [new Uint32Array(5).fill(NO_CLASS), new Float32Array(5).fill(0.5)]);
  assertEquals([rest.inputScale, rest.inputShape, rest.outFeatures, rest.image], [
    1 / 255,
    [28, 28],
    10,
    DIGITS.image,
  ]);
});

Deno.test("drawOutliers() draws outliers that depend only on the seed, their number and the set", async () => {
  const options = { seed: 3 };
  const few = await drawOutliers(DIGITS, { ...options, count: 20 });
  const more = await drawOutliers(DIGITS, { ...options, count: 30 });
  assertEquals(more.inputs.subarray(0, few.inputs.length), few.inputs);
  assertNotEquals((await drawOutliers(DIGITS, { count: 20, seed: 4 })).inputs, few.inputs);
});

Deno.test("drawOutliers() draws the known outliers of a seed", async () => {
  const { inputs } = await drawOutliers(DIGITS, { count: 200 });
  assertEquals(crc32(inputs as Uint8Array<ArrayBuffer>), 2916951656);
});

Deno.test("drawOutliers() draws others in place of those that are in the set", async () => {
  const first = await drawOutliers(DIGITS, { count: 10, seed: 5 });
  const inputs = new Uint8Array(DIGITS.inputs.length);
  inputs.set(DIGITS.inputs);
  inputs.set(first.inputs.subarray(0, 5 * 784));
  const second = await drawOutliers({ ...DIGITS, inputs }, { count: 10, seed: 5 });
  const row = ({ inputs }: Dataset, i: number) => inputs.subarray(784 * i, 784 * (i + 1));
  for (let i = 0; i < 5; i++) assertNotEquals(row(second, i), row(first, i));
  assertEquals(second.inputs.subarray(5 * 784), first.inputs.subarray(5 * 784));
});

Deno.test("every kind of outlier consists of lines of at least two finite points and is larger than a point", () => {
  for (const [name, { draw, weight }] of Object.entries(createKinds())) {
    assert(weight > 0, name);
    for (let i = 0; i < 200; i++) {
      const lines = draw(createRandom(i, 1)), points = lines.flatMap((line) => [...line]);
      assert(lines.length > 0 && lines.every(({ length }) => length >= 4 && length % 2 === 0), name);
      assert(points.every(Number.isFinite), name);
      const xs = points.filter((_, at) => at % 2 === 0), ys = points.filter((_, at) => at % 2 === 1);
      const side = (values: number[]) => Math.max(...values) - Math.min(...values);
      assert(Math.max(side(xs), side(ys)) > 5, `${name} ${i}`);
    }
  }
});

Deno.test("drawOutliers() fits images of any size, kind of number, background and color", async () => {
  const dark = await drawOutliers(bars([12, 20]), { count: 8 });
  assertEquals([dark.inputs.constructor, dark.inputs.length], [Float32Array, 8 * 240]);
  assertEquals([Math.min(...dark.inputs), Math.max(...dark.inputs)], [0, 1]);
  const image = { white: 1, background: "light", placement: "resize" } as const;
  const light = await drawOutliers(bars([12, 20], { image }), { count: 8 });
  assert(light.inputs.filter((value) => value > 0.5).length > light.inputs.length / 2);
  const bytes = new Uint8Array(4 * 64).map((_, i) => i % 5 === 0 ? 16 : 0);
  const small = await drawOutliers(bars([8, 8], { inputs: bytes, image: { ...image, white: 16 } }), {
    count: 8,
  });
  assertEquals([small.inputs.constructor, Math.max(...small.inputs)], [Uint8Array, 16]);
  const photos = bars([10, 10, 3], { image: { white: 1, placement: "resize" } });
  const colored = await drawOutliers(photos, { count: 8 });
  assertEquals(colored.inputs.length, 8 * 300);
  assert(colored.inputs.some((value, i) => i % 3 > 0 && value !== colored.inputs[i - 1]));
});

Deno.test("drawOutliers() refuses inputs that are no images, and impossible counts and seeds", async () => {
  const table = drawBlobs({ rows: 9, inFeatures: 16, classes: 3 });
  await assertRejects(
    () => drawOutliers(table, { count: 1 }),
    TypeError,
    `Cannot draw outliers for ${table.source}: its inputs of shape [16] are not known to be images`,
  );
  const image = { white: 255, placement: "resize" } as const;
  await assertRejects(
    () => drawOutliers(bars([3, 8, 8], { image }), { count: 1 }),
    TypeError,
    "its images have shape [3, 8, 8], needs [H, W], [1, H, W] or [H, W, C] with 1 or 3 channels C",
  );
  for (const [name, options] of [["count", { count: 0 }], ["seed", { count: 1, seed: -1 }]] as const) {
    await assertRejects(
      () => drawOutliers(DIGITS, options),
      RangeError,
      `Cannot draw outliers: "${name}" is `,
    );
  }
});

Deno.test("drawOutliers() ends with the reason of its signal", async () => {
  const reason = new Error("enough"), signal = AbortSignal.abort(reason);
  assertEquals(await assertRejects(() => drawOutliers(DIGITS, { count: 10_000, signal })), reason);
});

Deno.test("digitsLike() draws digits for a set of digits, and none for other classes with the same names", () => {
  const rows = inOrder(400), options = { count: 30, seed: 2, rows };
  const digits = digitsLike(DIGITS, options);
  assertEquals([digits?.inputs.length, digits?.labels?.length], [30 * 784, 30]);
  assertEquals(
    digits?.labels,
    drawDigits({ count: 200, testCount: 0, seed: 2 }).train.labels!.subarray(0, 30),
  );
  const moved = DIGITS.labels!.map((label) => (label + 1) % 10);
  assertEquals(digitsLike({ ...DIGITS, labels: moved }, options), undefined);
  assertEquals(digitsLike({ ...DIGITS, outFeatures: 11 }, options), undefined);
});

Deno.test("digitsLike() draws dark digits for a set with a light background", () => {
  const inputs = DIGITS.inputs.map((value) => 255 - value) as Uint8Array;
  const light = {
    ...DIGITS,
    inputs,
    image: { white: 255, background: "light", placement: "center" } as const,
  };
  const options = { count: 3, seed: 2, rows: inOrder(400) };
  assertEquals(
    digitsLike(light, options)?.inputs,
    digitsLike(DIGITS, options)!.inputs.map((value) => 255 - value),
  );
});
