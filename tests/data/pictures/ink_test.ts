import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { canvasOf, opaque } from "../../../src/data/pictures/canvas.ts";
import { centerDigit } from "../../../src/data/pictures/center.ts";
import { inkOf } from "../../../src/data/pictures/ink.ts";
import type { Picture } from "../../../src/formats/png.ts";
import { createRandom } from "../../../src/random.ts";

/** The appearance of a sheet with a seven on it; brightness from 0 to 255. */
interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly paper?: number;
  readonly ink?: number;
  /** The change of the paper's brightness from the left edge to the right, and from the middle to the corners. */
  readonly slope?: number;
  readonly vignette?: number;
  /** The standard deviation of normal noise. */
  readonly noise?: number;
  /** False for a blank sheet. */
  readonly written?: boolean;
}

/** Draws a gray image of a lopsided seven. */
function scan(look: Look = {}): Picture {
  const {
    width = 120,
    height = 100,
    paper = 255,
    ink = 0,
    slope = 0,
    vignette = 0,
    noise = 0,
    written = true,
  } = look;
  const random = createRandom(1, 11);
  const pixels = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const u = x / width, v = y / height;
      const isStroke = (v > 0.25 && v < 0.33 && u > 0.3 && u < 0.6) ||
        (v >= 0.33 && v < 0.8 && Math.abs(u - 0.75 + 0.6 * v) < 0.045);
      const shade = slope * (u - 0.5) - vignette * 2 * ((u - 0.5) ** 2 + (v - 0.5) ** 2);
      const value = (written && isStroke ? ink : paper) + shade + noise * random.normal();
      pixels[at] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return { width, height, channels: 1, pixels };
}

const centered = (picture: Picture) => centerDigit(inkOf(picture));
const isBlank = (picture: Picture) => inkOf(picture).values.every((value) => value === 0);

/** Returns the share of the ink of `wanted` that differs in place or strength in `found`. */
function differenceOf(found: Uint8Array, wanted: Uint8Array): number {
  const ink = wanted.reduce((sum, value) => sum + value, 0);
  return found.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]), 0) / ink;
}

Deno.test("inkOf() is the difference between a pixel and the paper, whichever is darker", () => {
  const { values } = inkOf(scan({ paper: 230, ink: 30 }));
  assertEquals(Array.from(values, Math.round), Array.from(scan({ paper: 0, ink: 200 }).pixels));
  assertEquals(centered(scan({ paper: 30, ink: 230 })), centered(scan({ paper: 230, ink: 30 })));
  assertEquals(centered(scan({ paper: 100, ink: 200 })), centered(scan()));
});

Deno.test("inkOf() keeps an image like MNIST's unchanged, including its gray edges", () => {
  const image = centerDigit({ values: scan({ paper: 0, ink: 255 }).pixels, width: 120, height: 100 });
  const { values, width, height } = inkOf({ width: 28, height: 28, channels: 1, pixels: image });
  assertEquals([width, height], [28, 28]);
  assertEquals(Array.from(values, Math.round), Array.from(image, (value) => value > 255 / 8 ? value : 0));
});

Deno.test("inkOf() converts color to luminance", () => {
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const { pixels, ...size } = scan({ paper: 0, ink: 255 });
    const colored = new Uint8Array(3 * pixels.length);
    pixels.forEach((value, i) => colored[3 * i + channel] = value);
    return Math.max(...inkOf({ ...size, channels: 3, pixels: colored }).values);
  });
  assertAlmostEquals(red, 0.299 * 255, 0.1);
  assertAlmostEquals(green, 0.587 * 255, 0.1);
  assertAlmostEquals(blue, 0.114 * 255, 0.1);
});

Deno.test("inkOf() puts transparent pixels on white", () => {
  const { pixels, ...size } = scan({ paper: 0, ink: 200 });
  const wanted = centered(scan());
  const black = new Uint8Array(2 * pixels.length), colored = new Uint8Array(4 * pixels.length);
  pixels.forEach((alpha, i) => {
    black[2 * i + 1] = alpha;
    colored.set([60, 0, 90, alpha], 4 * i);
  });
  assertEquals(centered({ ...size, channels: 2, pixels: black }), wanted);
  assertEquals(centered({ ...size, channels: 4, pixels: colored }), wanted);
});

/** Colors of strokes on a transparent canvas, each with the alpha of a full stroke and the canvas that shows it. */
const STROKES: [color: [number, number, number], alpha: number, canvas: "black" | "white"][] = [
  [[255, 255, 255], 1, "black"],
  [[255, 255, 255], 0.5, "black"],
  [[255, 255, 0], 1, "black"],
  [[255, 200, 210], 0.6, "black"],
  [[0, 0, 0], 0.5, "white"],
  [[255, 0, 0], 1, "white"],
  [[20, 60, 160], 0.7, "white"],
];

for (const [color, alpha, canvas] of STROKES) {
  Deno.test(`inkOf() puts strokes of color ${color} and alpha ${alpha} on ${canvas}`, () => {
    const { pixels, ...size } = scan({ paper: 0, ink: 255 });
    const colored = new Uint8Array(4 * pixels.length), wanted = canvas === "black" ? 0 : 255;
    pixels.forEach((value, i) => colored.set([...color, Math.round(alpha * value)], 4 * i));
    const picture = { ...size, channels: 4, pixels: colored } as const;
    assertEquals(canvasOf(picture), wanted);
    assertEquals(centered(picture), centered(scan()));
    const blended = opaque(picture);
    assertEquals([blended.channels, ...blended.pixels.subarray(0, 3)], [3, wanted, wanted, wanted]);
    assertEquals(centered(blended), centered(scan()));
  });
}

