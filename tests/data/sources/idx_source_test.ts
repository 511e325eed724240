import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { findIdxFiles } from "../../../src/data/sources/idx_files.ts";
import { openIdxRows } from "../../../src/data/sources/idx_source.ts";
import { folderTest } from "../../support/folders.ts";
import { gzip, idx, IMAGES, MNIST, paths, PIXELS, sourceOf, write } from "../../support/idx.ts";

const GZIPPED = MNIST.map((name) => `${name}.gz`), DOTTED = MNIST.map((name) => name.replace("-idx", ".idx"));
const IN_FOLDERS = MNIST.map((name) => `${name}/${name}`);

/** Returns the names of the arrays that are read from a path. */
async function namesOf(path: string) {
  const { train, test } = await sourceOf(path);
  return [train, test].flatMap((set) => set ? [set.inputs.name, set.labels!.name] : []);
}

const LAYOUTS: [kind: string, written: string[], path: string, names: string[]][] = [
  ["MNIST", MNIST, "", MNIST],
  ["MNIST, gzipped", GZIPPED, "", GZIPPED],
  ["MNIST with dots", DOTTED, "", DOTTED],
  ["MNIST, both gzipped and not", [...GZIPPED, ...MNIST], "", MNIST],
  ["a folder for each file, as Kaggle has them", IN_FOLDERS, "", IN_FOLDERS],
  ["both files and such folders", [...IN_FOLDERS, ...DOTTED], "", DOTTED],
  ["both gzipped files and such folders", [...IN_FOLDERS, ...GZIPPED], "", IN_FOLDERS],
  [
    "folders whose files have dots",
    MNIST.map((n, i) => `${n}/${DOTTED[i]}`),
    "",
    MNIST.map((n, i) => `${n}/${DOTTED[i]}`),
  ],
  ["torchvision's folder, from its root", [...MNIST, ...GZIPPED].map((n) => `MNIST/raw/${n}`), "", MNIST],
  ["torchvision's folder, from the set", MNIST.map((n) => `FashionMNIST/raw/${n}`), "/FashionMNIST", MNIST],
  ["torchvision's folder itself", MNIST.map((n) => `KMNIST/raw/${n}`), "/KMNIST/raw", MNIST],
  ["a path that ends in a slash", MNIST, "/", MNIST],
];

for (const [kind, written, path, names] of LAYOUTS) {
  folderTest(`findIdxFiles() finds ${kind}`, async (folder) => {
    await write(folder, paths("", ...written));
    assertEquals(await namesOf(folder + path), names);
  });
}

folderTest("openIdxSource() returns arrays as the files have them", async (folder) => {
  await write(folder, paths("", ...MNIST.slice(0, 2)));
  assertEquals(await sourceOf(folder), {
    file: folder,
    train: {
      inputs: { name: MNIST[0], shape: [2, 2, 3], dtype: "|u1", values: Uint8Array.from(PIXELS) },
      labels: { name: MNIST[1], shape: [2], dtype: "|u1", values: Uint8Array.of(3, 1) },
    },
    notes: [],
  });
});

folderTest("openIdxSource() reads a validation set", async (folder) => {
  await write(folder, paths("", ...MNIST, "val-images-idx3-ubyte", "val-labels-idx1-ubyte"));
  assertEquals((await sourceOf(folder)).validation?.labels?.name, "val-labels-idx1-ubyte");
});

const QMNIST_LABELS = idx([2, 8], [3, 4, 2443, 0, 33, 13, 0, 0, 9, 4, 3609, 11, 39, 20, 0, 0], 0x0C);

folderTest("openIdxSource() takes the first column of the labels of QMNIST", async (folder) => {
  await write(folder, {
    "QMNIST/raw/qmnist-train-images-idx3-ubyte": undefined,
    "QMNIST/raw/qmnist-train-labels-idx2-int": QMNIST_LABELS,
    "QMNIST/raw/qmnist-test-images-idx3-ubyte.gz": undefined,
    "QMNIST/raw/qmnist-test-labels-idx2-int.gz": await gzip(QMNIST_LABELS),
  });
  const { train, test, notes } = await sourceOf(folder);
  assertEquals([train.labels?.shape, train.labels?.values, test?.labels?.values], [
    [2],
    Int32Array.of(3, 9),
    Int32Array.of(3, 9),
  ]);
  assertEquals(notes, [{ text: "labels are the first of their 8 columns" }]);
});

