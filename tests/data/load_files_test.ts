/** Data sets in files and folders. */
import { assertEquals, assertRejects } from "@std/assert";
import { loadDataset, loadSets } from "../../src/data/load.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { isGranted } from "../support/permissions.ts";

/** Four images of 2 × 2 bytes. */
const X: NpzInput = { shape: [4, 2, 2], values: Uint8Array.from({ length: 16 }, (_, index) => 16 * index) };
const Y: NpzInput = { shape: [4], values: Uint8Array.of(0, 1, 2, 1) };

const canUseFiles = isGranted({ name: "read" }, { name: "write" });

/** Calls `work` with a new folder, and removes the folder afterward. */
async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fileTest(name: string, work: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `${name} (needs --allow-read --allow-write)`,
    ignore: !canUseFiles,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: () => withFolder(work),
  });
}

const IMAGES = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 200);
const LABEL_FILE = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 1);

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const FOLDERS: [name: string, train: string[], test: string[]][] = [
  ["as MNIST has them", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], [
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]],
  ["gzipped", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"], []],
  ["with a dot", ["train-images.idx3-ubyte", "train-labels.idx1-ubyte"], [
    "t10k-images.idx3-ubyte",
    "t10k-labels.idx1-ubyte",
  ]],
  ["with EMNIST's prefix", [
    "emnist-letters-train-images-idx3-ubyte.gz",
    "emnist-letters-train-labels-idx1-ubyte.gz",
  ], [
    "emnist-letters-test-images-idx3-ubyte.gz",
    "emnist-letters-test-labels-idx1-ubyte.gz",
  ]],
];

for (const [kind, train, test] of FOLDERS) {
  fileTest(`loadDataset() reads a folder of IDX files ${kind}`, async (folder) => {
    for (const file of [...train, ...test]) {
      const bytes = file.includes("images") ? IMAGES : LABEL_FILE;
      await Deno.writeFile(`${folder}/${file}`, file.endsWith(".gz") ? await gzip(bytes) : bytes);
    }
    const pair = await loadDataset(folder);
    assertEquals(pair.train.inputs, Uint8Array.of(10, 20, 30, 200));
    const shape = train[0].startsWith("emnist") ? [2, 1] : [1, 2]; // EMNIST's images are transposed
    assertEquals([pair.train.inputShape, pair.train.classNames, pair.train.source], [
      shape,
      ["1", "3"],
      folder,
    ]);
    assertEquals(pair.test, test.length === 0 ? undefined : pair.train);
  });
}

fileTest(
  "loadDataset() prefers an uncompressed IDX file to a gzip one, and refuses two possible files",
  async (folder) => {
    await Deno.writeFile(`${folder}/train-images-idx3-ubyte`, IMAGES);
    await Deno.writeFile(`${folder}/train-images-idx3-ubyte.gz`, Uint8Array.of(1));
    await Deno.writeFile(`${folder}/train-labels-idx1-ubyte`, LABEL_FILE);
    assertEquals((await loadDataset(folder)).train.inputs.length, 4);
    await Deno.writeFile(`${folder}/other-train-images-idx3-ubyte`, IMAGES);
    const fault = "both other-train-images-idx3-ubyte and train-images-idx3-ubyte could be its train images";
    await assertRejects(() => loadDataset(folder), FormatError, fault);
  },
);

fileTest("loadDataset() lists the files of a folder without a training set", async (folder) => {
  const needed =
    "needs train-images-idx3-ubyte and train-labels-idx1-ubyte, train.csv, or a folder of pictures";
  await assertRejects(() => loadDataset(folder), FormatError, `the folder holds nothing, ${needed}`);
  await Deno.writeFile(`${folder}/a.txt`, new Uint8Array(1));
  await assertRejects(() => loadDataset(folder), FormatError, `the folder holds a.txt, ${needed}`);
});

