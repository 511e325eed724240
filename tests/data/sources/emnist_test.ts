/** EMNIST as NIST ships it. */
import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { findIdxFiles } from "../../../src/data/sources/idx_files.ts";
import { folderTest } from "../../support/folders.ts";
import { gzip, idx, MNIST, paths, PIXELS, sourceOf, write } from "../../support/idx.ts";
import { isReadable, sharedCase } from "../../support/shared_files.ts";

const EMNIST = MNIST.map((name) => name.replace("t10k", "test"));
/** The images of `PIXELS`, with rows and columns exchanged. */
const UPRIGHT = [1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16];
const UPRIGHT_NOTE = { text: "images of EMNIST, which its files have transposed, made upright" };

folderTest("openIdxSource() makes images of EMNIST upright, and names its labels", async (folder) => {
  await write(folder, {
    ...paths("gzip/emnist-letters-", ...EMNIST),
    "gzip/emnist-letters-mapping.txt": "3 67 99\r\n1 65 97\n2 66 98\n\n",
  });
  const { train, test, classNames, notes } = await sourceOf(`${folder}/gzip`);
  assertEquals([train.inputs.shape, train.inputs.values], [[2, 3, 2], Uint8Array.from(UPRIGHT)]);
  assertEquals(test?.inputs.values, train.inputs.values);
  assertEquals([train.labels?.dtype, train.labels?.values], ["<U1", ["C", "A"]]);
  assertEquals(classNames?.values, ["A", "B", "C"]);
  assertEquals(notes, [UPRIGHT_NOTE]);
});

folderTest("openIdxSource() makes square images upright, and needs no mapping", async (folder) => {
  const square = idx([1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await write(folder, {
    "emnist-digits-train-images-idx3-ubyte.gz": await gzip(square),
    "emnist-digits-train-labels-idx1-ubyte": idx([1], [5]),
  });
  const { train, classNames } = await sourceOf(folder);
  assertEquals(train.inputs.values, Uint8Array.of(1, 4, 7, 2, 5, 8, 3, 6, 9));
  assertEquals([train.labels?.values, classNames], [Uint8Array.of(5), undefined]);
});

const SPLITS = ["balanced", "byclass", "bymerge", "digits", "letters", "mnist"];

folderTest(
  "findIdxFiles() refuses several splits of EMNIST, and reads the one that the path names",
  async (folder) => {
    for (const split of SPLITS) {
      await write(folder, paths(`EMNIST/raw/emnist-${split}-`, ...EMNIST.map((name) => `${name}.gz`)));
    }
    const list = SPLITS.map((split) => `emnist-${split}`).join(", ");
    await assertRejects(
      () => findIdxFiles(folder),
      FormatError,
      `it holds several data sets: ${list}; name one, such as "${folder}/EMNIST/raw/emnist-balanced"`,
    );
    for (const split of SPLITS) {
      for (const start of [`${folder}/EMNIST/raw/`, `${folder}/EMNIST/`, `${folder}/`]) {
        const found = await findIdxFiles(`${start}emnist-${split}`);
        assertEquals(found?.sets.test?.labels?.path, `emnist-${split}-test-labels-idx1-ubyte.gz`);
      }
    }
    await assertRejects(() => findIdxFiles(`${folder}/emnist`), FormatError, "it holds several data sets");
    assertEquals(await findIdxFiles(`${folder}/emnist-letter`), undefined);
  },
);

const MAPPINGS: [text: string, fault: string][] = [
  ["", "it has no lines, needs a label and its character codes on each"],
  ["1 65\n2", 'line 2 is "2", needs a label and one or two character codes'],
  ["1 A", 'line 1 is "1 A", needs a label'],
  ["1 65 97 98", 'line 1 is "1 65 97 98", needs a label'],
  ["-1 65", 'line 1 is "-1 65", needs a label'],
  ["1 27", 'line 1 is "1 27", needs a label'],
  ["1 9999999", 'line 1 is "1 9999999", needs a label'],
  ["1 65\n1 66", "line 2 has label 1 again"],
  ["1 65\n2 65", "line 2 has character A again"],
];

for (const [text, fault] of MAPPINGS) {
  folderTest(`openIdxSource() refuses the mapping ${JSON.stringify(text)}`, async (folder) => {
    await write(folder, { ...paths("emnist-mnist-", ...EMNIST), "emnist-mnist-mapping.txt": text });
    const error = await assertRejects(() => sourceOf(folder), FormatError, fault);
    assertEquals(error.file, `${folder}/emnist-mnist-mapping.txt`);
  });
}

folderTest(
  "openIdxSource() refuses labels that the mapping of EMNIST lacks, and other images than [N, H, W]",
  async (folder) => {
    await write(folder, { ...paths("emnist-mnist-", ...EMNIST), "emnist-mnist-mapping.txt": "3 51\n4 52" });
    const fault =
      '"emnist-mnist-train-labels-idx1-ubyte" has label 1 at [1], its mapping has 2 labels, 3 to 4';
    await assertRejects(() => sourceOf(folder), FormatError, fault);
    await write(folder, { "emnist-mnist-train-images-idx3-ubyte": idx([2, 6], PIXELS) });
    await assertRejects(
      () => sourceOf(folder),
      FormatError,
      "has shape [2, 6], images of EMNIST need [N, H, W]",
    );
  },
);

const LETTERS = sharedCase("emnist_letters");

Deno.test({
  name: "openIdxSource() reads letters of EMNIST (needs emnist_letters and --allow-read)",
  ignore: !isReadable(LETTERS),
  fn: async () => {
    const { train, test, classNames } = await sourceOf(LETTERS);
    assertEquals([train.inputs.shape.slice(1), test?.inputs.shape.slice(1)], [[28, 28], [28, 28]]);
    assertEquals(classNames?.values, [..."ABCDEFGHIJ"]);
    assertEquals([...new Set(train.labels?.values as string[])].sort(), [..."ABCDEFGHIJ"]);
  },
});
