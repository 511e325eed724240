/** Several `--data`: each has its line, and the first decides what the others mean. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { linesOf } from "../tasks/support.ts";
import { digits, digitsNpz, negative, pictureOf, png } from "./digits.ts";
import { assertSameTensors } from "./same.ts";
import { type Files, madeTest } from "./support.ts";

const few = () => digits(200, 40);

/** The same digits as `plain.npz`, `light.npz` on white, and `scaled.npz` from 0 to 1; and a folder with two of them. */
async function digitFiles(): Promise<Files> {
  const sets = few(), scaled = (pixels: Uint8Array) => Float32Array.from(pixels, (value) => value / 255);
  const [a, b] = [0, 1].map((row) => ({
    name: `more/${sets.train.labels[row]}/a.png`,
    pixels: pictureOf(sets.train, row),
  }));
  return {
    "plain.npz": digitsNpz({}, sets),
    "light.npz": digitsNpz({ images: negative }, sets),
    "scaled.npz": digitsNpz({ images: scaled }, sets),
    [a.name]: await png(a.pixels),
    [b.name]: await png(b.pixels),
  };
}

/** Returns an `.npz` of the training rows of several sets, one after the other, with the test rows of all. */
function repeated(times: number): Uint8Array {
  const { train, test } = few(),
    all = (values: Uint8Array) => Uint8Array.from(Array(times).fill([...values]).flat());
  const twice = (set: typeof train) => ({ pixels: all(set.pixels), labels: all(set.labels) });
  return digitsNpz({}, { train: twice(train), test: twice(test) });
}

madeTest(
  "train joins sets on another background and in another scale to the first",
  digitFiles,
  async (given) => {
    await given.folder.write("three.npz", repeated(3));
    const { said } = await given.train(
      "--data",
      "plain.npz",
      "--data",
      "light.npz",
      "--data",
      "scaled.npz",
      "--epochs",
      "3",
    );
    const lines = linesOf(said).filter((line) => line.startsWith("data     "));
    const rows = "200 rows to train, 40 to test; images [28, 28], 10 classes";
    assertEquals(lines, [
      `data     plain.npz: ${rows}; pixels 0 to 255, dark background`,
      `data     light.npz: ${rows}; pixels 0 to 255, dark background`,
      "data     light background brought to dark",
      `data     scaled.npz: ${rows}; pixels 0 to 255, dark background`,
      "data     pixels from 0 to 1 brought to 0 to 255",
    ]);
    const joined = (await given.network()).parameters;
    await given.train("--data", "three.npz", "--epochs", "3");
    assertSameTensors((await given.network()).parameters, joined);
  },
);

madeTest("train adds the corrections of the page to its set", digitFiles, async (given) => {
  const sets = few(),
    { pixels, labels } = sets.train,
    classNames = [..."0123456789"],
    seven = pictureOf(sets.test, 7);
  const corrections = openCorrections(join(given.folder.path, "corrections.npz"), { classNames });
  await corrections.add(seven, 3);
  const { said } = await given.train("--data", "plain.npz", "--data", "corrections.npz", "--epochs", "3");
  assertStringIncludes(said, "\ndata     corrections.npz: 1 row to train; images [28, 28], 10 classes; ");
  const added = new Uint8Array([...pixels, ...seven]);
  const train = { pixels: added, labels: new Uint8Array([...labels, 3]) };
  await given.folder.write("all.npz", digitsNpz({}, { train, test: sets.test }));
  const { parameters, training } = await given.network();
  assertEquals(training?.dataset.rows, 201);
  await given.train("--data", "all.npz", "--epochs", "3");
  assertSameTensors((await given.network()).parameters, parameters);
});

madeTest("train adds a folder of pictures of some of the classes to arrays", digitFiles, async (given) => {
  const { said } = await given.train("--data", "plain.npz", "--data", "more", "--epochs", "1");
  assertStringIncludes(said, "\ndata     more: 2 rows to train; images [28, 28], 10 classes; ");
});
