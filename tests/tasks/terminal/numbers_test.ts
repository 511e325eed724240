import { assertEquals } from "@std/assert";
import { accuracy, amount, count, duration, loss, percent, r2 } from "../../../tasks/terminal/numbers.ts";

Deno.test("loss() has four decimals, or three significant digits for very small and large values", () => {
  assertEquals([0, 0.04312, 2.3026, 9999.99994].map(loss), ["0.0000", "0.0431", "2.3026", "9999.9999"]);
  assertEquals([3.1e-6, 12345.6, -1e-9].map(loss), ["3.10e-6", "1.23e+4", "-1.00e-9"]);
  assertEquals([NaN, Infinity].map(loss), ["NaN", "Infinity"]);
});

Deno.test("percent() has two decimals", () => {
  assertEquals([0, 0.9794, 1].map(percent), ["0.00 %", "97.94 %", "100.00 %"]);
});

Deno.test("accuracy() gives the Wilson interval over its rows", () => {
  assertEquals(accuracy(0.9794, 10_000), "97.94 % [97.64, 98.20]");
  assertEquals(accuracy(1, 10), "100.00 % [72.25, 100.00]");
});

Deno.test("count() separates thousands", () => {
  assertEquals([7, 60_000, 1_234_567.8].map(count), ["7", "60,000", "1,234,568"]);
});

Deno.test("duration() chooses its unit", () => {
  assertEquals(
    [0.416, 9.99, 9.996, 59.94, 59.96, 125, 3599.6, 3720].map(duration),
    ["0.42 s", "9.99 s", "10.0 s", "59.9 s", "1 min 00 s", "2 min 05 s", "1 h 00 min", "1 h 02 min"],
  );
});

Deno.test("amount() has four digits in any unit", () => {
  const values = [152.1334, 77, 0.0432149, 1234.56, 9999.4, 9999.6, 23_456.7, -0.5];
  const texts = ["152.1", "77.00", "0.04321", "1235", "9999", "10,000", "23,457", "-0.5000"];
  assertEquals(values.map(amount), texts);
  assertEquals([0, 1e-5, 1e9, -2.5e12, NaN].map(amount), ["0", "1.000e-5", "1.000e+9", "-2.500e+12", "NaN"]);
});

Deno.test("r2() has four decimals unless the value is large", () => {
  assertEquals([1, 0.56789, -2, -1e6].map(r2), ["1.0000", "0.5679", "-2.0000", "-1.00e+6"]);
});
