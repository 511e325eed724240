import { assertEquals, assertLessOrEqual } from "@std/assert";
import { epochColumns, startTable } from "../../../tasks/terminal/table.ts";

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
  const columns = epochColumns({ epochs: 100, validation: false, test: true, classes: true, rows: "images" });
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

Deno.test("epochColumns() has no accuracies without classes, and columns for both sets if there are two", () => {
  const titles = epochColumns({ epochs: 1, validation: true, test: true, classes: false }).map(({ title }) =>
    title
  );
  assertEquals(titles, ["epoch", "train loss", "val loss", "test loss", "seconds", "rows/s"]);
});

Deno.test("epochColumns() fits 80 characters, and omits the rate if other columns need the space", () => {
  for (
    const [validation, test, classes] of [[true, true, true], [true, false, true], [false, true, true], [
      true,
      true,
      false,
    ]]
  ) {
    const lines: string[] = [], columns = epochColumns({ epochs: 1000, validation, test, classes });
    const table = startTable(columns, (line) => lines.push(line));
    const both = { validation: evaluation(12345678, 1), test: evaluation(12345678, 1) };
    table.row({
      ...both,
      epoch: 1000,
      trainLoss: 12345678,
      trainAccuracy: 1,
      seconds: 12345.6,
      rowsPerSecond: 12345678,
    });
    for (const line of lines) assertLessOrEqual(line.length, 80, line);
    assertEquals(columns.some(({ title }) => title === "rows/s"), !(validation && test && classes));
  }
});
