/** The network of each kind of input is exported in each format, and read back. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { inputSpecOf } from "../../src/data/dataset.ts";
import { loadDataset } from "../../src/data/load.ts";
import { compareExport } from "../../src/export/compare.ts";
import { EXPORT_FORMATS, type ExportFormat, exportNetwork } from "../../src/export/export.ts";
import { importModel } from "../../src/import/import.ts";
import { digits, digitsNpz, emnistFiles, negative, UPRIGHT, uprightFiles } from "./digits.ts";
import { assertSameTensors } from "./same.ts";
import { type Case, caseTest, type Files, madeTest } from "./support.ts";
import { diabetesFiles, multilabelFiles, wholeTableFiles, wineFiles } from "./tables.ts";

/** Inputs, each with its files and the options of its training. */
const INPUTS: Readonly<
  Record<string, { readonly make: () => Files | Promise<Files>; readonly args?: readonly string[] }>
> = {
  "whole_table.npz": { make: wholeTableFiles },
  "wine.npz": { make: wineFiles, args: ["--input-scale", "standardize"] },
  "diabetes.npz": { make: diabetesFiles },
  "multilabel.npz": { make: multilabelFiles },
  "emnist_letters": { make: () => emnistFiles("emnist_letters", digits(200, 40)) },
  "dark_on_light.npz": {
    make: () => ({ "dark_on_light.npz": digitsNpz({ images: negative }, digits(200, 40)) }),
  },
};

async function checkExports(given: Case, name: string): Promise<void> {
  const mlp = await given.network(), path = given.isMade ? `${given.folder.path}/${name}` : given.at(name);
  const { train, test = train } = await loadDataset(path, { like: mlp });
  for (const format of Object.keys(EXPORT_FORMATS) as ExportFormat[]) {
    const bytes = exportNetwork(mlp, format);
    const { largestDifference } = await compareExport({ mlp, format, bytes, inputs: test.inputs });
    assert(largestDifference <= 1e-6, `${format}: ${largestDifference}`);
    if (format !== "safetensors" && format !== "npz") continue;
    const { mlp: read, notes } = await importModel(bytes);
    assertEquals(notes, []);
    assertEquals(inputSpecOf(read), inputSpecOf(mlp));
    assertEquals(read.layers, mlp.layers);
    assertSameTensors(read.parameters, mlp.parameters);
  }
}

for (const [name, { make, args = [] }] of Object.entries(INPUTS)) {
  caseTest(`exportNetwork() keeps what train has learned of ${name}`, make, async (given) => {
    await given.train("--data", given.at(name), "--epochs", "5", ...args);
    await checkExports(given, name);
  });
}

madeTest(
  "predict takes an export in place of the network, with its classes and its background",
  async () => ({
    "set.npz": digitsNpz({
      images: negative,
      labels: (labels) => Array.from(labels, (label) => `d${label}`),
    }),
    ...await uprightFiles(),
  }),
  async (given) => {
    await given.train("--data", "set.npz", "--epochs", "10");
    const predict = async (model: string) =>
      (await given.run("predict", "-m", model, "--json", ...UPRIGHT)).json;
    const expected = await predict("m.npz");
    for (const path of ["out.safetensors", "out.npz"]) {
      await given.run("export", "m.npz", "-o", path, "--data", "set.npz");
      for (const [row, found] of (await predict(path)).entries()) {
        assertEquals(found.className, expected[row].className);
        const probabilities = expected[row].probabilities as number[];
        (found.probabilities as number[]).forEach((value, o) =>
          assertAlmostEquals(value, probabilities[o], 1e-6)
        );
      }
    }
  },
);
