import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import { crc32 } from "../src/formats/crc32.ts";
import { createRandom, permutation } from "../src/random.ts";

/** The first numbers of an independent program that was written from the same description. */
const KNOWN: readonly [seed: number, stream: number, draws: number[]][] = [
  [1, 0, [3421527613, 4222085574, 498204315, 4045128713]],
  [1, 1, [3549407494, 2477621473, 1612539469, 1293611835]],
  [0, 0, [3809008728, 1133695204, 53579671, 2891528803]],
  [4294967295, 4294967295, [2025953387, 1221033579, 4010342202, 3129963741]],
];

Deno.test("createRandom() draws the known numbers of a seed and a stream", () => {
  for (const [seed, stream, draws] of KNOWN) {
    const random = createRandom(seed, stream);
    assertEquals(draws.map(() => random.uint32()), draws);
    assertEquals(createRandom(seed, stream).next(), draws[0] / 2 ** 32);
  }
});

/** Returns Pearson's statistic of counts whose expected values are equal. */
function chiSquare(counts: readonly number[]): number {
  const wanted = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0);
}

/**
 * Checks that a chi-square is within six standard deviations of its mean, which is the number of degrees of freedom.
 */
function assertUniform(counts: readonly number[], name: string): void {
  const freedom = counts.length - 1, far = 6 * Math.sqrt(2 * freedom);
  assertLess(Math.abs(chiSquare(counts) - freedom), far, name);
}

Deno.test("uint32() gives every value of its four bytes equally often", () => {
  const random = createRandom(1, 7), counts = [0, 8, 16, 24].map(() => new Array<number>(256).fill(0));
  for (let i = 0; i < 100_000; i++) {
    const drawn = random.uint32();
    counts.forEach((list, byte) => list[drawn >>> (8 * byte) & 255]++);
  }
  counts.forEach((list, byte) => assertUniform(list, `byte ${byte}`));
});

Deno.test("below() gives every number below its limit equally often", () => {
  for (const count of [1, 2, 3, 6, 7, 64, 100]) {
    const random = createRandom(2), counts = new Array<number>(count).fill(0);
    for (let i = 0; i < 200 * count; i++) counts[random.below(count)]++;
    assertEquals(counts.length, count);
    if (count > 1) assertUniform(counts, `below ${count}`);
  }
  const random = createRandom(3),
    most = Math.max(...Array.from({ length: 100 }, () => random.below(2 ** 32)));
  assertGreater(most, 2 ** 31);
  assertLess(most, 2 ** 32);
});

Deno.test("normal() has the moments of the normal distribution", () => {
  const random = createRandom(4), count = 100_000;
  const draws = Array.from({ length: count }, () => random.normal());
  const moment = (power: number) => draws.reduce((sum, x) => sum + x ** power, 0) / count;
  // Six standard errors: of the mean 1, of the variance √2, of the third moment √15, of the fourth √96, over √count.
  for (
    const [power, wanted, deviation] of [[1, 0, 1], [2, 1, 2 ** 0.5], [3, 0, 15 ** 0.5], [4, 3, 96 ** 0.5]]
  ) {
    assertAlmostEquals(moment(power), wanted, 6 * deviation / Math.sqrt(count));
  }
  // The two numbers of a Box-Muller pair must not be correlated.
  const related = draws.reduce((sum, x, i) => i % 2 === 0 ? sum + x * draws[i + 1] : sum, 0) / (count / 2);
  assertAlmostEquals(related, 0, 6 / Math.sqrt(count / 2));
});

Deno.test("createRandom() gives uncorrelated numbers for neighboring seeds and streams", () => {
  const count = 20_000;
  const draw = (seed: number, stream: number) => {
    const random = createRandom(seed, stream);
    return Array.from({ length: count }, () => random.next() - 0.5);
  };
  const first = draw(1, 1);
  for (const [seed, stream] of [[1, 0], [1, 2], [2, 1], [0, 1], [2, 2]]) {
    const other = draw(seed, stream);
    // The product of two independent uniform numbers around 0 has mean 0 and standard deviation 1/12.
    const related = first.reduce((sum, x, i) => sum + x * other[i], 0) / count;
    assertAlmostEquals(related, 0, 6 / 12 / Math.sqrt(count), `seed ${seed}, stream ${stream}`);
  }
  // The same for the first numbers of many streams, because an epoch's order begins with them.
  const counts = new Array<number>(16).fill(0);
  for (let stream = 0; stream < 1600; stream++) counts[createRandom(1, stream).below(16)]++;
  assertUniform(counts, "first numbers");
});

Deno.test("permutation() gives the known orders", () => {
  assertEquals([...permutation(1, 1, 10)], [9, 0, 4, 8, 7, 2, 3, 5, 1, 6]);
  assertEquals([...permutation(1, 2, 10)], [2, 8, 9, 6, 7, 1, 5, 3, 0, 4]);
  assertEquals([...permutation(2, 1, 10)], [3, 6, 9, 1, 7, 0, 2, 8, 5, 4]);
});

Deno.test("permutation() gives the known orders of whole epochs, bit for bit", () => {
  // CRC-32 of each order as little-endian words, so that runs of earlier versions resume with the same bits
  const known: readonly [seed: number, epoch: number, count: number, crc: number][] = [
    [1, 1, 60_000, 964252251],
    [1, 100, 60_000, 513658953],
    [7, 3, 65_537, 3662616144],
    [4294967295, 2, 54_000, 1007579790],
  ];
  for (const [seed, epoch, count, crc] of known) {
    assertEquals(crc32(new Uint8Array(permutation(seed, epoch, count).buffer)), crc, `seed ${seed}`);
  }
});

Deno.test("permutation() holds every row once", () => {
  for (const count of [0, 1, 2, 3, 255, 256, 257, 1000]) {
    assertEquals(
      [...permutation(5, 9, count)].sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
  }
  assertNotEquals(permutation(5, 9, 100), permutation(5, 10, 100));
  assertNotEquals(permutation(5, 9, 100), permutation(6, 9, 100));
});

Deno.test("permutation() puts every row at every position equally often", () => {
  const count = 8, counts = new Array<number>(count * count).fill(0);
  for (let epoch = 1; epoch <= 4000; epoch++) {
    permutation(1, epoch, count).forEach((row, place) => counts[place * count + row]++);
  }
  assertUniform(counts, "places");
});
