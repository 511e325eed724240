/** Inputs for the readers of this library's own files: models, checkpoints and corrections. @module */
import { parseCorrections } from "../../../src/gui/teaching/corrections_file.ts";
import { encodeValues } from "../../../src/formats/npy_dtype.ts";
import type { NpzInput } from "../../../src/formats/npz.ts";
import { Mlp } from "../../../src/mlp.ts";
import type { MlpParts } from "../../../src/mlp_parts.ts";
import { formatModel, modelArrays, parseModel, stringArray } from "../../../src/model_file.ts";
import { dense } from "../../../src/plan/layers.ts";
import { formatCheckpoint, parseCheckpoint } from "../../../src/training/checkpoint.ts";
import { DIGEST, digestNow } from "../../../src/training/checkpoint_digest.ts";
import type { Checkpoint } from "../../../src/training/checkpoint_parts.ts";
import { arraysOf, CHECKPOINT } from "../../support/checkpoint.ts";
import type { Draw } from "../draw.ts";
import { formatIn, type FuzzReader, type Made } from "../kinds.ts";
import { oddJsonText } from "./json.ts";
import { writeNpy } from "./npy.ts";
import { writeZip } from "./zip.ts";

/** Arrays by name. */
type Arrays = Readonly<Record<string, NpzInput>>;

/** Networks of each kind: with classes, of a table, of pictures, with a record of training. */
export const NETWORKS: readonly MlpParts[] = [
  Mlp.create([dense(3, "relu"), dense(2, "softmax")], { inputShape: [4], classNames: ["a", "\u00e4"] }),
  {
    ...Mlp.create([dense(1, "linear")], { inputShape: [3], inputScale: 1 }),
    columns: [{ name: "length", fill: 1.5 }, { name: "color", categories: ["red", "blue"] }],
    labelColumns: ["price"],
  },
  { ...Mlp.create([{ ...dense(2, "gelu"), dropout: 0.25 }, dense(4, "sigmoid")], { inputShape: [2, 2] }) },
  CHECKPOINT.mlp,
  {
    ...Mlp.create([dense(3, "softmax")], { inputShape: [2], classNames: ["a", "b", "c"] }),
    thresholds: { probability: 0.5, energy: 1.5, together: 0.9 },
    training: {
      ...CHECKPOINT.mlp.training!,
      slices: 2,
      steered: [{ step: 3, setting: "learningRate", before: 0.1, value: 0.2 }],
      inputRanges: { least: [0, -1], most: [1, 1], mean: [0.5, 0], whole: [true, false] },
      inputScaling: { shift: [0.5, 0], scale: [1, 2] },
      inputNegative: -1,
      targetScaling: { mean: [0, 1, 2], deviation: [1, 1, 1] },
    },
  },
  {
    ...Mlp.create([dense(2, "tanh")], { inputShape: [2, 3], inputScale: 1 / 255 }),
    image: { white: 255, background: "dark", placement: "resize" },
  },
];
const MODELS = NETWORKS.map((network) => modelArrays(network));
const RUN: Arrays = await arraysOf(formatCheckpoint(CHECKPOINT));

/** Writes arrays into an archive, with faults in their values, headers and entries. */
function writeArrays(draw: Draw, arrays: Arrays): Uint8Array {
  const members = Object.entries(arrays).map(([name, { shape, values, dtype }]) => {
    const { dtype: written, bytes: data } = encodeValues(values, dtype === "<f2" ? undefined : dtype);
    const code = written.slice(1), size = data.length / Math.max(1, values.length);
    return { name: `${name}.npy`, bytes: writeNpy(draw, { kind: { code, size }, shape, data }) };
  });
  return writeZip(draw, members, 0.02);
}

