import { assertEquals, assertThrows } from "@std/assert";
import { parseImageSize } from "../../tasks/shared/image_size.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";

const READ = [
  ["28x28", 28, 28, 1],
  ["32x48", 32, 48, 1],
  ["32x48x3", 32, 48, 3],
  ["8X8x1", 8, 8, 1],
  ["8×9", 8, 9, 1],
  [" 64 ", 64, 64, 1],
  ["4096x1", 4096, 1, 1],
] as const;

for (const [text, width, height, channels] of READ) {
  Deno.test(`parseImageSize() reads ${JSON.stringify(text)}`, () => {
    assertEquals(parseImageSize(text), { width, height, channels });
  });
}

const REFUSED = [
  "",
  "0",
  "28x0",
  "x28",
  "28x28x2",
  "28x28x3x1",
  "-28",
  "2.5",
  "28 28",
  "4097",
  "1e3",
  "WIDTHxHEIGHT",
];

for (const text of REFUSED) {
  Deno.test(`parseImageSize() refuses ${JSON.stringify(text)}`, () => {
    const needed = `--image-size needs WIDTHxHEIGHT, each from 1 to 4,096, found ${JSON.stringify(text)}`;
    const { hint } = assertThrows(() => parseImageSize(text), UsageError, needed);
    assertEquals(hint, "such as --image-size 28x28, or --image-size 32x32x3 for color");
  });
}
