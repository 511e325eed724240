/** The errors of the tasks for unusable data, networks and settings: one line, a hint, and an exit code. @module */
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { formatNpy } from "../../src/formats/npy.ts";
import type { NpzInput } from "../../src/formats/npz.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { Mlp } from "../../src/mlp.ts";
import { drawImages, drawRegression, type Folder, setFile, taskTest } from "./support.ts";

/** A command line that train refuses, with the content of `set.npz` and the error. */
interface Refusal {
  readonly name: string;
  /** The file's bytes; a valid set by default. */
  readonly bytes?: Uint8Array;
  readonly args?: readonly string[];
  /** The last lines of stderr; `FOLDER` is replaced by the folder's path. */
  readonly message: string;
  /** The exit code; 1 by default. */
  readonly code?: number;
}

const { x_train, y_train, x_test } = drawImages();
const HELP = "  hint: run `deno task train --help` for the options";

/** Returns the valid set with some arrays replaced. */
function changed(arrays: Record<string, NpzInput>): Uint8Array {
  return setFile({ ...drawImages(), ...arrays });
}

function withValue(at: number, value: number): NpzInput {
  const values = Float32Array.from(x_train.values as Uint8Array, (pixel) => pixel / 255);
  values[at] = value;
  return { shape: x_train.shape, values };
}

/** Returns a set whose inputs are Python objects, which NumPy pickles. */
function objectArrays(): Uint8Array {
  const header = new TextEncoder().encode("'|O' ");
  const inputs = formatNpy(x_train);
  inputs.set(header, new TextDecoder().decode(inputs.subarray(0, 128)).indexOf("'|u1'"));
  return writeZip([{ name: "x_train.npy", bytes: inputs }, {
    name: "y_train.npy",
    bytes: formatNpy(y_train),
  }]);
}

/** The beginning of the error for each option that names a file. */
const CANNOT = {
  "-o": "Cannot save to",
  "--checkpoint": "Cannot save to",
  "--resume": "Cannot resume from",
  "--path": "Cannot load",
};

