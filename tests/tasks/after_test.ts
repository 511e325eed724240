import { assertEquals } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { commandText, quoted } from "../../tasks/report/command_text.ts";
import { confusionLines, lossLines, nextCommand } from "../../tasks/train/after.ts";
import { sparkline } from "../../tasks/train/sparkline.ts";

const digits = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
const table = Mlp.create([dense(2, "softmax")], { inputShape: [3], classNames: ["a\nb", "c"] });

Deno.test("sparkline() shows the logarithms of a curve in at most 40 characters", () => {
  assertEquals(sparkline([1, 0.1, 0.01]), "█▅▁");
  assertEquals(sparkline([0, 7, -7]), "▅█▁");
  assertEquals(sparkline([2, 2]), "▁▁");
  assertEquals([sparkline([]), sparkline([1]), sparkline([1, NaN])], [undefined, undefined, undefined]);
  assertEquals([...sparkline(Array.from({ length: 1000 }, (_, i) => 1000 - i))!].length, 40);
});

Deno.test("lossLines() tells the first and the last loss", () => {
  assertEquals(lossLines([1, 0.1, 0.01]), ["loss     █▅▁ 1.0000 → 0.0100"]);
  assertEquals(lossLines([1]), []);
});

Deno.test("confusionLines() tells the three most frequent confusions in words", () => {
  const confusion = new Uint32Array(100);
  for (const [label, guess, rows] of [[4, 9, 12], [7, 2, 3], [1, 7, 1], [3, 3, 99], [0, 1, 1]]) {
    confusion[10 * label + guess] = rows;
  }
  assertEquals(confusionLines({ confusion }, digits), [
    "confused 4 taken for 9: 12 times; 7 taken for 2: 3 times; 0 taken for 1: once",
  ]);
  assertEquals(confusionLines({ confusion: Uint32Array.of(5, 1, 0, 5) }, table), [
    "confused a\\nb taken for c: once",
  ]);
  assertEquals(
    [confusionLines({ confusion: Uint32Array.of(5, 0, 0, 5) }, table), confusionLines({}, table)],
    [[], []],
  );
  assertEquals(confusionLines(undefined, table), []);
});

Deno.test("nextCommand() continues an interrupted run, and goes on from a finished one", () => {
  const end = {
    program: "deno task",
    model: "m.npz",
    isFinished: true,
    data: { data: ["my set.csv"], label: "x", layers: "2:softmax" },
    hasTest: true,
  };
  assertEquals(nextCommand(digits, end), "deno task gui --model m.npz");
  assertEquals(nextCommand(digits, { ...end, model: "model/model.npz" }), "deno task gui");
  assertEquals(
    nextCommand(table, end),
    "deno task eval --model m.npz --data 'my set.csv' --label x --report report.html",
  );
  assertEquals(
    nextCommand(table, { ...end, data: {}, hasTest: false }),
    "deno task eval --model m.npz --set train --report report.html",
  );
  assertEquals(nextCommand(table, { ...end, report: "r.html" }), "deno task export m.npz -o m.onnx");
  assertEquals(
    nextCommand(table, { ...end, isFinished: false, checkpoint: "c.npz" }),
    "deno task train --resume c.npz --checkpoint c.npz --data 'my set.csv' --label x --layers 2:softmax -o m.npz",
  );
});

Deno.test("commandText() quotes words for a shell", () => {
  assertEquals(
    commandText("mlpcuda", { name: "eval" }, ["--data", "it's here.npz"]),
    `mlpcuda eval --data 'it'\\''s here.npz'`,
  );
  assertEquals(["", "a-b_1.npz", "$x", "~", "*"].map(quoted), ["''", "a-b_1.npz", "'$x'", "'~'", "'*'"]);
});
