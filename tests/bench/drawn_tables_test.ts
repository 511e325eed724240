/** The tables of docs/drawing.md, tested with made-up numbers. */
import { assertEquals, assertThrows } from "@std/assert";
import { DRAWN_TABLES, type DrawnFigures, misreadText } from "../../bench/drawings/figures.ts";
import { type Judged, stayingOf } from "../../bench/drawings/measure.ts";
import { renewedDrawn } from "../../bench/drawn_tables.ts";

const FIGURES: DrawnFigures = {
  network: "784-8-10",
  training: { augment: true },
  seed: 3,
  kinds: [
    {
      kind: "small",
      drawings: 1000,
      right: 990,
      sure: 980,
      sureAndRight: 979,
      misread: { "1 as 7": 7, "5 as 6": 3 },
    },
    { kind: "fast", drawings: 1000, right: 1000, sure: 1000, sureAndRight: 1000, misread: {} },
  ],
  groups: [
    { group: "shapes", drawings: 100, notSure: 90, likeNothing: 80 },
    { group: "letters", drawings: 300, notSure: 270, likeNothing: 0 },
    { group: "Greek", drawings: 20, notSure: 10, likeNothing: 5 },
    { group: "look-alikes", drawings: 10, notSure: 1, likeNothing: 1 },
  ],
  forms: {
    "shapes": [
      { form: "hexagon", drawings: 5, sure: [0, 0, 8] },
      { form: "star", drawings: 5, sure: [4, 4] },
    ],
    "letters": [{ form: "R", drawings: 6, sure: [8, 8, 8] }],
    "Greek": [{ form: "Ξ", drawings: 1, sure: [3] }],
    "look-alikes": [{ form: "C", drawings: 5, sure: [0, 6, 0] }, {
      form: "O",
      drawings: 5,
      sure: [0, 0, 0, 0, 0],
    }],
  },
  mnistAccuracy: 0.99,
  beside: {
    mnistAccuracy: 0.9912,
    drawnAccuracy: 0.995,
    drawn: { before: 1990, stay: 1980 },
    mnist: { before: 9900, stay: 9801 },
    groups: [
      { group: "shapes", drawings: 100, notSure: 20, likeNothing: 0 },
      { group: "letters", drawings: 300, notSure: 30, likeNothing: 0 },
      { group: "Greek", drawings: 20, notSure: 1, likeNothing: 0 },
      { group: "look-alikes", drawings: 10, notSure: 0, likeNothing: 0 },
    ],
  },
};

const RESULT = {
  ...FIGURES,
  name: "drawn",
  date: "2001-02-03T04:05:06.000Z",
  machine: { cpu: "abacus", cores: 2, memoryGB: 1, os: "MadeUp 1, kernel 5.5, z80" },
  load: { before: [0], after: [0] },
  deno: "0.0.0",
  version: "0.0.0 (abc)",
};

Deno.test("DRAWN_TABLES sums the kinds, and counts guesses that are sure but wrong", () => {
  assertEquals(DRAWN_TABLES.kinds(FIGURES), [
    ["digits", "drawings", "read correctly", "sure", "sure, but wrong"],
    ["small", "1,000", "99.0 %", "98.0 %", "1"],
    ["fast", "1,000", "100.0 %", "100.0 %", "0"],
    ["**all**", "2,000", "99.5 %", "99.0 %", "1"],
  ]);
});

Deno.test("DRAWN_TABLES sums signs apart, and look-alikes not at all", () => {
  assertEquals(DRAWN_TABLES.others(FIGURES), [
    ["no digits", "drawings", "not sure", "like nothing", "not sure, trained without"],
    ["shapes", "100", "90.0 %", "80.0 %", "20.0 %"],
    ["letters", "300", "90.0 %", "0.0 %", "10.0 %"],
    ["**all of these**", "400", "90.0 %", "20.0 %", "12.5 %"],
    ["Greek signs", "20", "50.0 %", "25.0 %", "5.0 %"],
    ["**all of these signs**", "20", "50.0 %", "25.0 %", "5.0 %"],
    ["look-alikes", "10", "10.0 %", "10.0 %", "0.0 %"],
  ]);
  const { beside: _, ...alone } = FIGURES;
  assertEquals(DRAWN_TABLES.others(alone)[1], ["shapes", "100", "90.0 %", "80.0 %"]);
});

Deno.test("DRAWN_TABLES shows which guesses stay sure, and which look-alikes are sure", () => {
  assertEquals(DRAWN_TABLES.staying(FIGURES)?.slice(1), [
    ["drawn on the page", "1,990", "99.50 %"],
    ["MNIST's test set", "9,900", "99.00 %"],
  ]);
  assertEquals(DRAWN_TABLES.alike(FIGURES).slice(1), [["O", "5 of 5", "0"], ["C", "3 of 5", "0, 6"]]);
});

Deno.test("DRAWN_TABLES lists the forms with more than half of their drawings sure", () => {
  assertEquals(DRAWN_TABLES.mistaken(FIGURES).slice(1), [["shapes", "hexagon (0, 8)"], [
    "Greek signs",
    "Ξ (3)",
  ]]);
});

Deno.test("misreadText() says which digits are misread", () => {
  assertEquals(
    misreadText(FIGURES),
    "Of the 10 misread drawings, 7 are 1 as 7; the others: 5 as 6 (3 times).",
  );
  assertEquals(misreadText({ ...FIGURES, kinds: [FIGURES.kinds[1]] }), "No drawing was misread.");
});

Deno.test("stayingOf() counts the sure and correct guesses that are still sure and correct", () => {
  const answer = (isSure: boolean, isRight: boolean): Judged => ({
    guess: 0,
    isSure,
    isRight,
    isLikeNothing: false,
  });
  const before = [
    answer(true, true),
    answer(true, true),
    answer(true, true),
    answer(false, true),
    answer(true, false),
  ];
  const after = [
    answer(true, true),
    answer(false, true),
    answer(true, false),
    answer(true, true),
    answer(true, true),
  ];
  assertEquals(stayingOf(before, after), { before: 3, stay: 1 });
});

Deno.test("renewedDrawn() writes the tables between their comments, and leaves other text alone", () => {
  const text =
    "# A\n\n<!-- drawn staying -->\n\nold\n\n<!-- end -->\n\n<!-- drawn source -->\n<!-- end -->\nB\n";
  const lines = renewedDrawn(text, RESULT).split("\n");
  assertEquals([lines[0], lines[4], lines.at(-2)], [
    "# A",
    "| digits            | sure and correct without outliers | of them still with outliers |",
    "B",
  ]);
  assertEquals(lines.includes("old"), false);
  assertEquals(renewedDrawn(renewedDrawn(text, RESULT), RESULT), renewedDrawn(text, RESULT));
  assertThrows(() => renewedDrawn("<!-- drawn toString -->\n<!-- end -->", RESULT), RangeError, '"toString"');
  assertThrows(() => renewedDrawn("<!-- drawn kinds -->\n", RESULT), RangeError, "no end");
});
