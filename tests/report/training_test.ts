import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { formatReport } from "../../src/report/report.ts";
import { learningRates } from "../../src/plan/schedules.ts";
import { chartIn, rowsIn, sectionIn, sectionsIn, tableIn, textOf } from "./parse.ts";
import { imageReport, imageSet, reportOf, tableSet } from "./sources.ts";

Deno.test("formatReport() shows the results of each epoch as a table and as curves", async () => {
  const { source: { epochs, mlp, set }, html } = await imageReport();
  const section = sectionIn(html, "Training"), percent = (share = NaN) => `${(100 * share).toFixed(2)} %`;
  const rates = epochs.map(({ epoch }) =>
    learningRates(mlp.training!.config, epoch, Math.ceil(120 / 16)).at(-1)!
  );
  assertEquals(tableIn(section), [
    ["epoch", "train loss", "train accuracy", "test loss", "test accuracy", "learning rate", "seconds"],
    ...epochs.map(({ epoch, trainLoss, trainAccuracy, test }, i) => [
      String(epoch),
      trainLoss.toFixed(4),
      percent(trainAccuracy),
      test!.loss.toFixed(4),
      percent(test!.accuracy),
      String(Number(rates[i].toPrecision(4))),
      (epoch / 8).toFixed(3),
    ]),
  ]);
  // The last row is that of the network itself.
  const loss = [...set.labels!].reduce(
    (sum, label, row) => sum - Math.log(mlp.predict(set.inputs.subarray(30 * row, 30 * row + 30))[label]),
    0,
  ) / 120;
  assertEquals(rowsIn(section)[2][3], loss.toFixed(4));
  assertEquals(/id="total">(.*?)</.exec(section)?.[1], "750 ms");
  assertEquals(/id="median">(.*?)</.exec(section)?.[1], "250 ms");
  const curves = {
    Loss: [epochs.map(({ trainLoss }) => trainLoss), epochs.map(({ test }) => test!.loss)],
    Accuracy: [epochs.map(({ trainAccuracy }) => trainAccuracy!), epochs.map(({ test }) => test!.accuracy!)],
    "Learning rate": [rates],
    "Seconds an epoch": [[0.125, 0.25, 0.375]],
  };
  for (const [title, lines] of Object.entries(curves)) {
    const read = chartIn(html, title).lines, range = Math.max(...lines.flat()) - Math.min(...lines.flat());
    assertEquals(read.map(({ length }) => length), lines.map(({ length }) => length), title);
    for (const [i, line] of lines.entries()) {
      for (const [epoch, value] of line.entries()) {
        assertAlmostEquals(read[i][epoch][0], epoch + 1, 0.01);
        assertAlmostEquals(read[i][epoch][1], value, range / 500, `${title}, epoch ${epoch + 1}`);
      }
    }
  }
});

Deno.test("formatReport() shows a loss that falls more than 20-fold on a logarithmic axis", async () => {
  const { source } = await imageReport();
  const epochs = [3, 1, 0.2, 0.04].map((trainLoss, i) => ({
    epoch: i + 1,
    trainLoss,
    learningRate: 0.1,
    seconds: 1,
  }));
  const [line] = chartIn(await formatReport({ ...source, epochs }), "Loss", { isLog: true }).lines;
  for (const [i, { trainLoss }] of epochs.entries()) assertAlmostEquals(line[i][1] / trainLoss, 1, 0.01);
});

Deno.test("formatReport() shows one epoch as dots, and interrupts a curve at a value that is not finite", async () => {
  const { source } = await imageReport();
  const epochsOf = (...losses: number[]) =>
    losses.map((trainLoss, i) => ({ epoch: i + 1, trainLoss, learningRate: 0.1, seconds: 1 }));
  const one = chartIn(await formatReport({ ...source, epochs: epochsOf(0.5) }), "Loss");
  assertEquals([one.lines.length, one.circles.length], [0, 1]);
  const html = await formatReport({ ...source, epochs: epochsOf(1, 2, NaN, 2, 1) });
  const [, path] = /class="line0" d="([^"]*)"/.exec(html.slice(html.indexOf('aria-label="Loss"')))!;
  assertEquals(path.replace(/[\d. ]/g, ""), "MLML");
  assert(!/NaN|Infinity|undefined/.test(sectionIn(html, "Training").replace(/<td[^>]*>NaN/g, "")));
});

Deno.test("formatReport() thins the curves of many epochs and says so", async () => {
  const { source } = await imageReport();
  const epochs = Array.from(
    { length: 5000 },
    (_, i) => ({ epoch: i + 1, trainLoss: 1 + i, learningRate: 1, seconds: 1 }),
  );
  const html = await formatReport({ ...source, epochs }),
    [line] = chartIn(html, "Loss", { isLog: true }).lines;
  assertEquals([line.length, rowsIn(sectionIn(html, "Training")).length], [400, 200]);
  assertAlmostEquals(line[399][0], 5000, 1);
  assert(html.includes("one of 400 epochs") && html.includes("200 epochs at equal distances"));
});

Deno.test("formatReport() shows the layers and the settings, those that are not the default in bold", async () => {
  const { html } = await imageReport(), section = sectionIn(html, "Network and settings");
  assertEquals(rowsIn(section), [["layer 1", "30", "6", "relu", "0", "186"], [
    "layer 2",
    "6",
    "4",
    "softmax",
    "0",
    "28",
  ]]);
  const settings = section.slice(section.indexOf("<details"));
  const rows = Object.fromEntries(rowsIn(settings).map(([name, value]) => [name, value]));
  assertEquals([rows.epochs, rows.seed, rows.schedule, rows.optimizer], ["3", "3", "cosine", "adam"]);
  const bold = [...settings.matchAll(/<b>(.*?)<\/b>/g)].map(([, text]) => textOf(text));
  assertEquals(bold, ["3", "16", "3", "cosine"]);
});

Deno.test("formatReport() shows R² over the epochs of a regression, and no accuracy", async () => {
  const { html, source: { epochs } } = await reportOf(
    tableSet(1),
    [dense(1, "linear")],
    "mean-squared-error",
  );
  const [line] = chartIn(html, "R²").lines;
  for (const [i, { test }] of epochs.entries()) assertAlmostEquals(line[i][1], test!.r2!, 0.01);
  assertEquals(html.includes('aria-label="Accuracy"'), false);
});

Deno.test("formatReport() has no section of training if no epoch is known, and says if a record is missing", async () => {
  const { source } = await imageReport();
  source.mlp.training = undefined;
  const html = await formatReport({ ...source, epochs: [] });
  assertEquals(sectionsIn(html), [
    "Results",
    "Classes",
    "Confusion matrix",
    "Calibration",
    "Worst mistakes",
    "First layer",
    "Network and settings",
    "How to reproduce it",
  ]);
  assert(html.includes("has no record of its training"));
  const again = await reportOf(imageSet(), [dense(4, "softmax")], "cross-entropy");
  const later = again.source.epochs.map((results) => ({ ...results, epoch: results.epoch + 5 }));
  assert(
    (await formatReport({ ...again.source, epochs: later })).includes(
      "The epochs before 6 were trained by an earlier run",
    ),
  );
});
