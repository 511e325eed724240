import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { DATA_IDS } from "../../src/gui/standalone/data_ids.ts";
import { formatHalf, packNetwork } from "../../src/gui/standalone/network.ts";
import { packBytes, unpackBytes } from "../../src/gui/standalone/packing.ts";
import { formatStandalonePage } from "../../src/gui/standalone/page.ts";
import { chooseRows, formatPageData, parsePageData } from "../../src/gui/standalone/rows.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork } from "./support.ts";

const { train, test } = drawDigits({ count: 60, testCount: 50 });

Deno.test("unpackBytes() reverses packBytes(), and refuses other text", async () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);
  const text = await packBytes(bytes);
  assertMatch(text, /^[\w+/=]+$/);
  assertEquals(await unpackBytes(text), bytes);
  await assertRejects(() => unpackBytes("%"), TypeError, "base64");
});

Deno.test("formatHalf() writes a file that Mlp.parse() reads, with weights rounded to float16", async () => {
  const mlp = createNetwork(), half = await Mlp.parse(formatHalf(mlp));
  assert(formatHalf(mlp).length < 0.6 * mlp.format().length);
  assertEquals(half.layers, mlp.layers);
  for (const [name, values] of Object.entries(mlp.parameters)) {
    for (const [i, value] of values.entries()) {
      const found = half.parameters[name][i];
      assert(Math.abs(found - value) <= Math.max(Math.abs(value) * 2 ** -11, 2 ** -25), name);
      if (name.endsWith(".bias")) assertEquals(found, value);
    }
  }
});

Deno.test("packNetwork() uses float16 only if no prediction changes", async () => {
  const mlp = createNetwork(), { inputs } = test!;
  const progress: number[] = [];
  const packed = await packNetwork(mlp, { inputs, onProgress: (rows) => progress.push(rows) });
  assertEquals([packed.precision, packed.changed, progress], ["float16", 0, [50]]);
  assert(packed.largestDifference > 0 && packed.largestDifference < 1e-3);
  assertEquals(packed.bytes, formatHalf(mlp));

  // Two classes whose weights differ by less than float16 can represent.
  const values = new Float32Array(10 * 7).fill(1);
  values.fill(1 + 2 ** -20, 7, 14);
  const bias = new Float32Array(12).fill(1);
  const parameters = { ...mlp.parameters, "layer_1.bias": bias, "layer_2.bias": new Float32Array(7).fill(5) };
  const close = new Mlp({ ...mlp, parameters: { ...parameters, "layer_3.weights": values } });
  const kept = await packNetwork(close, { inputs });
  assertEquals([kept.precision, kept.changed], ["float32", 50]);
  assertEquals(kept.bytes, close.format());

  values[0] = 70_000; // too large for float16
  const large = await packNetwork(close, { inputs });
  assertEquals([large.precision, large.largestDifference], ["float32", Infinity]);
});

Deno.test("packNetwork() ends when its signal is aborted", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => packNetwork(createNetwork(), { inputs: test!.inputs, signal }),
    Error,
    "enough",
  );
});

Deno.test("chooseRows() takes rows at equal distances, and not more than there are", () => {
  const { dataset, places } = chooseRows(test!, 10);
  assertEquals([...places], [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  assertEquals([...dataset.labels!], [...places].map((place) => test!.labels![place]));
  assertEquals([dataset.source, dataset.inputs.length], [test!.source, 7840]);
  assertEquals(chooseRows(test!, 99).places.length, 50);
});

Deno.test("parsePageData() reverses formatPageData(), and refuses rows of another network", async () => {
  const mlp = createNetwork();
  const data = {
    origin: 'm.npz, "trained" </script>',
    test: chooseRows(test!, 7),
    train: chooseRows(train, 9),
  };
  const found = await parsePageData(formatPageData(data), mlp);
  assertEquals(found.origin, data.origin);
  for (const set of ["test", "train"] as const) {
    assertEquals(found[set]!.places, data[set].places);
    assertEquals(found[set]!.dataset.inputs, data[set].dataset.inputs);
    assertEquals(found[set]!.dataset.labels, data[set].dataset.labels);
    assertEquals(found[set]!.dataset.source, data[set].dataset.source);
  }
  assertEquals(await parsePageData(formatPageData({ origin: "m" }), mlp), { origin: "m" });
  const other = Mlp.create(mlp.layers, { ...mlp, inputShape: [10, 10] });
  await assertRejects(() => parsePageData(formatPageData(data), other), Error, "do not fit its network");
});

Deno.test("formatStandalonePage() writes one file whose policy allows its own script and style, and no request", async () => {
  const network = formatHalf(createNetwork()),
    data = { origin: "</script><script>alert(1)", test: chooseRows(test!, 5) };
  const { bytes, networkBytes } = await formatStandalonePage(network, data);
  const html = new TextDecoder().decode(bytes);
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)!;
  const rules = policy.split("; ");
  assertEquals(rules[0], "default-src 'none'");
  assertEquals(rules.some((rule) => /unsafe-inline|'unsafe-eval'|connect|http|\*/.test(rule)), false);
  for (
    const [kind, pattern] of [["script", /<script type="module">([^]*?)<\/script>/], [
      "style",
      /<style>([^]*?)<\/style>/,
    ]] as const
  ) {
    const [, text] = pattern.exec(html)!;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const rule = rules.find((rule) => rule.startsWith(`${kind}-src `))!;
    assertStringIncludes(rule, `'sha256-${new Uint8Array(digest).toBase64()}'`);
  }
  assertEquals(html.match(/<\/?script\b/g)!.length, 6); // the script, and two blocks of data
  assertEquals(html.match(/ (src|href)="(?!data:)/g), null);
  assert(!html.includes("alert(1)"));
  assert(!/<meta name="token"|page\.css|server\.js/.test(html));
  const [, packed] = new RegExp(`id="${DATA_IDS.network}">([^<]*)<`).exec(html)!;
  assertEquals([packed.length, await unpackBytes(packed)], [networkBytes, network]);
});

Deno.test("formatStandalonePage() uses every file of the page's style, and the page's own HTML", async () => {
  const { bytes } = await formatStandalonePage(formatHalf(createNetwork()), { origin: "m" });
  const html = new TextDecoder().decode(bytes);
  assertStringIncludes(html, pageFiles.find(({ route }) => route === "/page.css")!.text);
  for (const id of ["pad", "guess", "verdict", "clear"]) assertStringIncludes(html, `id="${id}"`);
});
