import { assert, assertEquals, assertLess } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { dense } from "../../src/plan/layers.ts";
import { NO_CLASS } from "../../src/data/dataset.ts";
import { linearScale, logScale } from "../../src/report/axes.ts";
import { calibrationOf } from "../../src/training/calibration.ts";
import { everyNth } from "../../src/report/charts.ts";
import { html } from "../../src/report/html.ts";
import { colorOf, inputPixels } from "../../src/report/pictures.ts";
import { formatReport, REPORT_START } from "../../src/report/report.ts";
import { isGranted } from "../support/permissions.ts";
import { imagesIn, rowsIn, sectionIn, textOf } from "./parse.ts";
import { imageReport, imageSet, reportOf, tableSet } from "./sources.ts";

/** Matches markup that no report has: scripts, and anything from elsewhere. */
const FOREIGN =
  /<script|<iframe|<link|<object|<embed|<base|\son\w+\s*=|javascript:|@import|url\(|src="(?!data:image\/png;base64,)/i;

Deno.test("formatReport() makes a file without scripts and requests, and escapes every text", async () => {
  const reports = [
    await imageReport(),
    await reportOf(tableSet(1), [dense(1, "linear")], "mean-squared-error"),
    await reportOf(tableSet(2, { isBinary: true }), [dense(2, "sigmoid")], "binary-cross-entropy"),
  ];
  for (const { html, source } of reports) {
    assert(html.startsWith(REPORT_START) && html.endsWith("</html>"));
    assertEquals(FOREIGN.exec(html)?.[0], undefined);
    assert(html.includes(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`));
    for (const tag of ["<b>ape", "<i>size", "<a>", "<u>"]) assertEquals(html.includes(tag), false, tag);
    assertEquals(textOf(/<code>(.*?)<\/code>/s.exec(html)![1]), source.command);
    for (const tag of ["section", "table", "figure", "svg", "details", "div", "li", "tr", "p"]) {
      const count = (text: string) => html.split(text).length;
      assertEquals(count(`<${tag}>`) + count(`<${tag} `) - 1, count(`</${tag}>`), tag);
    }
    assertEquals(/\bundefined\b|\[object/.exec(html), null);
  }
});

Deno.test("formatReport() escapes a title, facts and names of any content", async () => {
  const { source } = await imageReport(), hostile = `"><script>alert('&')</script>\u0000\u202e\n`;
  const mlp = Object.assign(Object.create(Object.getPrototypeOf(source.mlp)), source.mlp, {
    classNames: [hostile, hostile, "a", "b"],
  });
  const set = { ...source.set, source: hostile };
  const report = await formatReport({
    ...source,
    mlp,
    set,
    title: hostile,
    command: hostile,
    facts: [[hostile, hostile]],
  });
  assertEquals(FOREIGN.exec(report)?.[0], undefined);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000\u202e]/.test(report), false);
  assertEquals(rowsIn(sectionIn(report, "Classes"))[0][0], `"><script>alert('&')</script>\\u0000\\u202e\\n`);
});

Deno.test("formatReport() gives the same text for the same content", async () => {
  const [one, other] = [await imageReport(), await imageReport()];
  assertEquals(one.html, other.html);
});

Deno.test("formatReport() makes large images smaller, and shows color", async () => {
  const inputs = Uint8Array.from({ length: 2 * 200 * 100 * 3 }, (_, i) => i % 3 === 0 ? 250 : 10);
  const set = {
    ...imageSet(),
    inputs,
    inputShape: [200, 100, 3],
    labels: Uint32Array.of(0, 1),
    outFeatures: 2,
    classNames: undefined,
  };
  const { html: report } = await reportOf(set, [dense(2, "softmax")], "cross-entropy", 1);
  const [image] = await imagesIn(sectionIn(report, "First layer"));
  assertEquals([image.height, image.width, image.channels], [96, 48, 3]);
  for (const { width, height, pixels } of await imagesIn(sectionIn(report, "Worst mistakes"))) {
    assertEquals([width, height, ...pixels.subarray(0, 3)], [48, 96, 250, 10, 10]);
  }
  assertLess(report.length, 300_000);
});

Deno.test("formatReport() leaves out rows that belong to no class, also if no row belongs to one", async () => {
  const set = imageSet(), labels = set.labels!.map((label, row) => row < 60 ? NO_CLASS : label);
  const { html: half, source } = await reportOf(
    { ...set, labels },
    [dense(4, "softmax")],
    "cross-entropy",
    1,
  );
  const rows = rowsIn(sectionIn(half, "Classes")).map(([, count]) => Number(count));
  assertEquals(rows.reduce((a, b) => a + b), 60);
  const none = await formatReport({
    ...source,
    set: { ...set, labels: new Uint32Array(120).fill(NO_CLASS) },
  });
  assert(sectionIn(none, "Calibration").includes("No row belongs to a class"));
  assertEquals(/NaN/.exec(none), null);
});

Deno.test("html escapes texts and keeps markup", () => {
  const inner = html`<b title="${'"x" <y>'}">${"a & b"}</b>`;
  assertEquals(inner.markup, '<b title="&quot;x&quot; &lt;y&gt;">a &amp; b</b>');
  assertEquals(html`<p>${[inner, 1, undefined, "'"]}</p>`.markup, `<p>${inner.markup}\n1\n\n&#39;</p>`);
});

Deno.test("calibrationOf() computes the expected calibration error of predictions", () => {
  const predictions = [
    [0.9, true],
    [0.9, false],
    [0.9, true],
    [0.9, true],
    [0.5, true],
    [0.5, false],
    [1, true],
    [0, false],
    [1 / 15, true],
  ];
  const { bins, error } = calibrationOf(
    predictions.map(([probability, isTrue]) => ({
      probability: Number(probability),
      isTrue: Boolean(isTrue),
    })),
  );
  assertEquals(bins.map(({ rows, share }) => [rows, share]), [[2, 0.5], [2, 0.5], [4, 0.75], [1, 1]]);
  const expected = (2 * Math.abs(0.5 - 1 / 30) + 2 * 0 + 4 * 0.15 + 1 * 0) / 9;
  assertEquals(error.toFixed(12), expected.toFixed(12));
});

Deno.test("linearScale() and logScale() have round ticks in their range", () => {
  assertEquals(linearScale([0.03, 0.34]).ticks, [0.1, 0.2, 0.3]);
  assertEquals(linearScale([0, 1]).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assertEquals(linearScale([5, 5]).range, [2.5, 7.5]);
  assertEquals(linearScale([0, 0]).range, [-0.5, 0.5]);
  assertEquals(logScale([0.04, 3]).ticks, [0.1, 0.3, 1, 3]);
  assertEquals([logScale([0.01, 1]).at(0.1), linearScale([2, 4]).at(3.5)], [0.5, 0.75]);
  assertEquals(everyNth(10, 4), [0, 3, 6, 9]);
});

Deno.test("inputPixels() shows inputs of any white value, and colorOf() has white for 0", () => {
  const { pixels } = inputPixels(Float32Array.of(0, 0.5, 1, 2), {
    width: 2,
    height: 2,
    channels: 1,
    white: 1,
  });
  assertEquals([...pixels], [0, 128, 255, 255]);
  assertEquals([colorOf(0), colorOf(1), colorOf(-1)], [[255, 255, 255], [178, 24, 43], [33, 102, 172]]);
});

Deno.test({
  name: "The charts of reports have at most 300 lines of code (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const texts = await Promise.all(
      ["charts", "axes"].map((name) =>
        Deno.readTextFile(fromFileUrl(new URL(`../../src/report/${name}.ts`, import.meta.url)))
      ),
    );
    assertLess(texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0), 301);
  },
});