Deno.test("inkOf() finds white strokes whose soft edges have the color of a black canvas", () => {
  const { pixels, ...size } = scan({ paper: 0, ink: 255 });
  // Each color and each alpha is the mean of three pixels.
  const soft = new Uint8Array(2 * pixels.length), wanted = new Uint8Array(pixels.length);
  for (let i = 1; i < pixels.length - 1; i++) {
    const mean = Math.round((pixels[i - 1] + pixels[i] + pixels[i + 1]) / 3);
    soft.set([mean, mean], 2 * i);
    wanted[i] = mean * mean / 255;
  }
  const found = centered({ ...size, channels: 2, pixels: soft });
  assertLess(differenceOf(found, centered({ ...size, channels: 1, pixels: wanted })), 0.02);
});

Deno.test("inkOf() finds the dark ink on a white card whose margin is transparent", () => {
  const { width, height, pixels } = scan();
  const card = { width: width + 40, height: height + 40, channels: 2, pixels: new Uint8Array(0) } as const;
  const values = new Uint8Array(2 * card.width * card.height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) values.set([pixels[at++], 255], 2 * ((y + 20) * card.width + x + 20));
  }
  assertEquals(centered({ ...card, pixels: values }), centered(scan()));
});

Deno.test("inkOf() finds no ink on a transparent picture, whatever its colors", () => {
  for (const gray of [0, 128, 255]) {
    const pixels = new Uint8Array(2 * 100);
    for (let i = 0; i < 200; i += 2) pixels[i] = gray + (i % 3);
    assert(isBlank({ width: 10, height: 10, channels: 2, pixels }));
  }
});

const BLANK: Look[] = [
  { paper: 255 },
  { paper: 0 },
  { paper: 127 },
  { paper: 200, noise: 3 },
  { paper: 128, noise: 20 },
  { paper: 200, slope: 100 },
  { paper: 200, slope: -60, vignette: 60, noise: 5 },
  { paper: 40, slope: 30, noise: 5 },
];

for (const look of BLANK) {
  Deno.test(`inkOf() finds no ink on a sheet with ${JSON.stringify(look)}`, () => {
    assert(isBlank(scan({ ...look, written: false })));
  });
}

Deno.test("inkOf() treats pixels that hardly differ from the paper as paper", () => {
  assert(isBlank(scan({ paper: 230, ink: 218 })));
});

const SHADED: Look[] = [
  { paper: 220, ink: 60, noise: 4 },
  { paper: 200, ink: 120, slope: 40, noise: 5 },
  { paper: 180, ink: 90, slope: 70 },
  { paper: 210, ink: 70, vignette: 80, noise: 4 },
  { paper: 190, ink: 60, slope: -60, vignette: 40, noise: 8 },
  { paper: 60, ink: 200, slope: 40, vignette: 20, noise: 6 },
  { paper: 230, ink: 190, noise: 2 },
];

for (const look of SHADED) {
  Deno.test(`inkOf() finds the same ink as on clean paper with ${JSON.stringify(look)}`, () => {
    assertLess(differenceOf(centered(scan(look)), centered(scan())), 0.12); // noise reaches into the strokes
  });
}

Deno.test("inkOf() removes specks, and keeps a separate stroke", () => {
  const clean = scan(), dusty = { ...clean, pixels: clean.pixels.slice() };
  for (const [x, y] of [[3, 4], [110, 90], [111, 91], [60, 95]]) dusty.pixels[y * 120 + x] = 0;
  assertEquals(inkOf(dusty), inkOf(clean));
  for (let y = 84; y < 94; y++) dusty.pixels.fill(0, y * 120 + 70, y * 120 + 78);
  assertEquals(inkOf(dusty).values[88 * 120 + 74], 255);
});

Deno.test("inkOf() finds a digit that reaches the edges", () => {
  const { width, height, pixels } = scan({
    width: 240,
    height: 200,
    paper: 220,
    ink: 50,
    slope: 10,
    noise: 2,
  });
  const [left, top, columns, rows] = [72, 48, 73, 112];
  const cut = new Uint8Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    cut.set(pixels.subarray((top + y) * width + left).subarray(0, columns), y * columns);
  }
  const found = centered({ width: columns, height: rows, channels: 1, pixels: cut });
  assertLess(differenceOf(found, centered(scan({ width, height }))), 0.2);
});

Deno.test("inkOf() averages a large image to a smaller one", () => {
  const ink = inkOf(scan({ width: 2400, height: 2000, paper: 210, ink: 80, noise: 12 }));
  assertEquals([ink.width, ink.height], [800, 667]);
  assertLess(differenceOf(centerDigit(ink), centered(scan({ width: 800, height: 667 }))), 0.05);
});

Deno.test("inkOf() accepts images of a row, a column and a pixel", () => {
  const pixels = new Uint8Array(40).fill(255, 0, 30);
  for (const [width, height] of [[40, 1], [1, 40]]) {
    const { values } = inkOf({ width, height, channels: 1, pixels });
    assertEquals(Array.from(values, Math.round), Array.from(pixels, (value) => 255 - value));
  }
  assert(isBlank({ width: 1, height: 1, channels: 1, pixels: Uint8Array.of(9) }));
});

Deno.test("inkOf() refuses values that are not width × height × channels", () => {
  assertThrows(
    () => inkOf({ width: 4, height: 3, channels: 3, pixels: new Uint8Array(12) }),
    TypeError,
    "Cannot read a picture: 12 values do not have shape [3, 4, 3]",
  );
});
