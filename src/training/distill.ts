/** Distillation: targets for a network, the student, that are made from the outputs of another one, the teacher. @module */
import { BACKEND, NETWORK } from "../argument_kinds.ts";
import { checkArgument, checkOptions, POSITIVE, SHARE, SIGNAL, TEXT } from "../arguments.ts";
import type { Backend } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { countOf, type Dataset, inFeaturesOf, type TeacherRecord } from "../data/dataset.ts";
import { bytesOf } from "../formats/byte_order.ts";
import { crc32 } from "../formats/crc32.ts";
import { answerOf, logitsNetwork } from "../guess.ts";
import type { Mlp } from "../mlp.ts";
import { formatLayers, layerBuffer } from "../plan/layers.ts";
import { checkFit } from "./evaluate.ts";

/** The options of {@linkcode distill}. */
export interface DistillOptions {
  /** The share of the teacher in each target, from 0 to 1; 0.9 by default. The rest is that of the label. */
  readonly share?: number;
  /** The number above 0 by which the teacher's logits are divided; 1 by default. A number above 1 makes its targets softer. */
  readonly temperature?: number;
  /** The name of the teacher, for the record of the student; `"teacher"` by default. */
  readonly name?: string;
  /** The backend that computes the teacher's outputs, or its name; `"auto"` by default. A given backend stays open. */
  readonly backend?: Backend | BackendName;
  /** Ends the computation between two pieces of the set. */
  readonly signal?: AbortSignal;
}

/** The share of the teacher, and its temperature, if none are given. */
export const DISTILL_DEFAULTS = { share: 0.9, temperature: 1 } as const;

/** The number of rows that the teacher computes at once. */
const PIECE = 4096;

const OPTIONS = { share: SHARE, temperature: POSITIVE, name: TEXT, backend: BACKEND, signal: SIGNAL };

/**
 * Returns a data set whose targets `[N, C]` are made from those of its labels and the outputs of a teacher, for training with
 * loss `"cross-entropy"`:
 *
 * `t = (1 - share) onehot(label) + share softmax(logits / temperature)`
 *
 * A row that belongs to no class has `1 / C` for each class in place of `onehot(label)`.
 *
 * The formula is that of Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network" (arXiv 1503.02531), for
 * one of its two losses: there the logits of the student are divided by the temperature, too, when it is compared with the
 * teacher, and that part of the loss is multiplied by `temperature²`. Here the student's logits are not divided, so that one
 * cross-entropy has both parts. With temperature 1, both are the same.
 *
 * The set keeps its labels in `distilled`: rows that `validationSplit` holds out of it are evaluated by their labels, and class
 * weights are those of the labels. The record of a network that is trained on it has the teacher's name, share and temperature.
 *
 * ```ts
 * import { dense, distill, drawDigits, Mlp, train } from "@mlpcuda/mlpcuda";
 *
 * const digits = drawDigits({ count: 500, testCount: 100, seed: 1 });
 * const teacher = Mlp.create([dense(64, "relu"), dense(10, "softmax")], digits.train);
 * for await (const _ of train(teacher, digits.train, { epochs: 3, backend: "wasm" }));
 * const soft = await distill(teacher, digits.train, { temperature: 2, backend: "wasm" });
 * const student = Mlp.create([dense(16, "relu"), dense(10, "softmax")], digits.train);
 * for await (const _ of train(student, soft, { epochs: 3, backend: "wasm", test: digits.test }));
 * ```
 *
 * @throws {TypeError} if the set has no labels, if its inputs or its classes are not those of the teacher, or if the teacher does
 * not give a probability for each class
 * @throws {RangeError} if a label is not a class, or if an output of the teacher is not finite
 */