const REFUSALS: Refusal[] = [
  {
    name: "an unknown option",
    args: ["--epcohs", "3"],
    message: 'error: Unknown option "--epcohs"\n  hint: did you mean --epochs?',
    code: 2,
  },
  {
    name: "a bad value",
    args: ["--epochs", "0"],
    message: `error: --epochs needs a whole number from 1, found 0\n${HELP}`,
    code: 2,
  },
  {
    name: "a missing value",
    args: ["--lr"],
    message: "error: --learning-rate needs a value, found none\n" + HELP,
    code: 2,
  },
  {
    name: "an argument too many",
    args: ["mnist"],
    message: `error: Unexpected argument "mnist"\n${HELP}`,
    code: 2,
  },
  {
    name: "settings that exclude each other",
    args: ["--momentum", "0.9"],
    message: `error: --momentum needs optimizer "sgd", found "adam"\n${HELP}`,
    code: 2,
  },
  {
    name: "patience without a validation set",
    args: ["--patience", "5"],
    message: "error: --patience needs a validation set\n  hint: such as --validation-split 0.1",
    code: 2,
  },
  {
    name: "an unknown backend",
    args: ["--backend", "wsam"],
    message:
      'error: --backend needs auto, cuda, webgpu, cpu, wasm or reference, found "wsam"\n  hint: did you mean --backend wasm?',
    code: 2,
  },
  {
    name: "an unknown activation",
    args: ["--layers", "3:softmox"],
    message: `error: --layers: Unknown activation "softmox", needs one of ${ACTIVATIONS.join(", ")}\n` +
      "  hint: such as --layers 128:relu,10:softmax",
    code: 2,
  },
  {
    name: "cross-entropy on a relu output",
    args: ["--layers", "3:relu"],
    message:
      'error: Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found "relu"; ' +
      'loss "mean-squared-error" takes any output\n' +
      "  hint: end --layers with 3:softmax, or use --loss mean-squared-error",
  },
  {
    name: "labels beyond the network's classes",
    args: ["--layers", "2:softmax"],
    message: "error: Cannot use set.npz: row 2 has label 2, the network has classes 0 to 1\n" +
      "  hint: end --layers with 3:softmax",
  },
  {
    name: "a folder for the model",
    args: ["-o", "."],
    message: 'error: Cannot save to "FOLDER": it is a folder',
  },
  {
    name: "a missing file",
    args: ["--path", "none.npz"],
    message: 'error: Cannot load "none.npz": no such file or folder\n' +
      "  hint: leave --data out for MNIST, or use --data digits",
  },
  {
    name: "a negative learning rate",
    args: ["--lr", "-1"],
    message: `error: --learning-rate needs a number from 0, found -1\n${HELP}`,
    code: 2,
  },
  {
    name: "target values with cross-entropy",
    bytes: setFile(drawRegression()),
    args: ["--loss", "cross-entropy"],
    message: "error: Cannot use set.npz: row 0 has target value -3.3874709606170654, " +
      'loss "cross-entropy" needs class labels, or rows of probabilities from 0 to 1\n' +
      "  hint: use --loss mean-squared-error or huber",
  },
  ...Object.entries(CANNOT).map(([option, cannot]) => ({
    name: `a file as a folder in the path of ${option}`,
    args: option === "-o" ? [option, "set.npz/x.npz"] : ["-o", "m.npz", option, "set.npz/x.npz"],
    message: `error: ${cannot} "set.npz/x.npz": a part of the path is a file, not a folder\n` +
      "  hint: name another place",
  })),
  {
    name: "a name that is too long",
    args: ["-o", `${"n".repeat(300)}.npz`],
    message:
      `error: Cannot save to "${
        "n".repeat(300)
      }.npz": the path or a name in it is too long for the system\n` +
      "  hint: name a shorter path",
  },
  ...Object.entries(Deno.build.os === "linux" ? CANNOT : {}).map(([option, cannot]) => ({
    name: `a system folder for ${option}`,
    args: option === "-o" ? [option, "/proc/x.npz"] : ["-o", "m.npz", option, "/proc/x.npz"],
    message:
      `error: ${cannot} "/proc/x.npz": Deno keeps programs out of system folders such as /proc, /sys and /dev\n` +
      "  hint: name another place",
  })),
  {
    name: "a file that is neither an .npz nor a text",
    bytes: Uint8Array.of(1, 2, 3),
    message:
      'error: Cannot load "FOLDER/set.npz": it is neither an .npz archive nor a table of text (3 bytes), ' +
      "needs an .npz, a CSV or TSV file, or a folder",
  },
  {
    name: "a truncated npz",
    bytes: setFile().subarray(0, 5000),
    message: 'error: Cannot read "FOLDER/set.npz": it is cut short after 5,000 bytes: ' +
      "the zip directory at its end is missing",
  },
  {
    name: "an object array",
    bytes: objectArrays(),
    message: 'error: Cannot read "FOLDER/set.npz": "x_train" is an object array, which needs pickle; ' +
      "save it with a numeric dtype",
  },
  {
    name: "a missing array",
    bytes: setFile({ x_train }),
    message: 'error: Cannot load "FOLDER/set.npz": it holds x_train, needs x_train and y_train ' +
      '(the option "arrays" takes other names)\n  hint: name the arrays, such as --arrays x=arr_0,y=arr_1',
  },
  {
    name: "different numbers of rows",
    bytes: changed({ y_train: { shape: [239], values: new BigInt64Array(239) } }),
    message: 'error: Cannot load "FOLDER/set.npz": "x_train" has shape [240, 5, 4] and "y_train" [239], ' +
      "both need the same number of rows",
  },
  {
    name: "test inputs of a different shape",
    bytes: changed({ x_test: { shape: [60, 4, 5], values: x_test.values } }),
    message: 'error: Cannot load "FOLDER/set.npz": "x_test" holds inputs of shape [4, 5], ' +
      "the training set has [5, 4]",
  },
  {
    name: "an empty set",
    bytes: setFile({
      x_train: { shape: [0, 5, 4], values: new Uint8Array() },
      y_train: { shape: [0], values: new BigInt64Array() },
    }),
    message: 'error: Cannot load "FOLDER/set.npz": "y_train" holds no rows',
  },
  {
    name: "NaN in the inputs",
    bytes: changed({ x_train: withValue(47, NaN) }),
    message: 'error: Cannot load "FOLDER/set.npz": "x_train" has NaN at [2, 1, 3], needs finite numbers',
  },
  {
    name: "labels of one class",
    bytes: changed({
      y_train: { shape: [240], values: new BigInt64Array(240) },
      y_test: { shape: [60], values: new BigInt64Array(60) },
    }),
    message:
      'error: Cannot load "FOLDER/set.npz": "y_train" has only the label "0", needs two classes or more',
  },
];

