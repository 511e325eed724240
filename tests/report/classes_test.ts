import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { wilsonInterval } from "../../src/wilson.ts";
import { confusionsOf } from "../../src/report/classes.ts";
import { chartIn, imagesIn, rowsIn, scoresIn, sectionIn, textOf } from "./parse.ts";
import { imageReport, imageSet, reportOf } from "./sources.ts";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Computes everything about classes from the network and the set alone. */
async function computed() {
  const { source: { mlp, set, epochs }, html } = await imageReport();
  const labels = [...set.labels!], all = mlp.predict(set.inputs);
  const rows = labels.map((label, row) => {
    const p = [...all.subarray(4 * row, 4 * row + 4)], confidence = Math.max(...p);
    return { row, label, p, confidence, guess: p.indexOf(confidence), loss: -Math.log(p[label]) };
  });
  return { mlp, set, epochs, html, rows, wrong: rows.filter(({ label, guess }) => label !== guess) };
}

Deno.test("formatReport() shows the accuracy, the loss and the mean F1 of the network on the set", async () => {
  const { rows, wrong, html } = await computed();
  const n = rows.length,
    share = 1 - wrong.length / n,
    f1 = [0, 1, 2, 3].map((c) => {
      const both = rows.filter(({ label, guess }) => label === c && guess === c).length;
      return 2 * both /
        (rows.filter(({ label }) => label === c).length + rows.filter(({ guess }) => guess === c).length);
    });
  const scores = scoresIn(html), { low, high } = wilsonInterval(n - wrong.length, n);
  assertEquals(scores.accuracy, `${percent(share)} [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`);
  assertEquals(scores.correct, `${n - wrong.length} of ${n}`);
  assertEquals(scores["mean F1 of the classes"], (f1.reduce((a, b) => a + b) / 4).toFixed(4));
  assertEquals(scores.loss, (rows.reduce((sum, { loss }) => sum + loss, 0) / n).toFixed(4));
  assertEquals(scores.rows, "120");
});

Deno.test("formatReport() shows precision, recall and F1 of each class, and the confusion matrix", async () => {
  const { rows, html, set } = await computed();
  const count = (test: (row: typeof rows[number]) => boolean) => rows.filter(test).length;
  const expected = set.classNames!.map((name, c) => {
    const both = count(({ label, guess }) => label === c && guess === c);
    const own = count(({ label }) => label === c), predicted = count(({ guess }) => guess === c);
    const f1 = (2 * both / (own + predicted)).toFixed(4);
    return [name, String(own), predicted === 0 ? "–" : percent(both / predicted), percent(both / own), f1];
  });
  assertEquals(rowsIn(sectionIn(html, "Classes")), expected);
  const matrix = set.classNames!.map((name, label) => [
    name,
    ...[0, 1, 2, 3].map((guess) => String(count((row) => row.label === label && row.guess === guess))),
  ]);
  assertEquals(rowsIn(sectionIn(html, "Confusion matrix")), matrix);
  const [, list] = sectionIn(html, "Confusion matrix").split("<ol");
  const [first] = [...list.matchAll(/<li>(.*?)<\/li>/g)].map(([, item]) => textOf(item));
  const off = matrix.flatMap(([name, ...cells], label) =>
    cells.flatMap((cell, guess) => label === guess ? [] : [{ name, guess, rows: Number(cell) }])
  ).sort((a, b) => b.rows - a.rows);
  const { name, guess, rows: most } = off[0];
  assertEquals(first, `${name} taken for ${set.classNames![guess]}: ${most} ${most === 1 ? "row" : "rows"}`);
});

Deno.test("formatReport() shows the calibration in 15 ranges, as a table and as a diagram", async () => {
  const { rows, html } = await computed(), section = sectionIn(html, "Calibration");
  let error = 0;
  const expected: string[][] = [], points: [number, number][] = [];
  for (let bin = 0; bin < 15; bin++) {
    const own = rows.filter(({ confidence }) => confidence > bin / 15 && confidence <= (bin + 1) / 15);
    if (own.length === 0) continue;
    const confidence = own.reduce((sum, row) => sum + row.confidence, 0) / own.length;
    const share = own.filter(({ label, guess }) => label === guess).length / own.length;
    error += own.length / rows.length * Math.abs(confidence - share);
    const ends = `${(100 * bin / 15).toFixed(1)} to ${(100 * (bin + 1) / 15).toFixed(1)} %`;
    expected.push([ends, String(own.length), percent(confidence), percent(share)]);
    points.push([confidence, share]);
  }
  assert(expected.length > 2, "several ranges");
  assertEquals(rowsIn(section), expected);
  assertEquals(/id="ece">(.*?)</.exec(section)?.[1], percent(error));
  assertEquals(scoresIn(html)["expected calibration error"], percent(error));
  const { circles, bars } = chartIn(html, "Reliability diagram");
  for (const [i, [confidence, share]] of points.entries()) {
    assertAlmostEquals(circles[i][0], confidence, 0.001);
    assertAlmostEquals(circles[i][1], share, 0.001);
    assertAlmostEquals(bars[i][2], share, 0.001);
    assert(bars[i][0] <= confidence + 0.001 && bars[i][1] >= confidence - 0.004);
  }
});

