import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createForward } from "../../src/backends/reference/forward.ts";
import { type ActivationName, ACTIVATIONS } from "../../src/plan/activations.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import { type Why, whyOf } from "../../src/gui/network/why.ts";

const INPUTS = 6;

/** Creates a network whose biases are not 0, and one row of inputs. */
function networkOf(
  widths: readonly number[],
  activation: ActivationName,
  { inputScale = 0.5, classes = 4 } = {},
) {
  const random = createRandom(7), number = () => 2 * random.next() - 1;
  const layers = [...widths.map((width) => dense(width, activation)), dense(classes, "softmax")];
  const mlp = Mlp.create(layers, { inputShape: [INPUTS], inputScale });
  mlp.parameters = Object.fromEntries(
    Object.entries(mlp.parameters).map(([name, values]) => [name, Float32Array.from(values, number)]),
  );
  return { mlp, inputs: Float32Array.from({ length: INPUTS }, () => 3 * number()) };
}

/** Returns a function for the logits of a network, by the reference backend. */
function logitsOf(mlp: Mlp): (inputs: Float32Array) => Float64Array {
  const layers = [...mlp.layers.slice(0, -1), dense(mlp.outFeatures, "linear")];
  const forward = createForward(buildForwardPlan(new Mlp({ ...mlp, layers })), mlp.parameters);
  return (inputs) => forward(inputs)[layers.length - 1].slice();
}

/** Checks that the parts of a reason add up. */
function assertSum({ logit, total, biases, curved, contributions }: Why): void {
  assertAlmostEquals(total + biases + curved, logit, 1e-12);
  assertAlmostEquals(contributions.reduce((sum, value) => sum + value, 0), total, 1e-12);
}

const STRAIGHT: readonly ActivationName[] = ["relu", "leaky-relu", "linear"];

for (const activation of ACTIVATIONS) {
  Deno.test(`whyOf() equals central differences, and its parts add up: ${activation}`, () => {
    const { mlp, inputs } = networkOf([7, 5], activation), logits = logitsOf(mlp), step = 2 ** -10;
    for (let label = 0; label < mlp.outFeatures; label++) {
      const why = whyOf(mlp, inputs, { label });
      assertAlmostEquals(why.logit, logits(inputs)[label], 1e-12);
      assertSum(why);
      if (STRAIGHT.includes(activation)) assertAlmostEquals(why.curved, 0, 1e-15);
      else assert(Math.abs(why.curved) > 1e-4, `${why.curved}`);
      for (const [i, value] of inputs.entries()) {
        const at = (moved: number) => logits(inputs.with(i, moved))[label];
        const slope = (at(value + step) - at(value - step)) / (2 * step);
        assertAlmostEquals(why.contributions[i], slope * value, 2e-5, `${label}, ${i}`);
      }
    }
  });
}

Deno.test("whyOf() explains the difference of two classes, and both classes of one output", () => {
  const { mlp, inputs } = networkOf([7, 5], "relu");
  const [both, seven, one] = [{ label: 2, against: 1 }, { label: 2 }, { label: 1 }]
    .map((question) => whyOf(mlp, inputs, question));
  assertAlmostEquals(both.logit, seven.logit - one.logit, 1e-12);
  for (const i of inputs.keys()) {
    assertAlmostEquals(both.contributions[i], seven.contributions[i] - one.contributions[i], 1e-12);
  }
  assertSum(both);
  const pair = networkOf([7, 5], "relu", { classes: 1 });
  const [no, yes] = [0, 1].map((label) => whyOf(pair.mlp, pair.inputs, { label }));
  assertEquals([no.logit, no.total], [-yes.logit, -yes.total]);
});

Deno.test("whyOf() refers contributions to the blank sheet: dark ink on white is explained as white ink on dark", () => {
  const { mlp, inputs } = networkOf([7, 5], "relu", { inputScale: 1 });
  const light = new Mlp({ ...mlp }), ink = Float32Array.from(inputs, Math.abs);
  // The same network for inputs 1 - ink: negative weights, and biases that add the paper.
  const weights = mlp.parameters["layer_1.weights"], bias = mlp.parameters["layer_1.bias"];
  light.parameters = {
    ...mlp.parameters,
    "layer_1.weights": weights.map((weight) => -weight),
    "layer_1.bias": Float64Array.from(bias, (value, u) => {
      const row = weights.subarray(u * INPUTS, (u + 1) * INPUTS);
      return Array.from(row).reduce((sum, weight) => sum + weight, value);
    }),
  };
  const [dark, white] = [
    whyOf(mlp, ink, { label: 3 }),
    whyOf(light, Float64Array.from(ink, (value) => 1 - value), {
      label: 3,
      blank: new Array(INPUTS).fill(1),
    }),
  ];
  for (const i of ink.keys()) assertAlmostEquals(white.contributions[i], dark.contributions[i], 1e-12);
  assertAlmostEquals(white.biases, dark.biases, 1e-12);
  assertSum(white);
  for (const [at, { units, contribution }] of dark.paths.entries()) {
    assertEquals(white.paths[at].units, units);
    assertAlmostEquals(white.paths[at].contribution, contribution, 1e-12);
  }
});

