import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { openTableFolder } from "../../../src/data/table/folder.ts";
import { folderTest } from "../../support/folders.ts";

const TRAIN = "a,color,label\n1,red,x\n,blue,y\n3,red,x\n";

/** Writes files into a folder. */
async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

folderTest(
  "openTableFolder() reads train, test and validation sets with the training set's columns",
  async (folder) => {
    await write(folder, {
      "train.csv": TRAIN,
      "test.csv": "label,color,a\nx,blue,9\ny,red,\n",
      "validation.csv": "label;color;a\ny;blue;8\n",
      "notes.txt": "",
    });
    const source = (await openTableFolder(folder, { missing: "mean" }))!;
    assertEquals(source.file, folder);
    assertEquals(source.columns, [{ name: "a", fill: 2 }, { name: "color", categories: ["blue", "red"] }]);
    assertEquals(source.train.labels!.values, ["x", "y", "x"]);
    assertEquals(source.test!.inputs.values, Float32Array.of(9, 1, 0, 2, 0, 1));
    assertEquals(source.test!.labels!.values, ["x", "y"]);
    assertEquals(source.validation!.inputs.values, Float32Array.of(8, 1, 0));
  },
);

folderTest(
  "openTableFolder() does not use a test set without labels, whatever else is in it, and says so",
  async (folder) => {
    await write(folder, { "train.csv": TRAIN, "test.csv": "a,color\n,green\n1,green\n" });
    const source = (await openTableFolder(folder, { missing: "drop" }))!;
    assertEquals([source.test, source.train.inputs.shape], [undefined, [2, 2]]);
    assertEquals(
      source.notes?.at(-1)?.text,
      `"${folder}/test.csv" has no labels (column "label") and is not used`,
    );
  },
);

folderTest(
  "openTableFolder() reads the names under which MNIST comes as CSV, without headers",
  async (folder) => {
    const row = (label: number) =>
      [label, ...Array.from({ length: 64 }, (_, i) => (i * 37 + label) % 256)].join(",");
    await write(folder, { "mnist_train.csv": `${row(1)}\n${row(2)}\n`, "mnist_test.csv": `${row(3)}\n` });
    const { train, test } = (await openTableFolder(folder))!;
    assertEquals([train.inputs.shape, test!.inputs.shape], [[2, 8, 8], [1, 8, 8]]);
    assertEquals([train.labels!.values, test!.labels!.values], [Int32Array.of(1, 2), Int32Array.of(3)]);
  },
);

folderTest("openTableFolder() returns undefined for a folder without a training set", async (folder) => {
  await write(folder, { "test.csv": TRAIN, "data.csv": TRAIN });
  await Deno.mkdir(`${folder}/train.csv`);
  assertEquals(await openTableFolder(folder), undefined);
});

folderTest(
  "openTableFolder() refuses two training sets, and a test set that does not fit",
  async (folder) => {
    await write(folder, {
      "train.csv": TRAIN.replace(",blue", "2,blue"),
      "test.csv": "a,color,label\n1,green,x\n",
    });
    await assertRejects(
      () => openTableFolder(folder),
      FormatError,
      `has "green" in line 2, column 2 ("color")`,
    );
    await write(folder, { "train.tsv": TRAIN });
    await assertRejects(
      () => openTableFolder(folder),
      FormatError,
      "both train.csv and train.tsv could be its train set; keep one",
    );
  },
);
