/** The command line of `predict`. @module */
import { UNSURE_BELOW } from "../../src/guess.ts";
import { ARRAYS_OPTION } from "../shared/arrays.ts";
import {
  BACKEND_OPTIONS,
  FOREIGN_OPTIONS,
  JSON_OPTION,
  MODEL_OPTION,
  TRUST_OPTION,
} from "../shared/options.ts";
import type { Command } from "../terminal/command.ts";

/** The command line of `predict`. */
export const COMMAND = {
  name: "predict",
  summary:
    "Classifies images or rows with a saved network. Prints the most probable classes, or all labels, with their " +
    `probabilities. A class below ${
      100 * UNSURE_BELOW
    } % is marked as not sure; a network that was trained with --outliers decides by its own ` +
    "thresholds, and marks inputs that are not like anything that it was trained on. * marks labels above 50 %. " +
    "For a regression, prints the outputs.",
  positionals: {
    name: "IMAGE...",
    help:
      "a picture: a PNG, JPEG, WebP, GIF or BMP, or an .npy of shape [H, W] or [N, H, W]; a folder of pictures, whose class " +
      "folders are their labels; or rows: a .csv or .tsv, an .npz, or an .npy of shape [N, I] or of the network's input shape, " +
      "with values in the units of the rows that the network was trained on; - reads one of these files from stdin",
  },
  groups: {
    input: {
      title: "Model and inputs",
      options: {
        ...MODEL_OPTION,
        ...FOREIGN_OPTIONS,
        ...TRUST_OPTION,
        raw: {
          kind: "boolean",
          default: false,
          help:
            "use pictures as they are, without centering; they need the network's input shape; --no-raw treats the rows of an " +
            ".npy or .npz as pictures, too, whose ink is centered",
        },
        many: {
          kind: "boolean",
          default: false,
          help: "read each digit of a picture that holds several, from left to right",
        },
        set: {
          kind: "choice",
          default: "test",
          choices: ["test", "train", "validation"],
          help: "set of an .npz or of a folder; without a test set, by default its only set",
        },
        ...ARRAYS_OPTION,
        keepGoing: {
          kind: "boolean",
          default: false,
          help:
            "leave out files that cannot be read; each is named, and the exit code is 1; by default the first one ends the run",
        },
        missing: {
          kind: "choice",
          default: "refuse",
          choices: ["refuse", "drop"],
          help: "missing values of a CSV in columns that had none in training: drop leaves out their rows",
        },
        rows: {
          kind: "text",
          value: "A-B",
          help: "first and last row of each file or folder, counted from 0; by default all rows",
        },
        inputScale: {
          kind: "text",
          value: "SCALE",
          default: "auto",
          help:
            "scale of rows if it is not that of the rows that the network was trained on: pixels for 0 to 255, none for " +
            "pixels that were divided by 255, or a number such as 1/16; auto leaves them as they are",
        },
      },
      aliases: { model: ["m"] },
    },
    shown: {
      title: "Output",
      options: {
        top: { kind: "integer", default: 2, min: 1, max: 1000, help: "number of most probable classes" },
        show: { kind: "boolean", default: false, help: "draw the network's input on the terminal" },
        ...JSON_OPTION,
        csv: {
          kind: "text",
          value: "PATH",
          help: "write the predictions to a CSV file, with a header, in place of the table; - for stdout",
        },
        probabilities: {
          kind: "boolean",
          default: false,
          help: "add a column with the probability of each class to the CSV",
        },
        id: {
          kind: "text",
          value: "NAME[,LABEL]",
          help:
            "write only an identifier and the class or value to the CSV, as a submission to Kaggle needs them: the column NAME of " +
            "a .csv, else the number of the row, from 1; for a picture, the name of its file",
        },
        force: { kind: "boolean", default: false, help: "replace the CSV file if it exists" },
      },
    },
    run: { title: "Run", options: BACKEND_OPTIONS },
  },
  examples: [
    {
      args: "scan.png photo.jpg --show",
      help: "two images, with the network's input of each",
    },
    { args: "data/mnist.npz --rows 0-9", help: "the first ten rows of a test set" },
    { args: "photos --keep-going", help: "a folder of pictures, without those that are damaged" },
    { args: "new.csv --csv out.csv", help: "the rows of a table, with the class of each in out.csv" },
    { args: "test.csv --csv submission.csv --id ImageId", help: "a submission to Kaggle" },
  ],
} as const satisfies Command;
