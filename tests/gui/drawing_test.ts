/** Tests of the drawing page's drawing and its history, without a browser. */
import { assertEquals } from "@std/assert";
import { createDrawing } from "../../src/gui/page/drawing.js";

/** Returns a drawing of two strokes. */
function drawTwo() {
  const drawing = createDrawing();
  drawing.begin(0.1, 0.1, 0.08);
  drawing.extend([0.2, 0.2, 0.3, 0.2]);
  drawing.end();
  drawing.begin(0.5, 0.5, 0.05);
  drawing.end();
  return drawing;
}
const FIRST = { width: 0.08, points: [0.1, 0.1, 0.2, 0.2, 0.3, 0.2] };
const SECOND = { width: 0.05, points: [0.5, 0.5] };

Deno.test("createDrawing() keeps every point of a stroke but those that do not move the pen", () => {
  const drawing = createDrawing();
  drawing.begin(0.1, 0.1, 0.08);
  drawing.extend([0.1, 0.1, 0.101, 0.1, 0.11, 0.1]);
  drawing.end();
  drawing.extend([0.9, 0.9]);
  assertEquals(drawing.items, [{ width: 0.08, points: [0.1, 0.1, 0.11, 0.1] }]);
});

Deno.test("undo() and redo() go through strokes and clearings", () => {
  const drawing = drawTwo();
  assertEquals(drawing.canRedo, false);
  drawing.clear();
  drawing.undo();
  assertEquals(drawing.items, [FIRST, SECOND]);
  drawing.undo();
  drawing.undo();
  assertEquals([drawing.isBlank, drawing.canRedo], [true, true]);
  drawing.undo(); // has no effect
  drawing.redo();
  assertEquals(drawing.items, [FIRST]);
  drawing.redo();
  drawing.redo();
  assertEquals([drawing.isBlank, drawing.canRedo], [true, false]);
  drawing.redo(); // has no effect
  drawing.undo();
  assertEquals(drawing.items, [FIRST, SECOND]);
});

Deno.test("redo() has no effect after a new stroke", () => {
  const drawing = drawTwo();
  drawing.undo();
  drawing.begin(0.9, 0.9, 0.05);
  drawing.end();
  drawing.redo();
  assertEquals(drawing.items, [FIRST, { width: 0.05, points: [0.9, 0.9] }]);
});

Deno.test("restore() shows a saved drawing, whose strokes can be undone", () => {
  const saved = drawTwo().save(), drawing = createDrawing(), changes: string[] = [];
  drawing.onChange((change) => changes.push(change));
  drawing.restore(saved);
  assertEquals([drawing.items, changes], [[FIRST, SECOND], ["replaced"]]);
  drawing.undo();
  assertEquals(drawing.items, [FIRST]);
  drawing.redo();
  drawing.begin(0.7, 0.7, 0.05);
  assertEquals(drawing.items.length, 3);
  const picture = createDrawing();
  picture.show([0, 255, 128, 0]);
  drawing.restore(picture.save());
  assertEquals(drawing.items, [{ pixels: [0, 255, 128, 0] }]);
});

Deno.test("restore() ignores a text that is no drawing", () => {
  const drawing = drawTwo();
  for (
    const text of [
      "",
      "{",
      "[]",
      "null",
      '{"width":1}',
      "[null]",
      "[1]",
      '[{"points":[0.1,0.1]}]',
      '[{"width":0,"points":[0.1,0.1]}]',
      '[{"width":0.1,"points":[]}]',
      '[{"width":0.1,"points":[0.1]}]',
      '[{"width":0.1,"points":[0.1,"0.2"]}]',
      '[{"width":0.1,"points":[0.1,null]}]',
      '[{"width":"1","points":[0.1,0.1]}]',
      '[{"pixels":[1,2,3]}]',
    ]
  ) {
    drawing.restore(text);
    assertEquals(drawing.items, [FIRST, SECOND], text);
  }
});
