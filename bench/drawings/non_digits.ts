/** The drawings that are no digits: shapes, letters, scribbles, pairs of digits, and signs of other scripts. @module */
import { createRandom, type Random } from "../../src/random.ts";
import { DIGIT_FORMS } from "./digits.ts";
import { drawByHand, type Drawing } from "./hand.ts";
import { LETTERS } from "./letters.ts";
import { LOOK_ALIKES } from "./look_alikes.ts";
import { SCRIBBLES } from "./scribbles.ts";
import { SHAPES } from "./shapes.ts";
import { ARABIC } from "./signs/arabic.ts";
import { CYRILLIC } from "./signs/cyrillic.ts";
import { DEVANAGARI } from "./signs/devanagari.ts";
import { GREEK } from "./signs/greek.ts";
import { HAN } from "./signs/han.ts";
import { HANGUL } from "./signs/hangul.ts";
import { HEBREW } from "./signs/hebrew.ts";
import { KANA } from "./signs/kana.ts";
import { type Strokes, strokesOf } from "./strokes.ts";

/** A drawing that is no digit. */
export interface NonDigit extends Drawing {
  /** The name of its form. */
  readonly name: string;
}

/** A group of forms. */
interface Group {
  /** The forms by their names; a function draws another one each time. */
  readonly forms: Readonly<Record<string, string | ((random: Random) => Strokes)>>;
  /** The number of drawings of each form. */
  readonly each: number;
}

/** The scripts, by their names. */
export const SCRIPTS = {
  Greek: GREEK,
  Cyrillic: CYRILLIC,
  Hebrew: HEBREW,
  Arabic: ARABIC,
  Devanagari: DEVANAGARI,
  kana: KANA,
  Hangul: HANGUL,
  Chinese: HAN,
} as const;

/** The groups of non-digits. Nothing is tuned on them; "look-alikes" are not counted with the others. */
export const GROUPS: Readonly<Record<string, Group>> = {
  "shapes": { forms: SHAPES, each: 5 },
  "letters": { forms: LETTERS, each: 6 },
  "scribbles": { forms: SCRIBBLES, each: 25 },
  "pairs": { forms: pairs(), each: 2 },
  ...Object.fromEntries(Object.entries(SCRIPTS).map(([name, forms]) => [name, { forms, each: 2 }])),
  "look-alikes": { forms: LOOK_ALIKES, each: 8 },
};

/** Returns two digits beside each other: every pair. */
function pairs(): Group["forms"] {
  return Object.fromEntries(Array.from({ length: 100 }, (_, number) => {
    const digits = [Math.floor(number / 10), number % 10];
    return [digits.join(""), (random: Random) => {
      let right = 0;
      return digits.flatMap((digit) => {
        const forms = DIGIT_FORMS[digit], form = forms[random.below(forms.length)];
        const points = form.flat(), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
        const left = Math.min(...xs), top = Math.min(...ys), scale = 100 / (Math.max(...ys) - top);
        const start = right, lift = 6 * random.normal();
        right += scale * (Math.max(...xs) - left) + 15 + 20 * random.next();
        return form.map((stroke) =>
          stroke.map(([x, y]) => [start + scale * (x - left), lift + scale * (y - top)] as const)
        );
      });
    }];
  }));
}

/** Draws the group with this name. */
export function drawGroup(name: string, seed: number): NonDigit[] {
  const number = Object.keys(GROUPS).indexOf(name), { forms, each } = GROUPS[name];
  return Object.entries(forms).flatMap(([name, form], at) =>
    Array.from({ length: each }, (_, i) => {
      const random = createRandom(seed, ((number + 100) * 256 + at) * 256 + i);
      const strokes = typeof form === "string" ? strokesOf(form) : form(random);
      return { name, ...drawByHand(strokes, { height: [0.4, 0.8] }, random) };
    })
  );
}
