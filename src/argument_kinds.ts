/** The kinds of arguments that several public functions take: networks, layers, data sets, pictures. @module */
import {
  BYTES,
  CALLBACK,
  either,
  fields,
  FINITE,
  FLAG,
  type Kind,
  list,
  named,
  oneOf,
  POSITIVE,
  SHAPE,
  SHARE,
  TEXT,
  typed,
  whole,
} from "./arguments.ts";
import { LAYERS } from "./plan/layer_kind.ts";
import { optionKinds } from "./plan/option.ts";
import { TRAIN_OPTIONS } from "./training/config.ts";

const TEXTS = list(TEXT), NUMBER_LIST = list(FINITE);

/** A distribution of initial weights. */
export const INIT: Kind = oneOf(["he", "glorot", "uniform", "zeros"]);

/** Inputs of a network. */
export const INPUTS: Kind = typed([Uint8Array, Float32Array]);

/** Outputs of a network, which are float32. */
export const OUTPUTS: Kind = typed([Float32Array]);

/** Indices of rows. */
export const ROWS: Kind = typed([Uint32Array]);

/** Names of classes or columns. */
export const NAMES: Kind = TEXTS;

/** Parameters or state by name. */
export const TENSORS: Kind = named(typed([Float32Array, Float64Array]));

const IMAGE = fields(
  { white: POSITIVE, placement: oneOf(["center", "resize"]) },
  { background: oneOf(["dark", "light"]) },
);
const COLUMN = fields({ name: TEXT }, { categories: TEXTS, fill: FINITE });
const SPEC = {
  inputScale: FINITE,
  classNames: TEXTS,
  image: IMAGE,
  columns: list(COLUMN),
  labelColumns: TEXTS,
};

/** The meaning of the inputs and outputs of a network or a data set. */
export const INPUT_SPEC: Kind = fields({ inputShape: SHAPE }, SPEC);

/** The kind of a data set's labels or targets. */
export const TASK: Kind = oneOf(["classify", "regress", "multilabel"]);

/** The record of a teacher. */
const TEACHER = fields({ name: TEXT, share: SHARE, temperature: POSITIVE, crc32: whole(0, 0xffffffff) });

/** The labels of a set with the targets of a teacher. */
export const DISTILLED: Kind = fields({ labels: ROWS, teacher: TEACHER });

/** A data set, without the relations between the lengths of its arrays. */
export const DATASET: Kind = (value, path) => {
  const fault = ARRAYS(value, path);
  if (fault) return fault;
  const { labels, targets } = value as { readonly labels?: unknown; readonly targets?: unknown };
  if ((labels === undefined) !== (targets === undefined)) return undefined;
  const found = labels === undefined ? "neither" : "both";
  return { path, needs: "either labels or targets", found, isRange: false };
};

const ARRAYS = fields(
  { inputs: INPUTS, inputShape: SHAPE, inputScale: FINITE, outFeatures: whole(1), source: TEXT },
  { ...SPEC, task: TASK, labels: ROWS, targets: OUTPUTS, weights: OUTPUTS, distilled: DISTILLED },
);

/** The thresholds of sure guesses. */
export const THRESHOLDS: Kind = fields({ probability: SHARE, energy: FINITE, together: SHARE });

/** The data sets of a source. */
export const DATASETS: Kind = fields(
  { train: DATASET },
  { test: DATASET, validation: DATASET, notes: list(fields({ text: TEXT })) },
);

const SCALINGS = {
  inputScaling: fields({ shift: NUMBER_LIST, scale: NUMBER_LIST }),
  inputNegative: FINITE,
  targetScaling: fields({ mean: NUMBER_LIST, deviation: NUMBER_LIST }),
};

/** The record of a network's training. */
const RECORD = fields({
  config: fields(optionKinds(TRAIN_OPTIONS)),
  epochs: whole(),
  dataset: fields({ source: TEXT, rows: whole() }),
  backend: TEXT,
}, {
  ...SCALINGS,
  slices: whole(1),
  committee: whole(1),
  temperature: POSITIVE,
  teacher: TEACHER,
  steered: list(fields({ step: whole(), setting: TEXT })),
  inputRanges: fields({ least: NUMBER_LIST, most: NUMBER_LIST, mean: NUMBER_LIST, whole: list(FLAG) }),
});

/** The parts of a network that decide the meaning of its outputs. */
export const OUTPUT_PARTS: Kind = fields({ layers: LAYERS, outFeatures: whole(1) }, {
  training: fields({ config: fields({ loss: TEXT }) }),
});

/** The parts of a network, without the relations between them. */
export const NETWORK_PARTS: Kind = fields(
  { inputShape: SHAPE, inputScale: FINITE, layers: LAYERS, parameters: TENSORS },
  { ...SPEC, training: RECORD, thresholds: THRESHOLDS },
);

/** The parts of a network, whose parameters have the sizes of its layers. */
export const NETWORK: Kind = (value, path) => {
  const fault = NETWORK_PARTS(value, path);
  if (fault) return fault;
  const { inputShape, layers, parameters } = value as Sized;
  let inFeatures = inputShape.reduce((product, length) => product * length, 1);
  for (const [index, { outFeatures }] of layers.entries()) {
    const sizes = { weights: outFeatures * inFeatures, bias: outFeatures };
    for (const [buffer, size] of Object.entries(sizes)) {
      const name = `layer_${index + 1}.${buffer}`, found = parameters[name]?.length ?? 0;
      if (found === size) continue;
      return {
        path: `${path}.parameters["${name}"]`,
        needs: `${size} numbers`,
        found: `${found}`,
        isRange: false,
      };
    }
    inFeatures = outFeatures;
  }
};

/** The parts of a network that decide the sizes of its parameters. */
interface Sized {
  readonly inputShape: readonly number[];
  readonly layers: readonly { readonly outFeatures: number }[];
  readonly parameters: Readonly<Record<string, ArrayLike<number> | undefined>>;
}

/** A picture, without the relation between its sizes. */
export const PICTURE: Kind = fields({
  width: whole(1),
  height: whole(1),
  channels: oneOf([1, 2, 3, 4]),
  pixels: BYTES,
});

/** Ink on a sheet, without the relation between its sizes. */
export const INK: Kind = fields({
  values: typed([Uint8Array, Uint8ClampedArray, Float32Array]),
  width: whole(),
  height: whole(),
});

/** Processes that train together. */
export const RANKS: Kind = fields({ rank: whole(), size: whole(1) });

/** A backend, or its name. */
export const BACKEND: Kind = either(
  "a backend or its name",
  TEXT,
  fields({ name: TEXT, device: TEXT, createTrainer: CALLBACK, createPredictor: CALLBACK }, { ranks: RANKS }),
);