Deno.test("formatReport() shows the 25 worst mistakes with their pixels", async () => {
  const { rows, wrong, html, set } = await computed(), section = sectionIn(html, "Worst mistakes");
  assert(wrong.length > 25 && wrong.length < rows.length, `${wrong.length} mistakes`);
  const worst = [...wrong].sort((a, b) => b.loss - a.loss).slice(0, 25), images = await imagesIn(section);
  const captions = [...section.matchAll(/<figcaption>(.*?)<\/figcaption>/gs)].map(([, caption]) =>
    [...caption.matchAll(/<span>(.*?)<\/span>/gs)].map(([, text]) => textOf(text))
  );
  assertEquals([images.length, captions.length], [25, 25]);
  for (const [i, { row, label, guess, confidence, loss }] of worst.entries()) {
    assertEquals(captions[i], [
      `row ${row}`,
      `label ${set.classNames![label]}`,
      `predicted ${set.classNames![guess]}`,
      `confidence ${percent(confidence)}`,
      `loss ${loss.toFixed(4)}`,
    ]);
    const { width, height, channels, pixels } = images[i];
    assertEquals([width, height, channels, [...pixels]], [5, 6, 1, [
      ...set.inputs.subarray(30 * row, 30 * row + 30),
    ]]);
  }
});

Deno.test("formatReport() shows the weights of the first layer in red, white and blue", async () => {
  const { mlp, html } = await computed(), section = sectionIn(html, "First layer");
  const weights = mlp.parameters["layer_1.weights"], images = await imagesIn(section);
  assertEquals(images.length, 6);
  for (const [unit, { pixels }] of images.entries()) {
    const own = [...weights.subarray(30 * unit, 30 * unit + 30)], largest = Math.max(...own.map(Math.abs));
    for (const [i, weight] of own.entries()) {
      const end = weight < 0 ? [33, 102, 172] : [178, 24, 43], part = Math.abs(weight) / largest;
      assertEquals(
        [...pixels.subarray(3 * i, 3 * i + 3)],
        end.map((value) => Math.round(255 + part * (value - 255))),
      );
    }
    assert(section.includes(`${unit + 1}: ±${largest.toPrecision(2)}`), `unit ${unit + 1}`);
  }
});

Deno.test("formatReport() says that outputs without probabilities have no calibration", async () => {
  const { html } = await reportOf(imageSet(), [dense(4, "sigmoid")], "mean-squared-error", 1);
  assertEquals(sectionIn(html, "Calibration").includes("not probabilities"), true);
  assertEquals(scoresIn(html)["expected calibration error"], undefined);
});

Deno.test("formatReport() shows two classes of one output with the confidence of the predicted one", async () => {
  const { labels, ...rest } = imageSet(),
    set = { ...rest, labels: labels!.map((label) => label % 2), outFeatures: 2 };
  const { html, source: { mlp } } = await reportOf({ ...set, classNames: ["even", "odd"] }, [
    dense(1, "sigmoid"),
  ], "binary-cross-entropy");
  const p = mlp.predict(set.inputs),
    worst = [...p].map((odd, row) => {
      const label = set.labels[row], guess = Number(odd > 0.5);
      return { row, label, guess, confidence: guess === 1 ? odd : 1 - odd };
    }).filter(({ label, guess }) => label !== guess).sort((a, b) => b.confidence - a.confidence);
  const [, first] = /<figcaption>(.*?)<\/figcaption>/s.exec(sectionIn(html, "Worst mistakes"))!;
  assertEquals([...first.matchAll(/<b>(.*?)<\/b>/g)].slice(0, 3).map(([, text]) => text), [
    ["even", "odd"][worst[0].label],
    ["even", "odd"][worst[0].guess],
    percent(worst[0].confidence),
  ]);
});

Deno.test("formatReport() shows a confusion matrix of many classes as a picture", async () => {
  const set = imageSet(), labels = set.labels!.map((_, row) => row % 40);
  const { html, source } = await reportOf(
    { ...set, labels, outFeatures: 40, classNames: undefined },
    [dense(40, "softmax")],
    "cross-entropy",
    1,
  );
  const [{ width, height, pixels }] = await imagesIn(sectionIn(html, "Confusion matrix"));
  assertEquals([width, height], [40, 40]);
  const guesses = [...labels].map((_, row) => {
    const p = [...source.mlp.predict(set.inputs.subarray(30 * row, 30 * row + 30))];
    return p.indexOf(Math.max(...p));
  });
  const found = Array.from({ length: 1600 }, (_, i) => i).filter((i) =>
    pixels[3 * i] + pixels[3 * i + 2] < 510
  );
  const expected = new Set(Array.from(labels, (label, row) => 40 * label + guesses[row]));
  assertEquals(found, [...expected].sort((a, b) => a - b));
});

Deno.test("confusionsOf() lists the most frequent confusions, and no correct predictions", () => {
  const found = confusionsOf(Uint32Array.of(9, 2, 0, 3, 9, 3, 1, 0, 9), 3);
  assertEquals(found, [
    { label: 1, guess: 0, rows: 3 },
    { label: 1, guess: 2, rows: 3 },
    { label: 0, guess: 1, rows: 2 },
  ]);
});
