import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { amount, r2 } from "../../src/numbers.ts";
import { chartIn, rowsIn, scoresIn, sectionIn, sectionsIn, tableIn } from "./parse.ts";
import { reportOf, tableSet } from "./sources.ts";

const loss = "mean-squared-error";

/** Computes the residuals of each output from the network and the set alone. */
async function computed(width: number) {
  const { html, source: { mlp, set } } = await reportOf(
    tableSet(width),
    [dense(8, "tanh"), dense(width, "linear")],
    loss,
    20,
  );
  const outputs = mlp.predict(set.inputs), targets = set.targets!;
  const all = Array.from({ length: width }, (_, o) => {
    const of = (values: Float32Array) => [...values].filter((_, at) => at % width === o);
    const [y, t] = [of(outputs), of(targets)], d = y.map((value, row) => value - t[row]);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const square = mean(d.map((value) => value ** 2)),
      spread = mean(t.map((value) => (value - mean(t)) ** 2));
    return {
      y,
      t,
      d,
      mean: mean(d),
      mae: mean(d.map(Math.abs)),
      rms: Math.sqrt(square),
      r2: 1 - square / spread,
    };
  });
  return { html, all, set };
}

Deno.test("formatReport() shows the scores and the residuals of a regression", async () => {
  const { html, all: [{ y, t, d, ...scores }] } = await computed(1);
  assertEquals(sectionsIn(html), [
    "Results",
    "Training",
    "Outputs",
    "Residuals",
    "Worst rows",
    "First layer",
    "Network and settings",
    "How to reproduce it",
  ]);
  assertEquals(rowsIn(sectionIn(html, "Outputs")), [
    ["output", r2(scores.r2), amount(scores.mae), amount(scores.rms), amount(scores.mean)],
  ]);
  const head = scoresIn(html);
  assertEquals([head["R²"], head["mean absolute error"]], [r2(scores.r2), amount(scores.mae)]);
  const { circles } = chartIn(html, "Output over target"), range = Math.max(...t) - Math.min(...t);
  assertEquals(circles.length, 120);
  for (const [row, [x, value]] of circles.entries()) {
    assertAlmostEquals(x, t[row], range / 300);
    assertAlmostEquals(value, y[row], range / 300);
  }
  const { bars } = chartIn(html, "Residuals"), low = Math.min(...d), width = (Math.max(...d) - low) / 30;
  const counts = new Array<number>(30).fill(0);
  for (const value of d) counts[Math.min(29, Math.floor((value - low) / width))]++;
  assertEquals(bars.map(([, , height]) => Math.round(height)), counts.filter((count) => count > 0));
});

Deno.test("formatReport() shows the rows with the largest residuals, with the columns of the table", async () => {
  const { html, all: [{ y, t, d }], set } = await computed(1), section = sectionIn(html, "Worst rows");
  const worst = d.map((value, row) => ({ row, size: Math.abs(value) })).sort((a, b) => b.size - a.size).slice(
    0,
    25,
  );
  assertEquals(tableIn(section), [
    ["row", "target", "output", "residual", "<i>size</i>", "color"],
    ...worst.map(({ row }) => [
      String(row),
      amount(t[row]),
      amount(y[row]),
      amount(d[row]),
      amount(set.inputs[3 * row]),
      set.inputs[3 * row + 1] === 1 ? "red" : "<script>alert(1)</script>",
    ]),
  ]);
});

Deno.test("formatReport() lists the inputs of a table by their strength in layer 1", async () => {
  const { html, source: { mlp, set } } = await reportOf(tableSet(1), [dense(1, "linear")], loss);
  const weights = mlp.parameters["layer_1.weights"],
    names = ["<i>size</i>", "color = red", "color = <script>alert(1)</script>"];
  const expected = names.map((name, i) => {
    const values = [...set.inputs].filter((_, at) => at % 3 === i),
      mean = values.reduce((a, b) => a + b) / 120;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 120);
    return { name, strength: Math.abs(weights[i]) * deviation };
  }).sort((a, b) => b.strength - a.strength);
  assertEquals(
    rowsIn(sectionIn(html, "First layer")).map(([name, strength]) => [name, strength]),
    expected.map(({ name, strength }) => [name, amount(strength)]),
  );
});

Deno.test("formatReport() shows every output of a regression, and charts of the four with the lowest R²", async () => {
  const { html, all } = await computed(6);
  const rows = rowsIn(sectionIn(html, "Outputs"));
  assertEquals(rows.map(([name]) => name), [1, 2, 3, 4, 5, 6].map((number) => `output ${number}`));
  assertEquals(rows.map(([, value]) => value), all.map((scores) => r2(scores.r2)));
  const worst = all.map(({ r2 }, o) => ({ r2, o })).sort((a, b) => a.r2 - b.r2).slice(0, 4).map(({ o }) => o);
  const shown = [0, 1, 2, 3, 4, 5].filter((o) => html.includes(`aria-label="output ${o + 1}: residuals"`));
  assertEquals(shown, worst.sort());
  assert(sectionIn(html, "Residuals").includes("4 of 6 outputs"));
  const [row, name] = rowsIn(sectionIn(html, "Worst rows"))[0];
  const sizes = all.map(({ d, rms }) => d.map((value) => Math.abs(value) / rms)),
    most = Math.max(...sizes.flat());
  const output = sizes.findIndex((values) => values.includes(most));
  assertEquals([row, name], [String(sizes[output].indexOf(most)), `output ${output + 1}`]);
});

Deno.test("formatReport() shows a regression without an error, and one with equal targets", async () => {
  const set = tableSet(1), { source } = await reportOf(set, [dense(1, "linear")], loss);
  const { formatReport } = await import("../../src/report/report.ts");
  const exact = await formatReport({ ...source, outputs: Float32Array.from(set.targets!) });
  assert(exact.includes("Every output is equal to its target"));
  assertEquals(scoresIn(exact)["R²"], "1.0000");
  const targets = new Float32Array(120).fill(5);
  const equal = await formatReport({
    ...source,
    set: { ...set, targets },
    outputs: targets.slice(),
    settings: { loss },
  });
  assertEquals(scoresIn(equal)["mean absolute error"], "0");
  assert(!/d="[^"]*NaN|="NaN/.test(equal) && !/d="[^"]*NaN|="NaN/.test(exact));
});
