/** Tests that the cases of the conformance suite cover all pairs of levels, and that existing cases do not change. @module */
import { assertEquals, assertGreater } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { LOSSES } from "../../src/plan/losses.ts";
import { OPTIMIZERS } from "../../src/plan/optimizers.ts";
import { sha256Of } from "../../src/formats/sha256.ts";
import { CASES, type ConformanceCase, conformanceCase, FIRST_CASES } from "../support/cases.ts";
import { leastDirection } from "../support/directions.ts";
import { AVERAGES, DROPOUTS, SIZES } from "../support/levels.ts";

/** The levels that a case has of each factor. It may have two activations of hidden layers, or none. */
const FACTORS: Readonly<Record<string, (given: ConformanceCase) => readonly unknown[]>> = {
  "inputs": ({ levels }) => [levels.inFeatures],
  "hidden width": ({ levels }) => levels.activations.length > 0 ? [levels.hidden] : [],
  "outputs": ({ levels }) => [levels.outFeatures],
  "batch": ({ levels }) => [levels.batchSize],
  "hidden layers": ({ levels }) => [levels.activations.length],
  "inside": ({ levels }) => levels.activations,
  "at the end": ({ levels }) => [levels.output.output],
  "loss": ({ levels: { output } }) => [output.loss],
  "smoothing": ({ levels: { output } }) => [output.smoothing ?? 0],
  "labels or targets": ({ levels: { output } }) => [output.targets ? "targets" : "labels"],
  "optimizer": ({ levels: { optimizer } }) => [optimizer.optimizer],
  "momentum": ({ levels: { optimizer } }) => [
    optimizer.nesterov ? "Nesterov" : optimizer.momentum ? "plain" : "none",
  ],
  "kind of input": ({ levels: { inputs } }) => [
    `${inputs.zeros > 0 ? "sparse" : "dense"} ${inputs.bytes ? "bytes" : "floats"}`,
  ],
  "weight decay": ({ levels }) => [levels.weightDecay],
  "clipping": ({ levels }) => [levels.clipNorm],
  "rows": ({ levels }) => [levels.ragged],
  "input dropout": ({ levels }) => [levels.dropout?.[0] ?? 0],
  "hidden dropout": ({ levels: { activations, dropout } }) =>
    activations.map((_, layer) => dropout?.[1 + layer] ?? 0),
  "averages": ({ levels }) => [levels.average ?? 0],
  "row weights": ({ levels }) => [levels.weighted ? "weights" : "none"],
  "classes": ({ levels }) =>
    levels.output.targets ? [] : [levels.noClass ? "some of no class" : "each of one"],
};

/** The factors that the first cases do not have. */
const PARTS = ["input dropout", "hidden dropout", "averages", "row weights", "classes"];

/** Every level that each factor must have. Those of activations, losses and optimizers come from the tables. */
const LEVELS: Readonly<Record<string, readonly unknown[]>> = {
  "inputs": SIZES,
  "hidden width": SIZES,
  "outputs": SIZES,
  "batch": SIZES,
  "hidden layers": [0, 1, 2],
  "inside": ACTIVATIONS,
  "at the end": ACTIVATIONS,
  "loss": Object.keys(LOSSES),
  "smoothing": [0, 0.1],
  "labels or targets": ["labels", "targets"],
  "optimizer": Object.keys(OPTIMIZERS),
  "momentum": ["none", "plain", "Nesterov"],
  "kind of input": ["dense bytes", "dense floats", "sparse bytes", "sparse floats"],
  "weight decay": [0, 0.1],
  "clipping": [0, 0.05, 1000],
  "rows": ["whole batches", "last batch ragged", "less than a batch"],
  "input dropout": DROPOUTS,
  "hidden dropout": DROPOUTS,
  "averages": AVERAGES,
  "row weights": ["weights", "none"],
  "classes": ["some of no class", "each of one"],
};

