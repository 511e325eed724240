import { assertEquals, assertLessOrEqual } from "@std/assert";
import { epochColumns, scoreOf, startTable } from "../../../tasks/terminal/table.ts";

const evaluation = (loss: number, accuracy?: number) => ({ loss, accuracy, rows: 10_000 });

Deno.test("startTable() prints its heading once, and each row when it is given", () => {
  const lines: string[] = [];
  const table = startTable<{ name: string; size: number }>([
    { title: "name", width: 6, align: "left", cell: ({ name }) => name },
    { title: "size", width: 2, cell: ({ size }) => String(size) },
  ], (line) => lines.push(line));
  assertEquals(lines, []);
  table.row({ name: "a", size: 5 });
  table.row({ name: "abcdef", size: 1234 });
  assertEquals(lines, ["name    size", "a          5", "abcdef  1234"]);
});

Deno.test("epochColumns() aligns the epochs of a run", () => {
  const lines: string[] = [];
  const columns = epochColumns({
    epochs: 100,
    validation: false,
    test: true,
    score: "accuracy",
    rows: "images",
  });
  const table = startTable(columns, (line) => lines.push(line));
  const row = { trainLoss: 0.3461, trainAccuracy: 0.9013, seconds: 0.452, rowsPerSecond: 132_743.4 };
  table.row({ ...row, epoch: 1, test: evaluation(0.1788, 0.9466) });
  table.row({ ...row, epoch: 100, trainLoss: 0.00001, trainAccuracy: 1, test: evaluation(0.1, 0.9801) });
  assertEquals(lines, [
    "epoch  train loss  train acc  test loss  test acc  seconds    images/s",
    "    1      0.3461    90.13 %     0.1788   94.66 %     0.45     132,743",
    "  100     1.00e-5   100.00 %     0.1000   98.01 %     0.45     132,743",
  ]);
});

Deno.test("epochColumns() has R² of both sets for target values", () => {
  const lines: string[] = [];
  const columns = epochColumns({ epochs: 1, validation: true, test: true, score: "r2" });
  const row = { epoch: 1, trainLoss: 0.3, seconds: 0.5, rowsPerSecond: 1000 };
  const [validation, test] = [0.98765, -12345].map((r2) => ({ ...evaluation(0.25), r2 }));
  startTable(columns, (line) => lines.push(line)).row({ ...row, validation, test });
  assertEquals(lines, [
    "epoch  train loss  val loss    val R²  test loss   test R²  seconds      rows/s",
    "    1      0.3000    0.2500    0.9877     0.2500  -1.23e+4     0.50       1,000",
  ]);
});

Deno.test("scoreOf() is the accuracy for classes and for several labels, R² for target values", () => {
  const labels = Uint32Array.of(0, 1);
  assertEquals(scoreOf({ labels }, "mean-squared-error"), "accuracy");
  assertEquals(scoreOf({}, "binary-cross-entropy"), "accuracy");
  assertEquals(scoreOf({}, "mean-squared-error"), "r2");
  assertEquals(scoreOf({}, "huber"), "r2");
});

Deno.test("epochColumns() fits 80 characters, and omits the rate if other columns need the space", () => {
  for (
    const [validation, test, score] of [
      [true, true, "accuracy"],
      [true, false, "accuracy"],
      [false, true, "accuracy"],
      [true, true, "r2"],
    ] as const
  ) {
    const lines: string[] = [], columns = epochColumns({ epochs: 1000, validation, test, score });
    const table = startTable(columns, (line) => lines.push(line));
    const worst = { ...evaluation(12345678, 1), r2: -12345678 };
    const both = { validation: worst, test: worst };
    table.row({
      ...both,
      epoch: 1000,
      trainLoss: 12345678,
      trainAccuracy: 1,
      seconds: 12345.6,
      rowsPerSecond: 12345678,
    });
    for (const line of lines) assertLessOrEqual(line.length, 80, line);
    assertEquals(
      columns.some(({ title }) => title === "rows/s"),
      !(validation && test && score === "accuracy"),
    );
  }
});
