/** Compares the reference's activations with numbers of 120 digits, written by fixtures/make_activations.py. @module */
import { assert, assertEquals } from "@std/assert";
import { ACTIVATIONS } from "../../../src/plan/activations.ts";
import { activate, activateBackward } from "../../../src/backends/reference/activations.ts";
import fixture from "../../fixtures/activations.json" with { type: "json" };

const { z: POINTS, ...FUNCTIONS } = fixture;

/** The relative error allowed in an output, and the absolute one in a derivative, which is at most about 1: some roundings. */
const TOLERANCE = 2e-15;

Deno.test("activate() has a fixture of every activation of one number", () => {
  // softmax is a function of a row; the runs of PyTorch and numerics_test.ts test it.
  const expected = ACTIVATIONS.filter((name) => name !== "softmax");
  assertEquals(Object.keys(FUNCTIONS).sort(), expected.sort(), "run fixtures/make_activations.py");
});

for (const [name, { y, derivative }] of Object.entries(FUNCTIONS)) {
  const activation = ACTIVATIONS.find((known) => known === name)!;

  Deno.test(`activate() and activateBackward() compute ${name} and its derivative with the precision of float64`, () => {
    const sums = Float64Array.from(POINTS), outputs = sums.slice(), gradients = sums.map(() => 1);
    for (let at = 0; at < sums.length; at++) activate(outputs.subarray(at, at + 1), activation);
    activateBackward(gradients, { y: outputs, z: sums }, activation);
    for (const [at, z] of sums.entries()) {
      const off = Math.abs(outputs[at] - y[at]);
      assert(off <= TOLERANCE * Math.abs(y[at]), `${name}(${z}) is ${outputs[at]}, needs ${y[at]}`);
      const slope = gradients[at];
      assert(
        Math.abs(slope - derivative[at]) <= TOLERANCE,
        `${name}'(${z}) is ${slope}, needs ${derivative[at]}`,
      );
    }
  });
}