/** Returns whether two levels cannot be combined, or need not be. */
function isApart(one: string, a: unknown, other: string, b: unknown): boolean {
  const pair = (first: string, second: string) => one === first && other === second;
  if (pair("hidden width", "hidden layers") || pair("hidden layers", "inside")) return a === 0 || b === 0;
  if (pair("hidden layers", "hidden dropout")) return a === 0;
  if (pair("at the end", "loss")) {
    return !LOSSES[b as keyof typeof LOSSES].outputs.some((output) => output === a);
  }
  if (pair("loss", "smoothing")) return a !== "cross-entropy" && b !== 0;
  if (pair("loss", "labels or targets")) return !LOSSES[a as keyof typeof LOSSES][b as "targets" | "labels"];
  if (pair("loss", "classes")) return !LOSSES[a as keyof typeof LOSSES].labels;
  if (pair("labels or targets", "classes")) return a === "targets";
  if (pair("optimizer", "momentum")) return a !== "sgd" && b !== "none";
  // Smoothing is part of cross-entropy, which has labels only and gets the same logits from softmax and linear.
  if (pair("at the end", "smoothing")) return a !== "softmax" && b !== 0;
  if (pair("smoothing", "labels or targets")) return a !== 0 && b === "targets";
  // The first cases have these two activations only with targets, and too rarely to combine them with every part.
  if (one !== "at the end" || (a !== "relu" && a !== "tanh")) return false;
  return other === "labels or targets" ? b === "labels" : PARTS.includes(other);
}

Deno.test("conformanceCase() combines every level of every factor with every level of every other factor", () => {
  const held = new Set<string>(), keyOf = (...parts: unknown[]) => parts.join("|");
  for (let number = 0; number < CASES; number++) {
    const given = conformanceCase(number);
    const levels = Object.entries(FACTORS).map(([factor, of]) => [factor, of(given)] as const);
    for (const [index, [one, those]] of levels.entries()) {
      for (const [other, these] of levels.slice(index + 1)) {
        for (const a of those) for (const b of these) held.add(keyOf(one, a, other, b));
      }
    }
  }
  const missing: string[] = [], factors = Object.entries(LEVELS);
  for (const [index, [one, those]] of factors.entries()) {
    for (const [other, these] of factors.slice(index + 1)) {
      for (const a of those) {
        for (const b of these) {
          if (held.has(keyOf(one, a, other, b)) || isApart(one, a, other, b)) continue;
          missing.push(`${one} ${a} with ${other} ${b}`);
        }
      }
    }
  }
  assertEquals(missing, []);
});

/**
 * 64 times half a unit in the last place of float32. The rounding error of a gradient over up to 129 rows is smaller,
 * relative to the sum of its absolute products.
 */
const LEAST_DIRECTION = 2 ** -18;

Deno.test("conformanceCase() keeps the directions of lion so far from 0 that rounding does not change their signs", () => {
  for (let number = FIRST_CASES; number < CASES; number++) {
    const given = conformanceCase(number);
    if (given.levels.optimizer.optimizer !== "lion") continue;
    const least = leastDirection(given);
    assertGreater(least, LEAST_DIRECTION, `${given.name}: give it another seed, in OTHER_SEEDS of cases.ts`);
  }
});

/**
 * Digests of the first cases, of those with parts, and of those of the first entry after them. A different digest means that
 * existing cases have changed. New entries of a table change no digest.
 */
const DIGESTS = {
  first: "f263a5b215cdd79415a96f01da89df2b7d317130a19758f6555bd2ddacccdd53",
  parts: "b2dc68e07832d55ba7781f6d629de76fce613683cf3a7d35fb99be136e986a8a",
  silu: "bafa991b1c138a5296cb6d7050c453e91268971a3d418dc432a6536d72af120b",
};

Deno.test("conformanceCase() returns the same cases as before", async () => {
  const all = Array.from({ length: CASES }, (_, number) => conformanceCase(number));
  const silu = all.filter(({ name }) => /^silu \d+:/.test(name));
  assertEquals(
    {
      first: await digestOf(all.slice(0, FIRST_CASES)),
      parts: await digestOf(all.filter(({ name }) => /^parts \d+:/.test(name))),
      silu: await digestOf(silu),
    },
    DIGESTS,
  );
});

/** Returns a digest of cases: settings, inputs, labels or targets, row weights, parameters and orders of rows. */
async function digestOf(cases: readonly ConformanceCase[]): Promise<string> {
  const digests: string[] = [];
  for (const { name, dataset, parameters, epochs, learningRate } of cases) {
    const { inputs, labels, targets, weights } = dataset;
    const arrays = [inputs, labels ?? targets!, ...weights ? [weights] : [], ...epochs];
    for (const values of [...arrays, ...Object.values(parameters)]) {
      digests.push(await sha256Of(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
    }
    digests.push(name, String(dataset.inputScale), String(learningRate));
  }
  return await sha256Of(new TextEncoder().encode(digests.join("\n")));
}
