/** The kinds of drawing of a digit that are measured. @module */
import { createRandom } from "../../src/random.ts";
import { DIGIT_FORMS } from "./digits.ts";
import { drawByHand, type Drawing, type Manner } from "./hand.ts";

const USUAL = [0.5, 0.8] as const;

/** The manner of each kind, by its name. */
export const KINDS: Readonly<Record<string, Manner>> = {
  "half to four fifths of the pad high": { height: USUAL },
  "half of the pad": { height: [0.5, 0.5] },
  "a third of the pad": { height: [1 / 3, 1 / 3] },
  "a fifth of the pad": { height: [0.2, 0.2] },
  "15 % of the pad": { height: [0.15, 0.15] },
  "turned by 10 to 17°": { height: USUAL, rotation: [10, 17] },
  "slanted by 14 to 20°": { height: USUAL, slant: [0.25, 0.36] },
  "narrow: half to two thirds as wide": { height: USUAL, stretch: [0.5, 0.67] },
  "wide: 1.4 to 1.8 times as wide": { height: [0.4, 0.6], stretch: [1.4, 1.8] },
  "fast: few points": { height: USUAL, step: [0.15, 0.25] },
  "hasty: corners cut, few points": { height: USUAL, haste: [0.2, 0.3], step: [0.06, 0.12] },
  "trembling": { height: USUAL, tremble: 0.02 },
  "in a corner, thin or thick pen": { height: [0.3, 0.5], place: "corner", pen: [0.03, 0.14] },
};

/** A drawing of a digit. */
export interface DrawnDigit extends Drawing {
  /** The digit. */
  readonly label: number;
}

/** Draws `each` drawings of every digit in the manner of the kind with this number; every form has its turn. */
export function drawKind(number: number, { each, seed }: { each: number; seed: number }): DrawnDigit[] {
  const manner = Object.values(KINDS)[number];
  return DIGIT_FORMS.flatMap((forms, label) =>
    Array.from({ length: each }, (_, i) => {
      const random = createRandom(seed, (number * 10 + label) * 65536 + i);
      return { label, ...drawByHand(forms[i % forms.length], manner, random) };
    })
  );
}
