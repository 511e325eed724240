/** The command line of `train`. @module */
import { METRICS_OPTION, REPORT_OPTION } from "../report/options.ts";
import { DATA_OPTIONS } from "../shared/data_options.ts";
import { START_GROUP } from "../shared/init_option.ts";
import {
  BACKEND_OPTIONS,
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  JSON_OPTION,
  NORMALIZE_OPTION,
} from "../shared/options.ts";
import { OUTPUT_OPTIONS } from "../shared/output.ts";
import { RANKS_OPTION } from "../shared/ranks.ts";
import { TEACHER_GROUP } from "../shared/teacher.ts";
import { LAYERS_OPTION } from "../shared/training.ts";
import type { Command } from "../terminal/command.ts";

/** The command line of `train`. */
export const COMMAND = {
  name: "train",
  summary: "Trains a network and saves it. With no options: 784-128-64-10 on MNIST, 100 epochs, " +
    `saved to ${DEFAULT_MODEL} in the current folder. Ctrl-C, SIGTERM or a closed terminal ends training early and ` +
    "saves the network.",
  groups: {
    network: {
      title: "Data",
      options: {
        ...DATA_OPTION,
        ...DATA_OPTIONS,
        ...LAYERS_OPTION,
        ...NORMALIZE_OPTION,
      },
      aliases: DATA_ALIASES,
      sections: { Network: ["layers", "normalize"] },
    },
    config: START_GROUP,
    teacher: TEACHER_GROUP,
    run: {
      title: "Run",
      options: {
        ...BACKEND_OPTIONS,
        ...RANKS_OPTION,
        output: OUTPUT_OPTIONS.output,
        checkpoint: {
          kind: "text",
          value: "PATH",
          help: "write a checkpoint after every epoch, for --resume; " +
            "the checkpoint of an earlier run is kept as NAME.previous.npz",
        },
        checkpointEvery: {
          kind: "integer",
          default: 1,
          min: 1,
          help: "write the checkpoint only after every N-th epoch, and at the end of training",
        },
        resume: {
          kind: "text",
          value: "PATH",
          help:
            "continue from a checkpoint with its settings, of which only --epochs may change; if its run has ended, " +
            "save the model; if it is damaged, use NAME.previous.npz; if it does not exist and --checkpoint names " +
            "the same file, start anew",
        },
        ...REPORT_OPTION,
        ...METRICS_OPTION,
        force: { ...OUTPUT_OPTIONS.force, help: "replace a file even if it is of another kind" },
        quiet: { kind: "boolean", default: false, help: "print only the result" },
        ...JSON_OPTION,
      },
      aliases: { output: ["o"], quiet: ["q"] },
    },
  },
  examples: [
    {
      args: "--init model/model.npz --data letters.npz -o letters-model.npz",
      help: "train a saved model further on other data",
    },
    { args: "--epochs 5 --lr 0.002", help: "five passes with a higher learning rate" },
    {
      args: "--data houses.csv --label price --input-scale standardize --test-split 0.2",
      help: "a table, with a fifth of its rows as the test set",
    },
    { args: "--data photos --image-size 32x32x3", help: "a folder with a folder of pictures for each class" },
    {
      args: "--layers 512:relu,10:softmax --optimizer sgd --momentum 0.9 --lr 0.1",
      help: "another network",
    },
    {
      args: "--validation-split 0.1 --patience 5",
      help: "stop after five epochs without a better validation loss",
    },
    { args: "--report report.html", help: "and write a report with curves, scores and the worst mistakes" },
    {
      args: "--layers 32:relu,10:softmax --teacher model/model.npz -o small.npz",
      help: "a smaller network, which learns from the probabilities of a saved one",
    },
    {
      args: "--checkpoint run.npz --resume run.npz --checkpoint-every 5",
      help: "start, and go on when the same command is started again",
    },
    { args: "--ranks mpi", help: "train with the processes that mpirun -n 4 starts with this command" },
  ],
} as const satisfies Command;