/** Returns every path of a network with the derivative of each sum by differences of the reference backend. */
function allPaths(mlp: Mlp, inputs: Float32Array, label: number) {
  const sums = (at: number) => `layer_${at + 1}`;
  const weights = (at: number) => mlp.parameters[`${sums(at)}.weights`];
  const forward = createForward(buildForwardPlan(mlp), mlp.parameters);
  const outputs = forward(inputs).map((row) => row.slice());
  /** Returns ∂y[k]/∂z[u] of a layer by its output alone. */
  const slope = (at: number, k: number, u: number): number => {
    const y = outputs[at];
    switch (mlp.layers[at].activation) {
      case "tanh":
        return k === u ? 1 - y[u] ** 2 : 0;
      case "relu":
        return k === u && y[u] > 0 ? 1 : 0;
      default: // softmax
        return y[k] * (Number(k === u) - y[u]);
    }
  };
  const linkOf = (at: number, v: number, u: number): number => {
    const width = outputs[at - 1].length;
    return outputs[at - 1].reduce((sum, _, k) => sum + weights(at)[v * width + k] * slope(at - 1, k, u), 0);
  };
  const first = Array.from({ length: outputs[0].length }, (_, u) => ({
    units: [u],
    contribution: inputs.reduce(
      (sum, value, i) => sum + weights(0)[u * INPUTS + i] * value * mlp.inputScale,
      0,
    ),
  }));
  const last = mlp.layers.length - 1;
  const go = (paths: typeof first, at: number): typeof first =>
    paths.flatMap(({ units, contribution }) =>
      Array.from({ length: at === last ? 1 : outputs[at].length }, (_, v) => ({
        units: at === last ? units : [...units, v],
        contribution: contribution * linkOf(at, at === last ? label : v, units[units.length - 1]),
      }))
    );
  let paths = first;
  for (let at = 1; at <= last; at++) paths = go(paths, at);
  return paths.filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

for (const activation of ["relu", "tanh", "softmax"] as const) {
  for (const widths of [[7], [7, 5], [6, 5, 4]]) {
    Deno.test(`whyOf() finds the strongest of all paths: ${[...widths, activation]}`, () => {
      const { mlp, inputs } = networkOf(widths, activation);
      for (let label = 0; label < 4; label++) {
        const all = allPaths(mlp, inputs, label), why = whyOf(mlp, inputs, { label, paths: 6 });
        assertEquals(why.paths.length, Math.min(6, all.length));
        for (const [at, { units, contribution }] of why.paths.entries()) {
          assertEquals(units, all[at].units);
          assertAlmostEquals(contribution, all[at].contribution, 1e-12);
        }
        assertEquals(why.pathCount, all.length);
        const strength = (paths: typeof why.paths) =>
          paths.reduce((sum, { contribution }) => sum + Math.abs(contribution), 0);
        assertAlmostEquals(why.pathShare, strength(why.paths) / strength(all), 1e-12);
        const everything = whyOf(mlp, inputs, { label, paths: 1000 });
        assertAlmostEquals(
          everything.paths.reduce((sum, { contribution }) => sum + contribution, 0),
          why.total,
          1e-12,
        );
      }
    });
  }
}

Deno.test("whyOf() finds no path without a hidden layer, nor for a blank sheet", () => {
  const { mlp, inputs } = networkOf([], "relu");
  const { paths, pathCount, pathShare, ...why } = whyOf(mlp, inputs, { label: 0 });
  assertEquals([paths, pathCount, pathShare], [[], 0, 0]);
  assertAlmostEquals(why.total + why.biases, why.logit, 1e-12);
  const deep = networkOf([7, 5], "relu").mlp;
  const blank = whyOf(deep, new Float32Array(INPUTS), { label: 0 });
  assertEquals([blank.paths, blank.pathCount, blank.pathShare, blank.total], [[], 0, 0, 0]);
});
