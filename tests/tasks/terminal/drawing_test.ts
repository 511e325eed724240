import { assertEquals } from "@std/assert";
import { drawingLines } from "../../../tasks/terminal/drawing.ts";

Deno.test("drawingLines() shows two rows of pixels in a line of blocks", () => {
  const values = [0, 1, 0, 1, 0.4, 0, 0.5, 1];
  assertEquals(drawingLines({ values, width: 4, color: false }), [" ▀▄█"]);
  assertEquals(drawingLines({ values: [1, 0, 1, 1, 0, 1], width: 2, color: false }), ["█▄", " ▀"]);
});

Deno.test("drawingLines() shows grays with the colors of the two halves", () => {
  const [line, ...more] = drawingLines({ values: [0, 2, 1, -1], width: 2, color: true });
  assertEquals(more, []);
  assertEquals(line, "\x1b[38;5;232;48;5;255m▀\x1b[38;5;255;48;5;232m▀\x1b[0m");
});
