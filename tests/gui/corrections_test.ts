import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { loadDataset } from "../../src/data/load.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { openCorrections } from "../../src/gui/corrections.ts";
import { isGranted } from "../support/permissions.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Registers a test with a folder of its own. */
function fileTest(sentence: string, body: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `${sentence} (needs --allow-read --allow-write)`,
    ignore: !isGranted({ name: "read" }, { name: "write" }),
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
      try {
        await body(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** An image whose pixels tell which one it is. */
function imageOf(number: number): Uint8Array {
  return new Uint8Array(784).fill(number).fill(255, 0, 20);
}

fileTest("openCorrections() keeps images and labels as a set to train on", async (folder) => {
  const path = join(folder, "new/corrections.npz");
  const corrections = openCorrections(path, { classNames });
  assertEquals([await corrections.add(imageOf(1), 7), await corrections.add(imageOf(2), 0)], [1, 2]);
  assertEquals(await openCorrections(path, { classNames }).add(imageOf(3), 4), 3); // another run goes on
  const { train, test } = await loadDataset(path);
  assertEquals([train.inputShape, train.inputScale, test], [[28, 28], 1 / 255, undefined]);
  assertEquals([...train.labels!], [7, 0, 4]);
  assertEquals([train.outFeatures, train.classNames], [10, classNames]); // whatever labels there are so far
  assertEquals([...train.inputs], [1, 2, 3].flatMap((number) => [...imageOf(number)]));
});

fileTest("openCorrections() loses none of those that come at once", async (folder) => {
  const path = join(folder, "c.npz"), corrections = openCorrections(path, { classNames });
  const labels = Array.from({ length: 20 }, (_, i) => i % 10);
  const counts = await Promise.all(labels.map((label, i) => corrections.add(imageOf(i), label)));
  assertEquals(counts, labels.map((_, i) => i + 1));
  assertEquals([...(await loadDataset(path)).train.labels!], labels);
});

fileTest("openCorrections() takes no more than its bound", async (folder) => {
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
const names = { shape: [10], values: classNames };

/** Files that are no corrections, and why. */
const OTHERS: [what: string, bytes: Uint8Array, why: string][] = [
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

for (const [what, bytes, why] of OTHERS) {
  fileTest(`openCorrections() leaves ${what} as it is`, async (folder) => {
    const path = join(folder, "c.npz");
    await Deno.writeFile(path, bytes);
    const corrections = openCorrections(path, { classNames });
    await assertRejects(() => corrections.add(imageOf(1), 1), FormatError, why);
    assertEquals(await Deno.readFile(path), bytes);
    await Deno.remove(path);
    assertEquals(await corrections.add(imageOf(1), 1), 1);
  });
}