fileTest("loadDataset() names the damaged file of a folder", async (folder) => {
  await Deno.writeFile(`${folder}/train-images-idx3-ubyte`, IMAGES.subarray(0, -1));
  await Deno.writeFile(`${folder}/train-labels-idx1-ubyte`, LABEL_FILE);
  const error = await assertRejects(() => loadDataset(folder), FormatError, "holds 3 bytes of data");
  assertEquals(error.file, `${folder}/train-images-idx3-ubyte`);
  await Deno.writeFile(`${folder}/t10k-images-idx3-ubyte`, IMAGES);
  await assertRejects(() => loadDataset(folder), FormatError, "it holds only t10k-images-idx3-ubyte");
});

fileTest("loadDataset() reads an .npz and refuses a file of another format", async (folder) => {
  const path = `${folder}/a.npz`;
  await Deno.writeFile(path, formatNpz({ x_train: X, y_train: Y }));
  assertEquals((await loadDataset(path)).train.source, path);
  await Deno.writeFile(path, IMAGES);
  await assertRejects(
    () => loadDataset(path),
    FormatError,
    "it is neither an .npz archive nor a table of text (20 bytes)",
  );
  await assertRejects(() => loadDataset(`${folder}/none`), Deno.errors.NotFound);
});

/** A network that the files of these tests can be evaluated with. */
const LIKE = { inputShape: [1, 2], inputScale: 1 / 255, outFeatures: 4 };

fileTest("loadSets() needs no training set, which loadDataset() does", async (folder) => {
  await Deno.writeFile(`${folder}/t10k-images-idx3-ubyte`, IMAGES);
  await Deno.writeFile(`${folder}/t10k-labels-idx1-ubyte`, LABEL_FILE);
  const { train, test } = await loadSets(folder, { like: LIKE });
  assertEquals([train, test?.labels, test?.inputs], [undefined, Uint32Array.of(3, 1), IMAGES.subarray(16)]);
  await assertRejects(() => loadDataset(folder, { like: LIKE }), FormatError, "it holds no training set");
  const path = `${folder}/a.npz`, arrays = { x_test: X, y_test: Y, x_val: X, y_val: Y };
  await Deno.writeFile(path, formatNpz(arrays));
  const like = { ...LIKE, inputShape: [2, 2] };
  assertEquals(Object.keys(await loadSets(path, { like })), ["test"]);
  assertEquals(Object.keys(await loadSets(path, { like, set: "validation" })), ["validation"]);
  await assertRejects(() => loadSets(path, { like, set: "train" }), FormatError, "needs x_train");
  await assertRejects(() => loadSets(path, { like, testSplit: 0.5 }), FormatError, "it has a test set");
  await Deno.writeFile(path, formatNpz({ ...arrays, x_train: X, y_train: Y }));
  assertEquals(Object.keys(await loadSets(path, { like })), ["train", "test", "validation"]);
});

fileTest("loadDataset() tells what a zip archive of files needs", async (folder) => {
  const path = `${folder}/archive.zip`, bytes = new Uint8Array(3);
  await Deno.writeFile(path, writeZip([{ name: "data/", bytes }, { name: "data/train.csv", bytes }]));
  await assertRejects(
    () => loadDataset(path),
    FormatError,
    "it is a zip archive of files such as data/, not of",
  );
});

fileTest(
  "loadDataset() reads a table piece by piece, and tells what compressed ones need",
  async (folder) => {
    const path = `${folder}/a.csv`,
      rows = Array.from({ length: 100_000 }, (_, row) => `${row % 7},${row % 2}\n`);
    await Deno.writeTextFile(path, rows.join(""));
    const { train } = await loadDataset(path);
    assertEquals([train.labels?.length, train.inputs[6]], [100_000, 6]);
    await Deno.writeFile(path, await gzip(new TextEncoder().encode("a,b\n1,2\n")));
    await assertRejects(() => loadDataset(path), FormatError, "it is gzipped, needs text");
    await Deno.writeFile(path, Uint8Array.of(0xFF, 0xFE, 0x61, 0));
    await assertRejects(() => loadDataset(path), FormatError, "it is UTF-16 text, needs UTF-8");
  },
);