/** Returns the end of a task's stderr, without the notes before it and the folder's path. */
function endOf(folder: Folder, stderr: string): string {
  const from = stderr.indexOf("error:");
  return stderr.slice(Math.max(0, from)).trimEnd().replaceAll(folder.path, "FOLDER");
}

for (const { name, bytes = setFile(), args = [], message, code = 1 } of REFUSALS) {
  taskTest(`train refuses ${name} in one line, before it trains`, async (folder) => {
    await folder.write("set.npz", bytes);
    const data = args.includes("--path") ? [] : ["--data", "set.npz"];
    const output = args.includes("-o") ? [] : ["-o", "m.npz"];
    const outcome = await folder.run("train", ...data, ...output, ...args);
    assertEquals([outcome.code, outcome.stdout, endOf(folder, outcome.stderr)], [code, "", message]);
    assertEquals(folder.names(), ["set.npz"]);
  });
}

const SMALLER = "  hint: try a smaller --learning-rate, or --clip-norm 1\n";

taskTest("train stops if the loss is not finite in the first epoch, and saves nothing", async (folder) => {
  await folder.write("set.npz", setFile());
  const outcome = await folder.run("train", "--data", "set.npz", "-o", "m.npz", "-q", "--lr", "1e30");
  assertEquals(outcome, {
    code: 1,
    stdout: "",
    stderr: "error: Training stopped: the loss is not a finite number at epoch 1, step 2; " +
      `a smaller learning rate may help\n${SMALLER}`,
  });
  assertEquals(folder.names(), ["set.npz"]);
});

taskTest("train saves the last good epoch if the loss is no longer finite", async (folder) => {
  await folder.write("set.npz", setFile(drawRegression()));
  const args = [
    "--layers",
    "1:linear",
    "--optimizer",
    "sgd",
    "--lr",
    "5",
    "-o",
    "m.npz",
    "--checkpoint",
    "c.npz",
  ];
  const { code, stdout, stderr } = await folder.run("train", "--data", "set.npz", "--json", ...args);
  const epochs = stdout.trimEnd().split("\n").length;
  assertGreater(epochs, 2);
  const end = stderr.slice(stderr.indexOf("saved"));
  assertMatch(
    end,
    new RegExp(`^saved the model of epoch ${epochs} to m.npz\nerror: .* at epoch ${epochs + 1}, step`),
  );
  assertEquals([code, end.endsWith(`\n${SMALLER}`)], [1, true]);
  const mlp = await Mlp.parse(await folder.read("m.npz"));
  assertEquals(mlp.training?.epochs, epochs);
  assertEquals((await Mlp.parse(await folder.read("c.npz"))).parameters, mlp.parameters);
});

taskTest("train prints a stack trace only with --debug", async (folder) => {
  const args = ["--data", "none.npz", "-o", "m.npz"];
  const plain = await folder.run("train", ...args), traced = await folder.run("train", ...args, "--debug");
  assertEquals(/\n +at /.test(plain.stderr), false);
  assertMatch(traced.stderr, /^error: .*\n {2}hint: .*\nTaskError: .*\n(?: +at .*\n)* +at .*data\.ts/);
});
