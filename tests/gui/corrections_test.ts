import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { loadDataset } from "../../src/data/load.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { createCorrections, idOf } from "../../src/gui/teaching/corrections.ts";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { lockByName, lockFile } from "../../src/file_lock.ts";
import { folderTest, moduleUrl, namesIn, startProgram } from "../support/folders.ts";
import { readerOf } from "../support/streams.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const names = { shape: [10], values: classNames };

/** Returns an image whose pixels depend on its number. */
function imageOf(number: number): Uint8Array {
  return new Uint8Array(784).fill(number).fill(255, 0, 20);
}

folderTest("openCorrections() saves images and labels as a set to train on", async (folder) => {
  const path = join(folder, "new/corrections.npz");
  const corrections = openCorrections(path, { classNames });
  assertEquals([await corrections.add(imageOf(1), 7), await corrections.add(imageOf(2), 0)], [1, 2]);
  assertEquals(await openCorrections(path, { classNames }).add(imageOf(3), 4), 3); // another run continues the file
  const { train, test } = await loadDataset(path);
  assertEquals([train.inputShape, train.inputScale, test], [[28, 28], 1 / 255, undefined]);
  assertEquals([...train.labels!], [7, 0, 4]);
  assertEquals([train.outFeatures, train.classNames], [10, classNames]); // even if some labels do not occur yet
  assertEquals([...train.inputs], [1, 2, 3].flatMap((number) => [...imageOf(number)]));
});

folderTest("openCorrections() loses no corrections that are added at the same time", async (folder) => {
  const path = join(folder, "c.npz"), corrections = openCorrections(path, { classNames });
  const labels = Array.from({ length: 20 }, (_, i) => i % 10);
  const counts = await Promise.all(labels.map((label, i) => corrections.add(imageOf(i), label)));
  assertEquals(counts, labels.map((_, i) => i + 1));
  assertEquals([...(await loadDataset(path)).train.labels!], labels);
});

/** Code that takes the locks from the file system. */
const WITHOUT_LOCKS = `
    Deno.FsFile.prototype.tryLock = () => Promise.reject(new Deno.errors.NotSupported("No locks"));`;

for (const [system, prepare] of [["", ""], [", on a file system without locks", WITHOUT_LOCKS]]) {
  folderTest(
    `openCorrections() loses no corrections that several programs add at the same time${system}`,
    async (folder) => {
      const path = join(folder, "c.npz");
      const program = (number: number) =>
        `${prepare}
    import { openCorrections } from ${JSON.stringify(moduleUrl("src/gui/teaching/corrections_file.ts"))};
    const corrections = openCorrections(${JSON.stringify(path)}, { classNames: ${
          JSON.stringify(classNames)
        } });
    for (let i = 0; i < 10; i++) await corrections.add(new Uint8Array(784).fill(10 * ${number} + i), ${number});
    console.log("done");`;
      const processes = [3, 4, 5].map((number) => startProgram(program(number)));
      const outputs = await Promise.all(processes.map(({ stdout }) => readerOf(stdout).until()));
      assertEquals(outputs, ["done\n", "done\n", "done\n"]);
      await Promise.all(processes.map(({ status }) => status));
      const added = [...(await loadDataset(path)).train.labels!];
      assertEquals(added.sort(), [3, 4, 5].flatMap((number) => Array(10).fill(number)));
      assertEquals(namesIn(folder), ["c.npz"]);
    },
    { needs: ["run"] },
  );
}

