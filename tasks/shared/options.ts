/** Options that several tasks have. @module */
import { INSTRUCTION_SETS, type InstructionSet } from "../../src/backends/native/ffi.ts";
import { type BackendOptions, BACKENDS } from "../../src/backends/open.ts";
import { MAX_THREADS } from "../../src/backends/threads.ts";
import type { ArgumentTable, OptionGroup } from "../terminal/command.ts";

/** The default path of a model, relative to the user's current folder. */
export const DEFAULT_MODEL = "model/model.npz";

/** The model that a task uses. */
export const MODEL_OPTION = {
  model: {
    kind: "text",
    value: "PATH",
    help:
      `saved model (default ${DEFAULT_MODEL} in the current folder), or a file of another program: a .safetensors, .pt or ` +
      ".npz with weights",
  },
} as const satisfies ArgumentTable;

/** The normalization of inputs, which files of other programs do not tell. */
export const NORMALIZE_OPTION = {
  normalize: {
    kind: "text",
    value: "MEAN,STD",
    help:
      "normalization of the inputs that a model of another program was trained with, such as 0.1307,0.3081 for MNIST in " +
      "PyTorch: its inputs, pixels from 0 to 1, minus MEAN and divided by STD; it becomes a part of the first layer",
  },
} as const satisfies ArgumentTable;

/** The parts of a model of another program that its file lacks. */
export const FOREIGN_OPTIONS = {
  layers: {
    kind: "text",
    value: "LAYERS",
    help:
      "layers of a model of another program, whose file does not tell the activations, such as 128:relu,10:softmax; " +
      "by default relu, and a linear last layer",
  },
  ...NORMALIZE_OPTION,
} as const satisfies ArgumentTable;

/** The sizes of files. */
export const TRUST_OPTION = {
  trustSizes: {
    kind: "boolean",
    default: false,
    help:
      "also read files that expand to more than 16 MiB (pictures 64 MiB) and 100 times their size, which can take all memory; only for files " +
      "whose origin you trust",
  },
} as const satisfies ArgumentTable;

/** The data set. */
export const DATA_OPTION = {
  data: {
    kind: "texts",
    value: "PATH",
    help:
      "data set: an .npz, a .csv or .tsv, a folder of IDX files, a folder with a folder of pictures for each class, or " +
      "`digits` for digits drawn by the program; by default data/mnist.npz, which is downloaded if it is missing, or " +
      "`digits` if the download fails; can be given several times, to join the sets",
  },
} as const satisfies ArgumentTable;

/** The backend and its settings. */
export const BACKEND_OPTIONS = {
  backend: {
    kind: "choice",
    default: "auto",
    choices: ["auto", ...BACKENDS],
    help: "hardware to compute on",
  },
  threads: {
    kind: "integer",
    default: 0,
    min: 0,
    max: MAX_THREADS,
    help: "threads of the cpu and the wasm backend; 0 for one on each processor",
  },
  isa: {
    kind: "choice",
    default: "auto",
    choices: Object.keys(INSTRUCTION_SETS) as InstructionSet[],
    help: "instruction set of the cpu backend, for comparisons: it changes the speed, never the results",
  },
  device: {
    kind: "integer",
    default: 0,
    min: 0,
    max: 1023,
    help: "GPU of the cuda backend, counted from 0",
  },
} as const satisfies ArgumentTable;

/** The output format. */
export const JSON_OPTION = {
  json: { kind: "boolean", default: false, help: "print results as JSON, one object a line" },
} as const satisfies ArgumentTable;

/** Other spellings of `--data`. */
export const DATA_ALIASES = { data: ["path"] } as const satisfies OptionGroup["aliases"];

/** Returns the library's options for `--threads`, `--isa` and `--device`. */
export function backendOptionsOf(
  { threads, isa, device }: {
    readonly threads?: number;
    readonly isa?: InstructionSet;
    readonly device?: number;
  },
): BackendOptions {
  return { threads: threads || undefined, instructionSet: isa, device };
}
