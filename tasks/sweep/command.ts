/** The command line of `sweep`. @module */
import { INSTRUCTION_SETS, type InstructionSet } from "../../src/backends/native/ffi.ts";
import { MAX_THREADS } from "../../src/backends/threads.ts";
import { RANDOM_SEED } from "../../src/sweep/grid.ts";
import type { OptionSpec } from "../../src/plan/option.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { DATA_OPTIONS } from "../shared/data_options.ts";
import { DATA_ALIASES, DATA_OPTION } from "../shared/options.ts";
import { TRAINING_GROUP } from "../shared/training.ts";
import type { ArgumentTable, Command, Lists } from "../terminal/command.ts";

/** The networks of a sweep. */
const LAYERS_OPTION = {
  layers: {
    kind: "text",
    value: "LAYERS|…",
    help: "layers of each network, one network after the other, separated by |, such as " +
      "'64:relu,10:softmax|256:relu,10:softmax'; by default 128:relu,64:relu and an output for each class (softmax), label " +
      `(sigmoid) or target value (linear); activations: ${ACTIVATIONS.join(", ")}`,
  },
} as const satisfies ArgumentTable;

/** Returns the options of a table, each with several values. */
function listsOf<T extends Readonly<Record<string, OptionSpec>>>(table: T): Lists<T> {
  const lists = Object.entries(table).map(([name, of]) => [name, { kind: "list", of, help: of.help }]);
  return Object.fromEntries(lists) as Lists<T>;
}

const { validationSplit, ...OPTIONS } = TRAINING_GROUP.options;

/** The settings, each with several values. */
export const SETTINGS = listsOf({
  ...OPTIONS,
  validationSplit: {
    ...validationSplit,
    help:
      "share of the training set used to rank the networks, instead of training; by default 0.1, or 0.25 of less " +
      "than 5,000 rows, if the data has no validation set",
  },
});

/** The options of the sweep itself. */
const SWEEP_OPTIONS = {
  random: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "number of networks to draw from all combinations; 0 trains all",
  },
  randomSeed: { kind: "integer", default: RANDOM_SEED, min: 0, max: 4294967295, help: "seed of --random" },
  out: {
    kind: "text",
    value: "DIR",
    help:
      "folder for the results: results.csv and results.jsonl with a row for each network, and best.npz, the best " +
      "network; after an interruption, the same command goes on",
  },
  committee: {
    kind: "integer",
    default: 0,
    min: 0,
    help:
      "also make a committee of the best N networks in DIR/committee.npz: one network with the mean of their logits, or of " +
      "their target values, for predict, eval, gui and export; 0 makes none",
  },
  shard: {
    kind: "text",
    value: "I/N",
    help:
      "train only part I of N, counted from 1, in the folder DIR/shard-I-of-N; env reads both from the variables of " +
      "a Slurm array, or else from RANK and WORLD_SIZE",
  },
  merge: {
    kind: "boolean",
    default: false,
    help:
      "join the results in the folders DIR, such as those of --shard; --out is the folder for all of them",
  },
} as const satisfies ArgumentTable;

/** The command line of `sweep`. */
export const COMMAND = {
  name: "sweep",
  summary:
    "Trains many networks at once, one on each thread, and ranks them by validation rows. Each setting takes several " +
    "values: a list such as 0.001,0.003, whole numbers such as 1-5, or a range such as 1e-4..1e-2:log:8 (8 values with " +
    "equal ratios) or 0..0.5:linear:6; all combinations are trained. Each network is the same, bit for bit, as that of " +
    "`train` with its settings. Ctrl-C ends the sweep and keeps the networks that are trained.",
  positionals: { name: "[DIR...]", help: "folders with results, for --merge" },
  groups: {
    sweep: {
      title: "Sweep",
      options: SWEEP_OPTIONS,
    },
    network: {
      title: "Data",
      options: { ...DATA_OPTION, ...DATA_OPTIONS, ...LAYERS_OPTION },
      aliases: DATA_ALIASES,
      sections: { Networks: ["layers"] },
    },
    settings: {
      title: "Training",
      options: SETTINGS,
      aliases: TRAINING_GROUP.aliases,
      sections: TRAINING_GROUP.sections,
    },
    run: {
      title: "Run",
      options: {
        backend: {
          kind: "choice",
          default: "auto",
          choices: ["auto", "cpu", "wasm"],
          help:
            "hardware to train on: only these two train a network on one thread; auto takes cpu if its library is there",
        },
        threads: {
          kind: "integer",
          default: 0,
          min: 0,
          max: MAX_THREADS,
          help: "networks to train at the same time, each on one thread; 0 for one on each processor",
        },
        isa: {
          kind: "choice",
          default: "auto",
          choices: Object.keys(INSTRUCTION_SETS) as InstructionSet[],
          help:
            "instruction set of the cpu backend, for comparisons: it changes the speed, never the results",
        },
        quiet: { kind: "boolean", default: false, help: "print only the rows of results" },
        json: {
          kind: "boolean",
          default: false,
          help: "print the result of each network as JSON, one object a line",
        },
      },
      aliases: { quiet: ["q"] },
    },
  },
  examples: [
    {
      args: "--data wine.npz --lr 1e-4..1e-1:log:7 --seed 1-5",
      help: "find a learning rate, with five seeds for each",
    },
    {
      args: "--layers '64:relu,10:softmax|256:relu,10:softmax' --batch-size 64,128 --epochs 10 --out sweep",
      help: "four networks for MNIST; the results are kept in the folder sweep",
    },
    {
      args: "--lr 1e-4..1e-1:log:20 --input-dropout 0..0.5:linear:6 --random 30",
      help: "30 of all combinations",
    },
    { args: "--merge sweep --out all", help: "join the results of the shards in the folder sweep" },
  ],
} as const satisfies Command;