/** Returns arrays with faults in their values, and in the JSON of some. */
function oddArrays(draw: Draw, arrays: Arrays): Arrays {
  const entries = draw.parts(Object.entries(arrays)).map(([name, array]): [string, NpzInput] => {
    const { shape, values } = array;
    if (typeof values[0] === "string") {
      const isJson = /^[{[]/.test(values[0]),
        text = isJson ? oddJsonText(values[0], draw) : draw.text(values[0]);
      return [draw.text(name), stringArray(text.replace(/\0+$/, ""))];
    }
    if (!(values instanceof Float32Array) || !draw.isOdd()) return [name, array];
    if (draw.chance(0.3)) return [name, { shape: [...shape, 1], values }];
    const copy = values.slice();
    copy[draw.below(copy.length)] = draw.pick([NaN, Infinity, 1e38, 0, -0, 1e-45]);
    return [name, { shape, values: copy }];
  });
  return Object.fromEntries(entries);
}

/** The reader of models. Its container is the archive. */
export const MODEL: FuzzReader = {
  name: "model",
  share: 30,
  places: 90,
  make: (draw) => ({ bytes: writeArrays(draw, oddArrays(draw, draw.pick(MODELS))) }),
  read: (bytes) => parseModel(bytes),
  isPast: (_, error) => !/^(?:zip|)$/.test(formatIn(error)),
  fault(result) {
    const parts = result as MlpParts, mlp = new Mlp(parts), inFeatures = mlp.inFeatures;
    const outputs = mlp.predict(new Float32Array(inFeatures));
    if (outputs.length !== mlp.outFeatures) return `${outputs.length} outputs, needs ${mlp.outFeatures}`;
    formatModel(parts);
  },
};

/** The reader of checkpoints. Its container is the archive. The digest fits the arrays. */
export const CHECKPOINTS: FuzzReader = {
  name: "checkpoint",
  share: 12,
  places: 180,
  make(draw) {
    const { [DIGEST]: _, ...rest } = RUN, arrays = oddArrays(draw, rest), digest = digestNow(arrays);
    return { bytes: writeArrays(draw, { ...arrays, [DIGEST]: stringArray(digest) }) };
  },
  read: (bytes) => parseCheckpoint(bytes),
  isPast: (_, error) => !/^(?:zip|)$/.test(formatIn(error)),
  fault(result) {
    const { mlp, tensors, progress } = result as Checkpoint;
    const values = Object.values(tensors).flatMap((tensor) => [...tensor]);
    if (!values.every(Number.isFinite)) return "a number that is not finite";
    if (!(progress.epoch >= 1 && progress.step >= 0)) return "an impossible progress";
    if (new Mlp(mlp).inFeatures !== 3) return "another network";
  },
};

const CLASSES = ["a", "b", "c"], SHAPE = [3, 2];

/** The reader of corrections. Its container is the archive. */
export const CORRECTIONS: FuzzReader = {
  name: "corrections",
  share: 30,
  places: 45,
  make(draw): Made {
    const count = draw.between(0, 5), pixels = Uint8Array.from({ length: 6 * count }, () => draw.below(256));
    const labels = Uint8Array.from({ length: count }, () => draw.number(draw.below(CLASSES.length)));
    return {
      bytes: writeArrays(draw, {
        x_train: { shape: [count, ...SHAPE], values: pixels },
        y_train: { shape: [count], values: labels },
        class_names: { shape: [3], values: CLASSES.map((name) => draw.text(name).replace(/\0+$/, "")) },
      }),
    };
  },
  read: (bytes) =>
    parseCorrections(bytes, { classNames: CLASSES, imageShape: SHAPE, name: "corrections.npz" }),
  isPast: (_, { message }) =>
    message.startsWith("Cannot use") || /"(?:x_train|y_train|class_names)"/.test(message),
  fault(result) {
    for (
      const { image, label } of (result as ReadonlyMap<string, { image: Uint8Array; label: number }>).values()
    ) {
      if (image.length !== 6 || !(label < CLASSES.length)) {
        return `an image of ${image.length} bytes as ${label}`;
      }
    }
  },
};
