import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { LEARN_IDS, parseLearnData } from "../../src/gui/learn/data.ts";
import { checkLearnable, formatLearnData } from "../../src/gui/learn/pack_data.ts";
import { formatLearnPage } from "../../src/gui/learn/page.ts";
import { createLearnServer } from "../../src/gui/learn/server.ts";
import { OP_WORDS } from "../../src/gui/learn/script/words.ts";
import { unpackBytes } from "../../src/gui/standalone/packing.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, parseLayers } from "../../src/plan/layers.ts";
import { SMALL } from "../../tasks/shared/learn_page.ts";
import { SOURCES, sourcesText } from "../../tasks/learn/sources.ts";
import { sourceOf } from "../../tasks/backprop/source.ts";
import { train } from "../../src/training/train.ts";
import { isGranted } from "../support/permissions.ts";

const reading = { ignore: !isGranted({ name: "read" }) };
const { train: digits, test } = drawDigits({ count: 500, testCount: 260 });

async function trained(layers: string): Promise<Mlp> {
  const mlp = Mlp.create(parseLayers(layers), digits);
  await using backend = openReference();
  for await (const _ of train(mlp, digits, { backend, epochs: 2 }));
  return mlp;
}

Deno.test({
  name: "sources.json has the excerpts of the project's source (needs --allow-read)",
  ...reading,
  fn: () => {
    assertEquals(sourceOf(SOURCES).split("\n"), sourcesText().split("\n"), "run `deno task build:learn`");
  },
});

Deno.test({
  name: "OP_WORDS names sections that docs/backprop.md has (needs --allow-read)",
  ...reading,
  fn: () => {
    const headings = sourceOf("docs/backprop.md").split("\n").filter((line) => line.startsWith("#"));
    for (const { section } of Object.values(OP_WORDS)) assert(headings.includes(`### ${section}`), section);
    const html = sourceOf("src/gui/learn/learn.html");
    const named = [...html.matchAll(/docs\/backprop\.md: ([^<]+)</g)].map(([, section]) => section);
    assertEquals(named.length, 2);
    for (const section of named) {
      assert(headings.some((line) => line.replace(/^#+ /, "") === section), section);
    }
  },
});

Deno.test("formatLearnPage() with the network of `deno task learn` is smaller than 250,000 bytes, and requests nothing", async () => {
  const mlp = await trained(SMALL.layers);
  const { bytes, policy, testRows, packed } = await formatLearnPage(mlp, {
    rows: test!,
    origin: "</script><b>",
  });
  assertEquals([testRows, packed.precision], [200, "float16"]);
  assert(bytes.length <= 250_000, `${bytes.length} bytes`);
  const html = new TextDecoder().decode(bytes);
  assertStringIncludes(html, `http-equiv="Content-Security-Policy" content="${policy}"`);
  assertMatch(
    policy,
    /^default-src 'none'; script-src 'sha256-\S+' 'wasm-unsafe-eval'; style-src 'sha256-\S+'; img-src data:; /,
  );
  for (
    const [kind, pattern] of [["script", /<script type="module">([^]*?)<\/script>/], [
      "style",
      /<style>([^]*?)<\/style>/,
    ]] as const
  ) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pattern.exec(html)![1]));
    assertStringIncludes(policy, `${kind}-src 'sha256-${new Uint8Array(digest).toBase64()}'`);
  }
  assertEquals(html.match(/ (src|href)="(?!data:|#)/g), null);
  assertEquals(html.match(/ (style|on\w+)="/g), null);
  assert(!html.includes("</script><b>"));
  const data = parseLearnData(
    await unpackBytes(new RegExp(`id="${LEARN_IDS.data}">([^<]*)<`).exec(html)![1]),
  );
  assertEquals([data.origin, data.source, data.labels.length], ["</script><b>", test!.source, 200]);
});

Deno.test("parseLearnData() returns what formatLearnData() wrote, and refuses damaged bytes", async () => {
  const mlp = await trained("8:tanh,10:softmax");
  for (const precision of ["float16", "float32"] as const) {
    const bytes = formatLearnData(mlp, { rows: test!, origin: "a test", precision });
    const { network, classNames, inputs, labels } = parseLearnData(bytes);
    assertEquals(classNames, [..."0123456789"]);
    assertEquals(
      network.layers,
      mlp.layers.map(({ outFeatures, activation }) => ({ outFeatures, activation })),
    );
    assertEquals([...labels], [...test!.labels!]);
    for (const [i, value] of test!.inputs.entries()) assert(Math.abs(inputs[i] - value) <= 8.5);
    for (const [name, values] of Object.entries(mlp.parameters)) {
      for (const [i, value] of values.entries()) {
        const allowed = precision === "float16" && name.endsWith(".weights")
          ? Math.max(Math.abs(value) * 2 ** -11, 2 ** -25)
          : 0;
        assert(Math.abs(network.parameters[name][i] - Math.fround(value)) <= allowed, name);
      }
    }
    for (
      const damaged of [
        bytes.subarray(0, 5),
        bytes.subarray(0, 900),
        bytes.map((byte, i) => i === 2000 ? byte ^ 1 : byte),
      ]
    ) {
      assertThrows(
        () => parseLearnData(damaged as Uint8Array<ArrayBuffer>),
        Error,
        "The page's data is damaged",
      );
    }
  }
});

Deno.test("checkLearnable() refuses networks that the page cannot show", async () => {
  const spec = { inputShape: [28, 28], inputScale: 1 / 255 },
    hidden = [dense(4, "relu"), dense(10, "softmax")];
  checkLearnable(Mlp.create(hidden, spec));
  const refused: [Mlp, string][] = [
    [Mlp.create(hidden, { ...spec, inputShape: [8, 8] }), "its inputs have shape [8, 8]"],
    [Mlp.create(hidden, { ...spec, inputScale: 1 }), "its inputs have shape [28, 28]"],
    [Mlp.create([dense(4, "relu"), dense(10, "linear")], spec), 'its last layer is "linear"'],
    [Mlp.create([dense(10, "softmax")], spec), "it has 1 layer"],
    [Mlp.create([dense(4, "relu"), dense(40, "softmax")], spec), "it has 40 classes"],
  ];
  for (const [mlp, found] of refused) assertThrows(() => checkLearnable(mlp), TypeError, found);
  await assertRejects(() => formatLearnPage(refused[0][0], { rows: test!, origin: "" }), TypeError);
});

Deno.test("createLearnServer() serves the file at one address, to its own page only", async () => {
  const page = { bytes: new TextEncoder().encode("<!doctype html>"), policy: "default-src 'none'" };
  const { handle } = createLearnServer(page);
  const ask = (path: string, init: RequestInit = {}) =>
    handle(new Request(`http://127.0.0.1:8000${path}`, init));
  const good = await ask("/");
  assertEquals([good.status, await good.text()], [200, "<!doctype html>"]);
  assertEquals(good.headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
  assertEquals(good.headers.get("x-content-type-options"), "nosniff");
  const head = await ask("/", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  for (
    const [status, path, init] of [
      [404, "/predict", {}],
      [405, "/", { method: "POST" }],
      [421, "/", { headers: { host: "evil.example" } }],
      [403, "/", { headers: { origin: "http://evil.example" } }],
      [403, "/", { headers: { "sec-fetch-site": "cross-site" } }],
    ] as const
  ) {
    const response = await ask(path, init);
    assertEquals(response.status, status, path);
    assertEquals(response.headers.get("x-content-type-options"), "nosniff");
    assertMatch((await response.json()).error, /^[A-Z]/);
  }
});