folderTest("openIdxSource() leaves eight labels a row that are not those of QMNIST", async (folder) => {
  const several = idx([2, 8], [1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
  await write(folder, { "train-images-idx3-ubyte": undefined, "train-labels-idx2-ubyte": several });
  assertEquals((await sourceOf(folder)).train.labels?.shape, [2, 8]);
});

folderTest(
  "findIdxFiles() prefers the complete test set of QMNIST to its parts, and notes that",
  async (folder) => {
    const ends = ["train", "test", "test10k", "test50k"];
    await write(folder, paths("qmnist-", ...ends.map((part) => `${part}-images-idx3-ubyte`)));
    const { sets, notes } = (await findIdxFiles(folder))!;
    assertEquals(sets.test?.images?.path, "qmnist-test-images-idx3-ubyte");
    assertEquals(notes, [{
      text:
        "qmnist-test10k-images-idx3-ubyte, qmnist-test50k-images-idx3-ubyte not used: parts of the test set, which is " +
        "there completely",
    }]);
  },
);

folderTest("findIdxFiles() reads the data set without a prefix by the start of its files", async (folder) => {
  await write(folder, {
    ...paths("", ...MNIST),
    ...paths("other-", ...MNIST),
    ...paths("other-more-", ...MNIST),
  });
  const fault = "it holds several data sets: other-more, other, train; name one";
  await assertRejects(() => findIdxFiles(folder), FormatError, fault);
  assertEquals(await namesOf(`${folder}/train`), MNIST);
  assertEquals(await namesOf(`${folder}/other`), MNIST.map((name) => `other-${name}`));
  assertEquals(await namesOf(`${folder}/other-more/`), MNIST.map((name) => `other-more-${name}`));
});

folderTest("findIdxFiles() refuses several files that could be the same", async (folder) => {
  await write(folder, paths("", ...MNIST, "other-train-images-idx3-ubyte"));
  const fault =
    "both other-train-images-idx3-ubyte and train-images-idx3-ubyte could be its train images; keep one";
  await assertRejects(() => findIdxFiles(folder), FormatError, fault);
  await Deno.remove(`${folder}/other-train-images-idx3-ubyte`);
  await write(folder, { "train-images-idx3-ubyte.d/x": "", "train-images.idx3-ubyte": IMAGES.slice(0, -1) });
  const sizes =
    "both train-images-idx3-ubyte (28 bytes) and train-images.idx3-ubyte (27 bytes) could be its train images";
  await assertRejects(() => findIdxFiles(folder), FormatError, sizes);
});

folderTest("findIdxFiles() refuses several folders of torchvision", async (folder) => {
  await write(folder, { ...paths("MNIST/raw/", ...MNIST), ...paths("KMNIST/raw/", ...MNIST) });
  const fault =
    `IDX files are in "${folder}/KMNIST/raw" and "${folder}/MNIST/raw"; name one of these folders`;
  await assertRejects(() => findIdxFiles(folder), FormatError, fault);
});

folderTest("findIdxFiles() returns undefined without IDX files, whatever else is there", async (folder) => {
  assertEquals(await findIdxFiles(folder), undefined);
  await write(folder, { "a.png": "x", "raw/b/train-images-idx3-ubyte": undefined, "train/0.png": "x" });
  await write(folder, { "train-images-idx3-ubyte/other": "x" });
  await Deno.symlink(folder, `${folder}/MNIST`);
  await Deno.symlink(`${folder}/KMNIST`, `${folder}/KMNIST`);
  for (const path of ["", "/a.png", "/none", "/none/none", "/a.png/none", "/raw"]) {
    assertEquals(await findIdxFiles(folder + path), undefined, path);
  }
});

folderTest("findIdxFiles() refuses links to nothing, and very many IDX files", async (folder) => {
  await Deno.symlink(`${folder}/gone`, `${folder}/train-images-idx3-ubyte`);
  const fault = "train-images-idx3-ubyte is a link to nothing, needs a file";
  await assertRejects(() => findIdxFiles(folder), FormatError, fault);
  for (let index = 0; index < 1000; index++) {
    Deno.writeFileSync(`${folder}/${index}-test-images-idx3-ubyte`, IMAGES);
  }
  await assertRejects(() => findIdxFiles(folder), FormatError, "it holds more than 1,000 IDX files");
});

folderTest("openIdxSource() refuses a set without images or labels", async (folder) => {
  await write(folder, paths("", ...MNIST.slice(2)));
  await assertRejects(
    () => sourceOf(folder),
    FormatError,
    "no training set, needs train-images-idx3-ubyte and train-lab",
  );
  await write(folder, paths("", MNIST[0]));
  const fault = "of its training set it holds only train-images-idx3-ubyte, needs images and labels";
  await assertRejects(() => sourceOf(folder), FormatError, fault);
  await write(folder, paths("", MNIST[1]));
  await Deno.remove(`${folder}/${MNIST[2]}`);
  await assertRejects(
    () => sourceOf(folder),
    FormatError,
    "of its test set it holds only t10k-labels-idx1-ubyte",
  );
});

folderTest("openIdxSource() names the damaged file", async (folder) => {
  await write(folder, { ...paths("", ...IN_FOLDERS), [IN_FOLDERS[0]]: IMAGES.subarray(0, -1) });
  const error = await assertRejects(() => sourceOf(folder), FormatError, "holds 11 bytes of data");
  assertEquals(error.file, `${folder}/${IN_FOLDERS[0]}`);
});

/** Returns the set and the names of the arrays that are read as rows. */
async function rowsOf(path: string, set?: "train" | "test") {
  const rows = await openIdxRows((await findIdxFiles(path))!, { set });
  return [rows.set, rows.train.inputs.name, rows.train.labels?.name];
}

folderTest("openIdxRows() reads one set, with labels if there are any", async (folder) => {
  await write(folder, paths("", MNIST[1]));
  await assertRejects(() => rowsOf(folder), FormatError, "it holds labels without images");
  await write(folder, paths("", MNIST[0]));
  assertEquals(await rowsOf(folder), ["train", MNIST[0], MNIST[1]]);
  await write(folder, paths("", MNIST[2]));
  assertEquals(await rowsOf(folder), ["test", MNIST[2], undefined]);
  assertEquals(await rowsOf(folder, "train"), ["train", MNIST[0], MNIST[1]]);
  await Deno.remove(`${folder}/${MNIST[2]}`);
  await assertRejects(() => rowsOf(folder, "test"), FormatError, "it holds no images of a test set");
});
