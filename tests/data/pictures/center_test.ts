import { assertAlmostEquals, assertEquals, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import { centerDigit, type Ink } from "../../../src/data/pictures/center.ts";

/** Draws a thick lopsided L with a faint bar, `0.6 * size` wide and `size` high, on a square sheet. */
function drawShape(size: number, { left = 0, top = 0, sheet = size } = {}): Ink {
  const values = new Uint8Array(sheet * sheet);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < 0.6 * size; x++) {
      const ink = x < 0.15 * size ? 200 : y >= 0.8 * size ? 200 : y < 0.1 * size ? 100 : 0;
      values[(top + y) * sheet + left + x] = ink;
    }
  }
  return { values, width: sheet, height: sheet };
}

function boundsOf(image: Uint8Array): { left: number; right: number; top: number; bottom: number } {
  const xs: number[] = [], ys: number[] = [];
  image.forEach((value, i) => {
    if (value > 0) {
      xs.push(i % 28);
      ys.push(Math.floor(i / 28));
    }
  });
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function massCenterOf(image: Uint8Array): [number, number] {
  let sum = 0, sumX = 0, sumY = 0;
  image.forEach((value, i) => {
    sum += value;
    sumX += value * (i % 28);
    sumY += value * Math.floor(i / 28);
  });
  return [sumX / sum, sumY / sum];
}

Deno.test("centerDigit() gives the longest side 20 pixels and keeps the proportions", () => {
  const { left, right, top, bottom } = boundsOf(centerDigit(drawShape(100, { sheet: 120 })));
  assertEquals([right - left + 1, bottom - top + 1], [12, 20]);
});

Deno.test("centerDigit() scales a wide digit by its width, and enlarges a small one", () => {
  const wide = new Uint8Array(40 * 10).fill(9);
  assertEquals(boundsOf(centerDigit({ values: wide, width: 40, height: 10 })), {
    left: 5,
    right: 24,
    top: 12,
    bottom: 16,
  });
  const { top, bottom } = boundsOf(centerDigit(drawShape(10)));
  assertEquals(bottom - top + 1, 20);
});

Deno.test("centerDigit() puts the center of mass within half a pixel of (14, 14)", () => {
  for (const size of [20, 37, 64, 100]) {
    const [x, y] = massCenterOf(centerDigit(drawShape(size)));
    assertLessOrEqual(Math.abs(x - 14), 0.51, `x for size ${size}`); // 0.01: the image is rounded to bytes
    assertLessOrEqual(Math.abs(y - 14), 0.51, `y for size ${size}`);
  }
});

Deno.test("centerDigit() gives the same image for any position of the ink on the sheet", () => {
  const expected = centerDigit(drawShape(50));
  for (const at of [{ left: 0, top: 0 }, { left: 70, top: 3 }, { left: 17, top: 150 }]) {
    assertEquals(centerDigit(drawShape(50, { ...at, sheet: 200 })), expected);
  }
});

Deno.test("centerDigit() gives the same image at twice the size, and nearly the same at any size", () => {
  const expected = centerDigit(drawShape(40));
  assertEquals(centerDigit(drawShape(80)), expected);
  for (const size of [57, 93, 141]) {
    const image = centerDigit(drawShape(size));
    const difference = image.reduce((sum, value, i) => sum + Math.abs(value - expected[i]), 0);
    const ink = expected.reduce((sum, value) => sum + value, 0);
    assertLess(difference / ink, 0.15, `size ${size}`); // the edges lie at other places within their pixels
  }
});

Deno.test("centerDigit() averages areas and stretches the darkest to 255", () => {
  // 40 pixels become 20: a column of alternating full and empty rows is half dark against a full one
  const values = Float32Array.from(
    { length: 40 * 4 },
    (_, i) => i % 4 < 2 || Math.floor(i / 4) % 2 === 0 ? 0.3 : 0,
  );
  const image = centerDigit({ values, width: 4, height: 40 });
  const { left, top } = boundsOf(image);
  assertEquals(image.subarray(28 * top + left, 28 * top + left + 2), new Uint8Array([255, 128]));
});

Deno.test("centerDigit() ignores very faint ink", () => {
  const clean = drawShape(50, { left: 30, top: 30, sheet: 150 });
  const dusty = { ...clean, values: Uint8Array.from(clean.values) };
  dusty.values[0] = 3;
  dusty.values[150 * 149 + 140] = 3;
  assertEquals(centerDigit(dusty), centerDigit(clean));
});

Deno.test("centerDigit() keeps all ink in the image if its mass lies at one end", () => {
  // a thick bar below a long thin line: centered by mass, the line would leave the image
  const values = new Float32Array(100 * 60);
  for (let y = 0; y < 100; y++) values[60 * y + 30] = 0.1;
  for (let y = 90; y < 100; y++) values.fill(1, 60 * y, 60 * y + 60);
  const image = centerDigit({ values, width: 60, height: 100 });
  const { top, bottom } = boundsOf(image);
  assertEquals([top, bottom - top + 1], [0, 20]);
});

Deno.test("centerDigit() leaves a blank sheet blank", () => {
  assertEquals(centerDigit({ values: new Float32Array(300), width: 20, height: 15 }), new Uint8Array(784));
  assertEquals(centerDigit({ values: new Uint8Array(0), width: 0, height: 0 }), new Uint8Array(784));
});

Deno.test("centerDigit() turns a single dot into a full square", () => {
  const values = new Uint8Array(81);
  values[40] = 7;
  const image = centerDigit({ values, width: 9, height: 9 });
  assertAlmostEquals(massCenterOf(image)[0], 14, 0.5);
  assertEquals(image.filter((value) => value === 255).length, 400);
});

Deno.test("centerDigit() refuses values that are not width × height", () => {
  assertThrows(
    () => centerDigit({ values: new Uint8Array(10), width: 4, height: 3 }),
    TypeError,
    "Cannot center a digit: its ink has 10 values, 4×3 pixels need 12",
  );
});
