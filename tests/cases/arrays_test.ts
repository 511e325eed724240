/** Arrays under the names and with the labels of other programs: each is learned as the plain arrays of the same rows. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatNpz, type NpzInput, parseNpz } from "../../src/formats/npz.ts";
import { arraysOf, digits, digitsNpz, ONE_HOT, pictureOf } from "./digits.ts";
import { assertSameParameters, assertSameTensors } from "./same.ts";
import { type Case, caseTest } from "./support.ts";

const CLASS_NAMES = [..."0123456789"];

/** Reads the arrays of an `.npz`. */
async function arraysIn(given: Case, name: string): Promise<Record<string, NpzInput>> {
  const npz = await parseNpz(await given.bytes(name)), arrays: Record<string, NpzInput> = {};
  for (const name of npz.names) arrays[name] = await npz.read(name);
  return arrays;
}

/** Writes `plain.npz` with integer labels `[N]` and, after `change`, these arrays. */
async function writePlain(
  given: Case,
  name: string,
  change: (arrays: Record<string, NpzInput>) => Record<string, NpzInput>,
): Promise<void> {
  await given.folder.write("plain.npz", formatNpz(change(await arraysIn(given, name))));
}

const integers = (values: ArrayLike<number>): NpzInput => ({
  shape: [values.length],
  values: Uint8Array.from(values),
});

caseTest(
  "train takes one-hot rows of floats for classes",
  () => ({ "onehot_float.npz": digitsNpz(ONE_HOT) }),
  async (given) => {
    const data = given.at("onehot_float.npz");
    const { said, result } = await given.train("--data", data, "--epochs", "3");
    assertStringIncludes(said, ", 10 classes; pixels 0 to 255, dark background\n");
    assertStringIncludes(said, "→ 10 softmax, ");
    assertStringIncludes(said, "constant, cross-entropy, ");
    assertEquals(typeof result.testAccuracy, "number");
    const classOf = ({ values }: NpzInput) => {
      const numbers = Array.from(values as ArrayLike<number>, Number);
      return integers(numbers.flatMap((value, i) => value === 1 ? [i % 10] : []));
    };
    await writePlain(
      given,
      "onehot_float.npz",
      (set) => ({ ...set, y_train: classOf(set.y_train), y_test: classOf(set.y_test) }),
    );
    await assertSameParameters(given, data, "plain.npz");
  },
);

caseTest(
  "train takes labels of strings for the names of the classes, and flat images of float64 for pixels",
  () => ({
    "openml_string_labels.npz": digitsNpz({
      images: (pixels) => Float64Array.from(pixels),
      imageShape: [784],
      labels: (labels) => Array.from(labels, String),
    }),
  }),
  async (given) => {
    const data = given.at("openml_string_labels.npz");
    const { said } = await given.train("--data", data, "--epochs", "3");
    assertStringIncludes(said, "; images [784], 10 classes; pixels 0 to 255, dark background\n");
    assertEquals((await given.network()).classNames, CLASS_NAMES);
    await writePlain(given, "openml_string_labels.npz", (set) => {
      const bytes = ({ shape, values }: NpzInput) => ({
        shape,
        values: Uint8Array.from(values as ArrayLike<number>),
      });
      const numbers = ({ values }: NpzInput) => integers((values as string[]).map(Number));
      return {
        x_train: bytes(set.x_train),
        x_test: bytes(set.x_test),
        y_train: numbers(set.y_train),
        y_test: numbers(set.y_test),
      };
    });
    await assertSameParameters(given, data, "plain.npz");
  },
);

caseTest(
  "train reads the arrays of MedMNIST, and validates with the validation set",
  () => {
    const { train, test } = digits(), columns = { labelShape: [1] };
    const sets = {
      train,
      val: { pixels: test.pixels.slice(0, 784 * 50), labels: test.labels.slice(0, 50) },
      test,
    };
    const named = Object.entries(sets).flatMap(([name, set]) => {
      const { x, y } = arraysOf(set, columns);
      return [[`${name}_images`, x], [`${name}_labels`, y]];
    });
    return { "names_medmnist.npz": formatNpz(Object.fromEntries(named)) };
  },
  async (given) => {
    const data = given.at("names_medmnist.npz");
    const { said, result } = await given.train("--data", data, "--epochs", "3");
    assertMatch(
      said,
      / rows to train, 50 to validate, \d+ to test; images \[28, 28\], 10 classes; pixels 0 to 255/,
    );
    assertEquals(typeof result.testAccuracy, "number");
    await writePlain(given, "names_medmnist.npz", (set) => {
      const flat = ({ values }: NpzInput) => integers(values as Uint8Array);
      return {
        x_train: set.train_images,
        y_train: flat(set.train_labels),
        x_val: set.val_images,
        y_val: flat(set.val_labels),
        x_test: set.test_images,
        y_test: flat(set.test_labels),
      };
    });
    const train = (path: string) =>
      given.run("train", "--data", path, "--epochs", "3", "-o", "m.npz", "--json");
    const [found, plain] = [await train(data), await train("plain.npz")].map(({ json }) =>
      json.map(({ validationLoss, validationAccuracy }) => [validationLoss, validationAccuracy])
    );
    assertEquals(found, plain);
    assertEquals(found[0].map((value) => typeof value), ["number", "number"]);
  },
);

/** Returns Kaggle's table of the digits: `label,pixel0,…,pixel783`. */
function kaggle(): string {
  const { train } = digits(), rows = [`label,${Array.from({ length: 784 }, (_, i) => `pixel${i}`)}`];
  for (const [row, label] of train.labels.entries()) rows.push(`${label},${[...pictureOf(train, row)]}`);
  return `${rows.join("\n")}\n`;
}

caseTest(
  "train and predict take Kaggle's table of pixels as the arrays of the same rows",
  () => ({ "kaggle_train.csv": new TextEncoder().encode(kaggle()) }),
  async (given) => {
    const data = given.at("kaggle_train.csv");
    const { said } = await given.train("--data", data, "--epochs", "3");
    assertStringIncludes(said, "; images [28, 28], 10 classes; pixels 0 to 255, dark background\n");
    const text = new TextDecoder().decode(await given.bytes("kaggle_train.csv"));
    const rows = text.trim().split("\n").slice(1).map((line) => line.split(",").map(Number));
    const x = { shape: [rows.length, 28, 28], values: Uint8Array.from(rows.flatMap((row) => row.slice(1))) };
    await given.folder.write(
      "plain.npz",
      formatNpz({ x_train: x, y_train: integers(rows.map(([label]) => label)) }),
    );
    await assertSameParameters(given, data, "plain.npz");

    const predict = async (...args: string[]) => await given.run("predict", "-m", "m.npz", ...args);
    const [table, arrays] = [await predict("--json", data), await predict("--json", "plain.npz")].map((
      { json },
    ) => json.flatMap(({ probabilities }) => probabilities as number[]));
    assertEquals(table.length, 10 * rows.length);
    assertSameTensors({ table: Float32Array.from(table) }, { table: Float32Array.from(arrays) });
    await predict("--csv", "out.csv", "--id", "ImageId", data);
    const lines = (await Deno.readTextFile(`${given.folder.path}/out.csv`)).trim().split("\n");
    assertEquals([lines[0], lines.length], ["ImageId,Label", 1 + rows.length]);
    assertMatch(lines[rows.length], new RegExp(`^${rows.length},\\d$`));
  },
);