folderTest(
  "openCorrections() names the file to remove if a program was killed on a file system without locks",
  async (folder) => {
    const path = join(folder, "c.npz"), { tryLock } = Deno.FsFile.prototype;
    const corrections = openCorrections(path, { classNames, lockMilliseconds: 50 });
    const killed = await lockByName(path);
    try {
      Deno.FsFile.prototype.tryLock = () => Promise.reject(new Deno.errors.NotSupported("No locks"));
      const refused = `another program is writing it; if none is, remove the file ".c.npz.held" beside it`;
      await assertRejects(() => corrections.add(imageOf(1), 1), Deno.errors.Busy, refused);
      await killed!();
      assertEquals(await corrections.add(imageOf(1), 1), 1);
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
    assertEquals(namesIn(folder), ["c.npz"]);
  },
);

folderTest("openCorrections() keeps one label of each drawing: the last", async (folder) => {
  const path = join(folder, "c.npz"), corrections = openCorrections(path, { classNames });
  assertEquals(await corrections.add(imageOf(1), 1), 1);
  assertEquals(await corrections.add(imageOf(2), 1), 2);
  assertEquals(await corrections.add(imageOf(1), 1), 2); // such as one that is sent again after a lost response
  assertEquals(await openCorrections(path, { classNames }).add(imageOf(1), 7), 2);
  assertEquals((await corrections.list()).map(({ image, label }) => [image[783], label]), [[2, 1], [1, 7]]);
  assertEquals([...(await loadDataset(path)).train.labels!], [1, 7]);
});

folderTest(
  "openCorrections() reads a file with several labels of one drawing: the last counts",
  async (folder) => {
    const path = join(folder, "c.npz"), x = new Uint8Array(3 * 784).fill(5);
    x[2 * 784] = 1;
    await Deno.writeFile(
      path,
      formatNpz({
        x_train: { shape: [3, 28, 28], values: x },
        y_train: { shape: [3], values: Uint8Array.of(1, 2, 3) },
        class_names: names,
      }),
    );
    const corrections = openCorrections(path, { classNames });
    assertEquals((await corrections.list()).map(({ label }) => label), [2, 3]);
  },
);

folderTest("openCorrections() has images of any size", async (folder) => {
  const path = join(folder, "c.npz"), image = Uint8Array.from({ length: 15 }, (_, i) => i);
  const corrections = openCorrections(path, { classNames, imageShape: [3, 5] });
  assertEquals(await corrections.add(image, 4), 1);
  assertEquals(await corrections.list(), [{ image, label: 4 }]);
  assertEquals((await loadDataset(path)).train.inputShape, [3, 5]);
  await assertRejects(
    () => openCorrections(path, { classNames }).list(),
    FormatError,
    "shapes [1, 3, 5] of |u1",
  );
});

for (
  const [kind, open] of [
    ["openCorrections()", (folder: string) => openCorrections(join(folder, "c.npz"), { classNames })],
    ["createCorrections()", () => createCorrections("this page")],
  ] as const
) {
  folderTest(`${kind} relabels and removes corrections by the names of their images`, async (folder) => {
    const corrections = open(folder);
    const labels = async () => (await corrections.list()).map(({ label }) => label);
    assertEquals(await corrections.list(), []);
    for (const label of [1, 2, 3]) await corrections.add(imageOf(label), label);
    assertEquals(await corrections.relabel(idOf(imageOf(2)), 9), 3);
    assertEquals(await labels(), [1, 9, 3]);
    assertEquals(await corrections.remove(idOf(imageOf(1))), { image: imageOf(1), label: 1 });
    assertEquals(await labels(), [9, 3]);
    for (const id of [idOf(imageOf(1)), "", "__proto__"]) {
      assertEquals([await corrections.remove(id), await corrections.relabel(id, 1)], [undefined, undefined]);
    }
    for (const number of [2, 3]) await corrections.remove(idOf(imageOf(number)));
    assertEquals([await labels(), await corrections.add(imageOf(1), 4)], [[], 1]);
  });
}

Deno.test("createCorrections() holds no more than its limit, but replaces a label", async () => {
  const corrections = createCorrections("this page", { most: 2 });
  for (const label of [1, 2]) await corrections.add(imageOf(label), label);
  await assertRejects(() => corrections.add(imageOf(3), 3), RangeError, "holds 2");
  assertEquals(await corrections.add(imageOf(1), 5), 2);
  assertEquals((await corrections.list()).map(({ label }) => label), [2, 5]);
});

folderTest("openCorrections() reports that another program keeps the file locked", async (folder) => {
  const path = join(folder, "c.npz"),
    corrections = openCorrections(path, { classNames, lockMilliseconds: 50 });
  const lock = await lockFile(path);
  await assertRejects(() => corrections.add(imageOf(1), 1), Deno.errors.Busy, `"${path}": another program`);
  await lock?.release();
  assertEquals(await corrections.add(imageOf(1), 1), 1);
});

folderTest("openCorrections() saves no more corrections than its limit", async (folder) => {
  const path = join(folder, "c.npz"),
    corrections = openCorrections(path, { classNames, most: 2, name: "c.npz" });
  await Promise.all([corrections.add(imageOf(1), 1), corrections.add(imageOf(2), 2)]);
  for (let i = 0; i < 2; i++) {
    await assertRejects(() => corrections.add(imageOf(3), 3), RangeError, '"c.npz" holds 2 corrections');
  }
  assertEquals([...(await loadDataset(path)).train.labels!], [1, 2]);
});

const pixels = { shape: [1, 28, 28], values: imageOf(1) };
const labels = { shape: [1], values: Uint8Array.of(1) };

/** Files that are not corrections, and a part of each message. */
const OTHERS: [kind: string, bytes: Uint8Array, message: string][] = [
  ["a set", formatNpz({ x_train: pixels, y_train: labels }), "it holds x_train, y_train, corrections have"],
  ["text", new TextEncoder().encode("notes"), "Cannot read"],
  [
    "images of another size",
    formatNpz({ x_train: { shape: [1, 784], values: imageOf(1) }, y_train: labels, class_names: names }),
    "shapes [1, 784] of |u1 and [1] of |u1",
  ],
  [
    "fewer labels",
    formatNpz({ x_train: pixels, y_train: { shape: [0], values: new Uint8Array() }, class_names: names }),
    "shapes [1, 28, 28] of |u1 and [0] of |u1",
  ],
  [
    "other classes",
    formatNpz({ x_train: pixels, y_train: labels, class_names: { shape: [2], values: ["a", "b"] } }),
    "its classes are a, b, the network's 0, 1,",
  ],
];

for (const [kind, bytes, message] of OTHERS) {
  folderTest(`openCorrections() leaves a file of another kind unchanged: ${kind}`, async (folder) => {
    const path = join(folder, "c.npz");
    await Deno.writeFile(path, bytes);
    const corrections = openCorrections(path, { classNames });
    await assertRejects(() => corrections.add(imageOf(1), 1), FormatError, message);
    assertEquals(await Deno.readFile(path), bytes);
    await Deno.remove(path);
    assertEquals(await corrections.add(imageOf(1), 1), 1);
  });
}
