import { assert, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { chartIn, rowsIn, scoresIn, sectionIn, sectionsIn } from "./parse.ts";
import { reportOf, tableSet } from "./sources.ts";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

Deno.test("formatReport() shows the scores of each of several labels, their calibration and the worst rows", async () => {
  const set = tableSet(3, { isBinary: true });
  const { html, source: { mlp } } = await reportOf(
    set,
    [dense(8, "relu"), dense(3, "sigmoid")],
    "binary-cross-entropy",
    8,
  );
  assertEquals(sectionsIn(html).slice(2, 6), ["Labels", "Calibration", "Worst rows", "First layer"]);
  const p = mlp.predict(set.inputs), t = set.targets!, at = Array.from(p.keys());
  const rows = [0, 1, 2].map((o) => {
    const own = at.filter((i) => i % 3 === o), both = own.filter((i) => p[i] > 0.5 && t[i] === 1).length;
    const predicted = own.filter((i) => p[i] > 0.5).length, positive = own.filter((i) => t[i] === 1).length;
    const correct = own.filter((i) => (p[i] > 0.5) === (t[i] === 1)).length;
    const f1 = 2 * both / (predicted + positive);
    return [
      String(o),
      String(positive),
      percent(correct / 120),
      percent(both / predicted),
      percent(both / positive),
      f1.toFixed(4),
    ];
  });
  assertEquals(rowsIn(sectionIn(html, "Labels")), rows);
  let error = 0;
  const bins = Array.from({ length: 15 }, (_, bin) => {
    const own = at.filter((i) => p[i] > bin / 15 && p[i] <= (bin + 1) / 15);
    if (own.length === 0) return [];
    const mean = own.reduce((sum, i) => sum + p[i], 0) / own.length,
      share = own.filter((i) => t[i] === 1).length / own.length;
    error += own.length / p.length * Math.abs(share - mean);
    return [[String(own.length), percent(mean), percent(share)]];
  }).flat();
  assertEquals(rowsIn(sectionIn(html, "Calibration")).map(([, ...cells]) => cells), bins);
  assertEquals(chartIn(html, "Reliability diagram").bars.length, bins.length);
  const scores = scoresIn(html);
  assertEquals(scores["expected calibration error"], percent(error));
  assertEquals(
    scores["F1 (mean of the labels)"],
    (rows.reduce((sum, row) => sum + Number(row[5]), 0) / 3).toFixed(4),
  );
  const wrongRows = Array.from({ length: 120 }, (_, row) => {
    const wrong = [0, 1, 2].filter((o) => (p[3 * row + o] > 0.5) !== (t[3 * row + o] === 1));
    const loss = [0, 1, 2].reduce((sum, o) =>
      sum - Math.log(t[3 * row + o] === 1 ? p[3 * row + o] : 1 - p[3 * row + o]), 0) / 3;
    return { row, wrong, loss };
  }).filter(({ wrong }) => wrong.length > 0).sort((a, b) => b.loss - a.loss);
  assertEquals(scores.correct, `${120 - wrongRows.length} of 120`);
  const listed = rowsIn(sectionIn(html, "Worst rows"));
  assert(listed.length === 25 && wrongRows.length > 25);
  for (const [i, [row, missed, added, loss]] of listed.entries()) {
    const { wrong, ...expected } = wrongRows[i];
    const names = (positive: number) =>
      wrong.filter((o) => t[3 * expected.row + o] === positive).join(", ") || "–";
    assertEquals([row, missed, added, loss], [
      String(expected.row),
      names(1),
      names(0),
      expected.loss.toFixed(4),
    ]);
  }
});
