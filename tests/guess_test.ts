import { assertEquals, assertThrows } from "@std/assert";
import { guessOf, UNSURE_BELOW } from "../src/guess.ts";

const CASES: [probabilities: number[], label: number, runnerUp: number | undefined][] = [
  [[0.7, 0.1, 0.2], 0, 2],
  [[0.1, 0.7, 0.2], 1, 2],
  [[0.2, 0.1, 0.7], 2, 0],
  [[0.25, 0.25, 0.25, 0.25], 0, 1],
  [[0, 0.5, 0.5], 1, 2],
  [[0.4, 0.6], 1, 0],
  [[1], 0, undefined],
];

for (const [probabilities, label, other] of CASES) {
  Deno.test(`guessOf() finds the guess and the runner-up of ${probabilities}`, () => {
    const { runnerUp, ...guess } = guessOf(probabilities);
    assertEquals(guess, {
      label,
      probability: probabilities[label],
      sure: probabilities[label] >= UNSURE_BELOW,
    });
    assertEquals(
      runnerUp,
      other === undefined ? undefined : { label: other, probability: probabilities[other] },
    );
  });
}

Deno.test("guessOf() is sure from UNSURE_BELOW on", () => {
  assertEquals(guessOf([UNSURE_BELOW, 1 - UNSURE_BELOW]).sure, true);
  assertEquals(guessOf([UNSURE_BELOW - 1e-9, 0]).sure, false);
});

Deno.test("guessOf() refuses a row without probabilities", () => {
  assertThrows(() => guessOf([]), TypeError, "A guess needs probabilities, found none");
});
