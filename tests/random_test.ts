import { assertAlmostEquals, assertEquals, assertGreater, assertLess, assertNotEquals } from "@std/assert";
import { crc32 } from "../src/formats/crc32.ts";
import { createRandom, dropoutKey, dropoutThreshold, isKept, permutation } from "../src/random.ts";

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

/** A dropout's row, its key, and which of 40 columns rates of 0.1, 0.5 and 0.9 keep: from the same description in numpy. */
const KNOWN_MASKS: readonly [at: readonly number[], key: number, kept: readonly string[]][] = [
  [[1, 0, 1, 0], 1738073308, [
    "1111111111111111111111011111011111101010",
    "1001111000101110001010011001001000001010",
    "1001001000000000001000000000000000000010",
  ]],
  [[1, 1, 1, 0], 2263426993, [
    "1011111011111111111111111111111101111111",
    "0011000010010110111101111100010100111010",
    "0000000010010000000000000000000000000000",
  ]],
  [[0, 0, 1, 0], 1461123477, [
    "0110111111011111111110111111111101001011",
    "0110000100000100110010011111100101001011",
    "0000000100000000100000000001000000000010",
  ]],
  [[1, 0, 2, 7], 2758803046, [
    "1111111111101111111111110110111110011101",
    "0101111110101000111101100100100100011000",
    "0000000010000000000100000000000000000000",
  ]],
  [[4294967295, 3, 123456789, 1023], 1400948837, [
    "1111111111110111111111001111001111111111",
    "0100000010110111111011000000001111111001",
    "0000000010000000110011000000000011000000",
  ]],
  [[7, 2, 4294967295, 127], 362594941, [
    "1111111111101111011111111111111111111111",
    "1001001110100111010010100111101011100000",
    "0000000010000001000010000001000000100000",
  ]],
];

Deno.test("dropoutKey() and isKept() give the known masks of a seed, a layer, a step and a row", () => {
  for (const [[seed, layer, step, row], key, kept] of KNOWN_MASKS) {
    const found = dropoutKey({ seed, layer }, step, row);
    assertEquals(found >>> 0, key);
    for (const [index, rate] of [0.1, 0.5, 0.9].entries()) {
      const threshold = dropoutThreshold(rate);
      const mask = Array.from({ length: 40 }, (_, column) => isKept(found, column, threshold) ? 1 : 0);
      assertEquals(mask.join(""), kept[index], `rate ${rate}`);
    }
  }
});

Deno.test("dropoutThreshold() drops nothing for a rate of 0, and not everything for the largest below 1", () => {
  assertEquals([0, 0.25, 0.5, 1 - 2 ** -53].map(dropoutThreshold), [0, 2 ** 30, 2 ** 31, 2 ** 32 - 1]);
  const key = dropoutKey({ seed: 1, layer: 0 }, 1, 0);
  for (let column = 0; column < 1000; column++) assertEquals(isKept(key, column, dropoutThreshold(0)), true);
});

const MASK_ROWS = 128, MASK_COLUMNS = 785;

/** Draws the mask of a batch, row by row. */
function maskOf(rate: number, { seed = 1, layer = 1, step = 1 }): boolean[][] {
  const threshold = dropoutThreshold(rate);
  return Array.from({ length: MASK_ROWS }, (_, row) => {
    const key = dropoutKey({ seed, layer }, step, row);
    return Array.from({ length: MASK_COLUMNS }, (_, column) => isKept(key, column, threshold));
  });
}

/** Asserts a count of `trials`, each with this chance, within four standard errors. */
function assertShare(count: number, trials: number, chance: number, name: string): void {
  const far = 4 * Math.sqrt(trials * chance * (1 - chance));
  assertLess(Math.abs(count - trials * chance), far, `${name}: ${count} of ${trials}`);
}

Deno.test("isKept() keeps the share that the rate leaves, in every layer", () => {
  for (const rate of [0.001, 0.1, 0.2, 0.5, 0.9, 0.999]) {
    for (const layer of [0, 1, 2, 3]) {
      for (const step of [1, 2, 1000]) {
        const kept = maskOf(rate, { layer, step }).flat().filter((each) => each).length;
        assertShare(kept, MASK_ROWS * MASK_COLUMNS, 1 - rate, `rate ${rate}, layer ${layer}, step ${step}`);
      }
    }
  }
});

Deno.test("isKept() keeps every row and every column equally often", () => {
  for (const rate of [0.1, 0.5, 0.9]) {
    const rows = new Array<number>(MASK_ROWS).fill(0), columns = new Array<number>(MASK_COLUMNS).fill(0);
    for (let step = 1; step <= 20; step++) {
      for (const [row, kept] of maskOf(rate, { step }).entries()) {
        kept.forEach((each, column) => {
          if (!each) return;
          rows[row]++;
          columns[column]++;
        });
      }
    }
    for (const [counts, trials] of [[rows, 20 * MASK_COLUMNS], [columns, 20 * MASK_ROWS]] as const) {
      const variance = trials * rate * (1 - rate), freedom = counts.length;
      const sum = counts.reduce((all, count) => all + (count - trials * (1 - rate)) ** 2 / variance, 0);
      assertLess(Math.abs(sum - freedom), 4 * Math.sqrt(2 * freedom), `rate ${rate}`);
    }
  }
});

Deno.test("isKept() gives unrelated masks to other steps, layers, rows, columns and seeds", () => {
  for (const rate of [0.1, 0.5, 0.9]) {
    const first = maskOf(rate, {});
    const others: Record<string, boolean[][]> = {
      "the next step": maskOf(rate, { step: 2 }),
      "a later step": maskOf(rate, { step: 65537 }),
      "the inputs": maskOf(rate, { layer: 0 }),
      "the next layer": maskOf(rate, { layer: 2 }),
      "step and layer exchanged": maskOf(rate, { step: 2, layer: 0 }),
      "the next seed": maskOf(rate, { seed: 2 }),
      "seed 0": maskOf(rate, { seed: 0 }),
      "the next row": [...first.slice(1), first[0]],
      "the next column": first.map(([kept, ...rest]) => [...rest, kept]),
      "the column 32 further": first.map((row) => [...row.slice(32), ...row.slice(0, 32)]),
    };
    const agrees = rate ** 2 + (1 - rate) ** 2;
    for (const [name, other] of Object.entries(others)) {
      const same = first.flatMap((row, at) =>
        row.filter((kept, column) => kept === other[at][column])
      ).length;
      assertShare(same, MASK_ROWS * MASK_COLUMNS, agrees, `rate ${rate}, ${name}`);
    }
  }
});
