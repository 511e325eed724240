/** Hangul syllables, put together from their letters. @module */

/** The first consonants, on a square; ㅇ alone and ㄹ look like digits, which syllables do not. */
const CONSONANTS: Readonly<Record<string, string>> = {
  "ㄱ": "~8,12 50,12 88,12! 86,56 70,94",
  "ㄴ": "12,6 12,88 92,88",
  "ㄷ": "90,10 12,10 12,88 92,88",
  "ㄹ": "10,8 88,8 88,46 12,46 12,90 92,90",
  "ㅁ": "10,10 90,10 90,90 10,90 10,10",
  "ㅂ": "12,6 12,92 88,92 88,6 / 12,50 88,50",
  "ㅅ": "~50,6 44,46 6,94 / 52,40 94,94",
  "ㅇ": "O 50,50 44,42 -90,270",
  "ㅈ": "8,10 92,10 / ~52,10 44,50 6,94 / 54,46 94,94",
  "ㅎ": "50,0 50,14 / 10,26 90,26 / O 50,68 34,28 -90,270",
};
/** The vowels: a long line with short ones, on the right of the consonant or below it. */
const RIGHT: Readonly<Record<string, string>> = {
  "ㅏ": "30,0 30,100 / 30,46 90,46",
  "ㅓ": "70,0 70,100 / 10,46 70,46",
  "ㅣ": "50,0 50,100",
  "ㅑ": "30,0 30,100 / 30,34 90,34 / 30,60 90,60",
};
const BELOW: Readonly<Record<string, string>> = {
  "ㅗ": "0,90 100,90 / 50,20 50,90",
  "ㅜ": "0,20 100,20 / 50,20 50,100",
  "ㅡ": "0,60 100,60",
};

/** Returns a form within a box on the square. */
function within(form: string, left: number, top: number, right: number, bottom: number): string {
  return form.split(" / ").map((stroke) => {
    const isArc = stroke.startsWith("O "), parts = stroke.replace(/^(O |~)/, "").split(" ");
    const moved = parts.map((part, i) => {
      if (isArc && i === 2) return part; // its angles
      const [x, y] = part.replace("!", "").split(",").map(Number), from = isArc && i === 1 ? 0 : 1;
      const place = [from * left + (right - left) * x / 100, from * top + (bottom - top) * y / 100];
      return `${place[0].toFixed(1)},${place[1].toFixed(1)}${part.endsWith("!") ? "!" : ""}`;
    });
    return `${isArc ? "O " : stroke.startsWith("~") ? "~" : ""}${moved.join(" ")}`;
  }).join(" / ");
}

/** The forms by their names: a consonant and a vowel, and some with a second consonant below them. */
export const HANGUL: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CONSONANTS).flatMap(([first, form], number) => {
    const [right, rightForm] = Object.entries(RIGHT)[number % 4],
      [below, belowForm] = Object.entries(BELOW)[number % 3];
    const [last, lastForm] = Object.entries(CONSONANTS)[(3 * number + 1) % 10];
    return [
      [`${first}${right}`, `${within(form, 0, 10, 58, 90)} / ${within(rightForm, 64, 0, 100, 100)}`],
      [`${first}${below}`, `${within(form, 15, 0, 85, 52)} / ${within(belowForm, 0, 56, 100, 96)}`],
      [
        `${first}${right}${last}`,
        `${within(form, 0, 2, 56, 54)} / ${within(rightForm, 64, 0, 100, 58)} / ${
          within(lastForm, 22, 64, 86, 100)
        }`,
      ],
    ];
  }),
);
