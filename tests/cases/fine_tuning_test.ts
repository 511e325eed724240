/** A network of digits is trained further on letters. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { loadDataset } from "../../src/data/load.ts";
import { digits, digitsNpz, emnistFiles, negative } from "./digits.ts";
import { assertSameTensors } from "./same.ts";
import { type Case, caseTest, type Files, madeTest } from "./support.ts";

/** Digits to start with, and few of other digits, which are the letters A to J, in EMNIST's files. */
async function files(): Promise<Files> {
  return {
    "openml_string_labels.npz": digitsNpz({ labels: (labels) => Array.from(labels, String) }),
    "dark_on_light.npz": digitsNpz({ images: negative }),
    ...await emnistFiles("emnist_letters", digits(200, 300)),
  };
}

/** Trains a network of digits and saves it as `start.npz`. */
async function trainStart({ at, run }: Case, data: string): Promise<void> {
  await run("train", "--data", at(data), "--epochs", "20", "-o", "start.npz", "-q");
}

caseTest("train --init takes the hidden layers of a network of digits to letters", files, async (given) => {
  await trainStart(given, "openml_string_labels.npz");
  const letters = ["--data", given.at("emnist_letters"), "--init", "start.npz"];
  const { said } = await given.train(...letters, "--lr", "0", "--epochs", "1");
  assertStringIncludes(
    said,
    `\ninit     start.npz: 2 of 3 layers are kept; the last is new: other classes, such as "A" in place of "0"\n`,
  );
  const start = (await given.network("start.npz")).parameters,
    { parameters, classNames } = await given.network();
  for (const name of ["layer_1.weights", "layer_1.bias", "layer_2.weights", "layer_2.bias"]) {
    assertSameTensors({ [name]: parameters[name] }, { [name]: start[name] });
  }
  assert(parameters["layer_3.weights"].some((value, i) => value !== start["layer_3.weights"][i]));
  assertEquals(classNames, [..."ABCDEFGHIJ"]);
});

caseTest("train --init learns letters in fewer epochs than random weights", files, async (given) => {
  await trainStart(given, "openml_string_labels.npz");
  const accuracies: number[] = [];
  for (const init of [["--init", "start.npz"], []]) {
    const { result } = await given.train("--data", given.at("emnist_letters"), "--epochs", "3", ...init);
    accuracies.push(result.testAccuracy as number);
  }
  assertGreater(accuracies[0], accuracies[1] + 0.1);
});

madeTest("train --init brings letters to the background of the network", files, async (given) => {
  await trainStart(given, "dark_on_light.npz");
  const { said } = await given.train("--data", "emnist_letters", "--init", "start.npz", "--epochs", "3");
  assertStringIncludes(said, "\ndata     dark background brought to light\n");
  const mlp = await given.network();
  assertEquals(mlp.image?.background, "light");
  const { inputShape, inputScale, image } = mlp, path = `${given.folder.path}/emnist_letters`;
  const { train } = await loadDataset(path, { like: { inputShape, inputScale, image } });
  assertEquals(train.inputs[0], 255); // paper
});