export async function distill(
  teacher: Mlp,
  dataset: DatasetLike,
  options: DistillOptions = {},
): Promise<Dataset> {
  checkArgument("teacher", teacher, NETWORK);
  checkOptions(options, OPTIONS);
  const { backend = "auto", signal } = options, set = canonicalDataset(dataset);
  const record = teacherRecord(teacher, options);
  checkTeacher(teacher, set);
  const opened = typeof backend === "string" ? await openBackend(backend) : undefined;
  try {
    const predictor = await (opened ?? backend as Backend).createPredictor(
      logitsNetwork(teacher),
      teacher.parameters,
    );
    try {
      const rows = countOf(set), width = inFeaturesOf(set), classes = teacher.outFeatures;
      const targets = new Float32Array(rows * classes);
      for (let first = 0; first < rows; first += PIECE) {
        signal?.throwIfAborted();
        const last = Math.min(rows, first + PIECE);
        const logits = await predictor.run(set.inputs.subarray(first * width, last * width));
        for (let row = first; row < last; row++) {
          const of = logits.subarray((row - first) * classes, (row - first + 1) * classes);
          if (!of.every(Number.isFinite)) {
            throw new RangeError(
              `Cannot distill ${set.source}: the teacher's outputs of row ${row} are not finite`,
            );
          }
          mix(targets.subarray(row * classes, (row + 1) * classes), of, set.labels![row], record);
        }
      }
      const { labels, ...rest } = set;
      return { ...rest, targets, distilled: { labels: labels!, teacher: record } };
    } finally {
      await predictor.close();
    }
  } finally {
    await opened?.close();
  }
}

/** Writes the targets of a row. */
function mix(
  targets: Float32Array,
  logits: Float32Array,
  label: number,
  { share, temperature }: TeacherRecord,
): void {
  const classes = targets.length, largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  for (let c = 0; c < classes; c++) {
    const own = label >= classes ? 1 / classes : Number(c === label);
    targets[c] = (1 - share) * own + share * powers[c] / sum;
  }
}

/** Returns the record of a teacher: what decides the targets that it makes. */
export function teacherRecord(
  teacher: Pick<Mlp, "layers" | "parameters">,
  { name = "teacher", share = DISTILL_DEFAULTS.share, temperature = DISTILL_DEFAULTS.temperature }: Pick<
    DistillOptions,
    "name" | "share" | "temperature"
  >,
): TeacherRecord {
  const layers = crc32(new TextEncoder().encode(formatLayers(teacher.layers)));
  const crc = teacher.layers.reduce(
    (crc, _, index) =>
      (["weights", "bias"] as const).reduce(
        (crc, part) => crc32(bytesOf(Float32Array.from(teacher.parameters[layerBuffer(index, part)])), crc),
        crc,
      ),
    layers,
  );
  return { name, share, temperature, crc32: crc };
}

/**
 * Checks that a teacher can make targets for a data set.
 *
 * @throws {TypeError} if the set has no labels, if its inputs or its classes are not those of the teacher, or if the teacher does
 * not give a probability for each class
 * @throws {RangeError} if a label is not a class
 */
export function checkTeacher(teacher: Mlp, set: Dataset): void {
  const { source, labels, classNames, outFeatures } = set;
  const refuse = (fault: string) => new TypeError(`Cannot distill ${source}: ${fault}`);
  if (!labels) throw refuse("it has target values, needs class labels");
  if (answerOf(teacher).kind !== "classes") {
    throw refuse(
      "the teacher's outputs are not probabilities, needs a network with a probability for each class",
    );
  }
  if (teacher.outFeatures !== outFeatures) {
    throw refuse(`the teacher has ${teacher.outFeatures} classes, the data set has ${outFeatures}`);
  }
  const other = teacher.classNames && classNames
    ? classNames.findIndex((name, c) => name !== teacher.classNames![c])
    : -1;
  if (other >= 0) {
    const [found, needed] = [teacher.classNames![other], classNames![other]].map((name) =>
      JSON.stringify(name)
    );
    throw refuse(`class ${other} of the teacher is ${found}, that of the data set is ${needed}`);
  }
  checkFit(teacher, set, "cross-entropy");
}
