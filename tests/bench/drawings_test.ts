/** The drawings of digits and non-digits with which `deno task drawn` measures a network. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { DIGIT_FORMS } from "../../bench/drawings/digits.ts";
import { drawByHand, type Drawing } from "../../bench/drawings/hand.ts";
import { drawKind, KINDS } from "../../bench/drawings/kinds.ts";
import { drawGroup, GROUPS, SCRIPTS } from "../../bench/drawings/non_digits.ts";
import { sheetOf } from "../../bench/drawings/page.ts";
import { strokesOf } from "../../bench/drawings/strokes.ts";
import { createRandom } from "../../src/random.ts";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import { isGranted } from "../support/permissions.ts";

const SIZE = { each: 5, seed: 1 };

/** Returns the height and the width of a drawing's strokes, in widths of the pad. */
function sizeOf({ strokes }: Drawing): { readonly height: number; readonly width: number } {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().filter((_, i) => i % 2 === axis));
  return { width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const numberOf = (kind: string) => Object.keys(KINDS).findIndex((name) => name.startsWith(kind));

Deno.test("strokesOf() reads lines, curves and arcs", () => {
  assertEquals(strokesOf("1,2 3,4 / 5,6 7,8"), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
  const [curve] = strokesOf("~0,0 10,10! 20,0 30,10");
  for (const point of [[0, 0], [10, 10], [20, 0], [30, 10]]) {
    assert(curve.some(([x, y]) => x === point[0] && y === point[1]), `misses ${point}`);
  }
  assertEquals(
    curve.slice(0, 9).every(([x, y]) => Math.abs(x - y) < 1e-9),
    true,
    "straight before its corner",
  );
  const [arc] = strokesOf("O 50,40 30,20 0,90");
  assertEquals(arc[0], [80, 40]);
  assertAlmostEquals(arc[arc.length - 1][1], 60);
  assertThrows(() => strokesOf("1,2 3"), RangeError, '"3"');
});

Deno.test("DIGIT_FORMS has five forms of each digit, and all differ", () => {
  assertEquals(DIGIT_FORMS.map((forms) => forms.length), Array(10).fill(5));
  const texts = DIGIT_FORMS.flat().map((form) => JSON.stringify(form));
  assertEquals(new Set(texts).size, 50);
});

Deno.test("drawKind() draws all digits in thirteen kinds, as many of each", () => {
  assertEquals(Object.keys(KINDS).length, 13);
  for (const number of Object.keys(KINDS).keys()) {
    const labels = drawKind(number, { each: 2, seed: 1 }).map(({ label }) => label);
    assertEquals(labels, Array.from({ length: 20 }, (_, i) => i >> 1));
  }
});

Deno.test("drawKind() draws on the pad, and the height that the kind has", () => {
  for (const [number, [kind, { height: [least, most] }]] of Object.entries(KINDS).entries()) {
    for (const drawing of drawKind(number, SIZE)) {
      assert(drawing.strokes.flat().every((value) => value > 0 && value < 1), kind);
      const { height, width } = sizeOf(drawing);
      assert(height < most + 0.08 && Math.max(height, width) > least - 0.02, `${kind}: ${height} high`);
    }
  }
});

Deno.test("drawKind() draws the same with the same seed, and something else with another", () => {
  assertEquals(drawKind(0, SIZE), drawKind(0, SIZE));
  assertEquals(drawKind(0, { each: 2, seed: 1 })[0], drawKind(0, SIZE)[0]);
  assertNotEquals(drawKind(0, { each: 5, seed: 2 })[0].strokes, drawKind(0, SIZE)[0].strokes);
});

Deno.test("drawKind() makes narrow digits narrow, wide ones wide, and fast ones of few points", () => {
  const shapes = ["half to", "narrow", "wide"].map((kind) =>
    mean(
      drawKind(numberOf(kind), SIZE).filter(({ label }) => label !== 1).map((drawing) => {
        const { height, width } = sizeOf(drawing);
        return width / height;
      }),
    )
  );
  assert(shapes[1] < 0.75 * shapes[0] && shapes[2] > 1.3 * shapes[0], `${shapes}`);
  const [usual, fast] = ["half to", "fast"].map((kind) =>
    mean(drawKind(numberOf(kind), SIZE).map(({ strokes }) => strokes.flat().length / 2))
  );
  assert(fast < usual / 3, `${fast} points, usually ${usual}`);
});

Deno.test("drawGroup() draws at least 700 non-digits, at least 200 of them signs", () => {
  const counts = Object.entries(GROUPS).map(([group, { forms, each }]) => ({
    group,
    drawings: each * Object.keys(forms).length,
  }));
  const sum = (names: (name: string) => boolean) =>
    counts.filter(({ group }) => names(group)).reduce((sum, { drawings }) => sum + drawings, 0);
  const isSign = (name: string) => Object.hasOwn(SCRIPTS, name);
  assert(sum((name) => !isSign(name) && name !== "look-alikes") >= 700);
  assert(sum(isSign) >= 200);
});

Deno.test("drawGroup() draws every form of every group on the pad", () => {
  for (const [group, { forms, each }] of Object.entries(GROUPS)) {
    const drawings = drawGroup(group, 1);
    assertEquals(new Set(drawings.map(({ name }) => name)), new Set(Object.keys(forms)));
    assertEquals(drawings.length, each * Object.keys(forms).length);
    for (const { name, strokes } of drawings) {
      assert(strokes.flat().every((value) => value > 0 && value < 1), `${group}, ${name}`);
    }
    assertNotEquals(drawGroup(group, 2)[0].strokes, drawings[0].strokes);
  }
});

Deno.test("sheetOf() paints as the page: a line of the pen that fits, where the pointer was", () => {
  const drawing = drawByHand(strokesOf("50,0 50,100"), { height: [0.2, 0.2] }, createRandom(1));
  const sheet = sheetOf(drawing), { height } = sizeOf(drawing);
  const inked = sheet.filter((value) => value > 127).length / INK_SIDE ** 2;
  const pen = 0.085 > 0.17 * height ? 0.17 * height : 0.085; // the default pen is too thick for a fifth of the pad
  assertAlmostEquals(inked, pen * height + Math.PI * (pen / 2) ** 2, 0.1 * pen * height);
  const [x, y] = drawing.strokes[0].slice(2, 4);
  assertEquals(sheet[Math.floor(INK_SIDE * y) * INK_SIDE + Math.floor(INK_SIDE * x)], 255);
});

Deno.test({
  name: "bench/drawings imports nothing that draws training digits or outliers (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: () => {
    const folder = new URL("../../bench/drawings/", import.meta.url);
    const files = ["", "signs/"].flatMap((part) =>
      [...Deno.readDirSync(new URL(part, folder))].filter(({ isFile }) => isFile).map(({ name }) =>
        part + name
      )
    );
    assert(files.length > 15);
    for (const file of files) {
      const text = Deno.readTextFileSync(new URL(file, folder));
      const imported = [...text.matchAll(/from "([^"]*src\/data\/(?:digits|outliers)\/[^"]*)"/g)].map((
        [, path],
      ) => path);
      assertEquals(imported.filter((path) => !path.endsWith("/raster.ts")), [], file);
    }
  },
});
