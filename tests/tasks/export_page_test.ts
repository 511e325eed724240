import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DATA_IDS } from "../../src/gui/standalone/data_ids.ts";
import { unpackBytes } from "../../src/gui/standalone/packing.ts";
import { parsePageData } from "../../src/gui/standalone/rows.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { drawImages, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

/** Writes a network of three classes, whose names are not those of MNIST, so that MNIST is not its default data set. */
async function writeModel(folder: Folder): Promise<Mlp> {
  const mlp = Mlp.create([dense(8, "relu"), dense(3, "softmax")], {
    inputShape: [28, 28],
    inputScale: 1 / 255,
    classNames: ["a", "b", "c"],
  });
  await folder.write("m.npz", mlp.format());
  await folder.write("set.npz", setFile(drawImages({ shape: [28, 28] })));
  return mlp;
}

/** Returns the network and the rows inside of a page. */
async function contentOf(html: string) {
  const bytesOf = (id: string) => unpackBytes(new RegExp(`id="${id}">([^<]*)<`).exec(html)![1]);
  const mlp = await Mlp.parse(await bytesOf(DATA_IDS.network));
  return { mlp, data: await parsePageData(await bytesOf(DATA_IDS.data), mlp) };
}

taskTest("export writes a page with the network as float16 and rows of --data", async (folder) => {
  const { layers } = await writeModel(folder);
  const { code, stdout, stderr } = await folder.run(
    ...["export", "m.npz", "-o", "page.html", "--data", "set.npz", "--rows", "20"] as const,
  );
  assertEquals(code, 0, stderr);
  const bytes = (await folder.read("page.html")).length.toLocaleString("en-US");
  assertMatch(
    stdout,
    new RegExp(
      `^page\\.html: ${bytes} bytes, of which the network as float16 [\\d,]+ \\(no prediction of 60 rows changes, largest ` +
        `difference \\d\\.\\de-\\d+\\); 20 test rows and 20 training rows\n$`,
    ),
  );
  assertMatch(linesOf(stderr)[1], /^data {5}set\.npz: 240 rows to train, 60 to test/);
  const { mlp, data } = await contentOf(new TextDecoder().decode(await folder.read("page.html")));
  assertEquals([mlp.layers, mlp.classNames], [layers, ["a", "b", "c"]]);
  assertEquals([data.origin, data.test?.dataset.source, data.test?.places[1]], ["m.npz", "set.npz", 3]);
});

taskTest("export writes a page without rows, and says so, if no data set is named", async (folder) => {
  await writeModel(folder);
  const outcome = await folder.run("export", "-m", "m.npz", "-o", "p", "--format", "html", "--json");
  assertEquals(outcome.code, 0, outcome.stderr);
  const [result] = jsonOf(outcome);
  const { bytes, networkBytes, largestDifference, ...rest } = result;
  assert(Number(networkBytes) > 10_000 && Number(bytes) > Number(networkBytes) + 100_000);
  assert(Number(largestDifference) < 1e-3);
  assertEquals(rest, {
    path: "p",
    format: "html",
    precision: "float16",
    rows: 1000,
    changed: 0,
    testRows: 0,
    trainRows: 0,
  });
  assertStringIncludes(
    outcome.stderr,
    "rows     1,000 made rows, because there is no test set (--data names",
  );
  assertStringIncludes(outcome.stderr, "warning: the page has no rows of a data set, so it cannot show any");
});

taskTest(
  "export compares a page on the training set if there is no test set, and has its rows",
  async (folder) => {
    await writeModel(folder);
    await folder.write("set.npz", setFile(drawImages({ shape: [28, 28], testRows: 0 })));
    const { code, stdout, stderr } = await folder.run(
      ...["export", "m.npz", "-o", "p.html", "--data", "set.npz"] as const,
    );
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /no prediction of 240 rows changes, .*; 0 test rows and 240 training rows\n$/);
    assertStringIncludes(stderr, "rows     of the training set, because there is no test set\n");
    assertEquals(stderr.includes("warning"), false);
  },
);

taskTest("export keeps float32 in a page if predictions would change, and says so", async (folder) => {
  const mlp = await writeModel(folder),
    weights = mlp.parameters["layer_1.weights"].map((weight) => weight / 1e6);
  await folder.write(
    "m.npz",
    new Mlp({ ...mlp, parameters: { ...mlp.parameters, "layer_1.weights": weights } }).format(),
  );
  const { code, stdout, stderr } = await folder.run("export", "m.npz", "-o", "p.html", "--data", "set.npz");
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /weights {2}float32, because as float16 \d+ of 60 predictions would change/);
  assertMatch(stdout, /the network as float32 [\d,]+ \(the weights of the network itself\)/);
});

taskTest(
  "export refuses pages of networks that the page cannot show, and replaces files with --force only",
  async (folder) => {
    await writeModel(folder);
    const small = Mlp.create([dense(101, "softmax")], { inputShape: [4] });
    await folder.write("small.npz", small.format());
    await folder.write("old.html", new Uint8Array(3));
    await Deno.mkdir(join(folder.path, "folder.html"));
    for (
      const [code, message, ...args] of [
        [1, "The page cannot show this network", "small.npz", "-o", "a.html"],
        [1, `Cannot export to "old.html": it exists already`, "m.npz", "-o", "old.html"],
        [1, `Cannot export to "folder.html": it is a folder`, "m.npz", "-o", "folder.html"],
        [2, "--rows needs the format html", "m.npz", "-o", "a.js", "--rows", "3"],
        [2, "--set needs another format than html", "m.npz", "-o", "a.html", "--set", "train"],
        [2, "--precision needs the format onnx", "m.npz", "-o", "a.html", "--precision", "float32"],
      ] as const
    ) {
      const { code: found, stdout, stderr } = await folder.run("export", ...args);
      assertEquals([found, stdout], [code, ""], stderr);
      assertStringIncludes(stderr, message);
    }
    assertEquals(folder.names(), ["folder.html", "m.npz", "old.html", "set.npz", "small.npz"]);
    const { code, stderr } = await folder.run("export", "m.npz", "-o", "old.html", "--force");
    assertEquals(code, 0, stderr);
    assert((await folder.read("old.html")).length > 3);
  },
);
