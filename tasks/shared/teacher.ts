/** The options with which a run learns from another network, its teacher. @module */
import type { Backend } from "../../src/backends/backend.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { checkTeacher, distill, DISTILL_DEFAULTS, teacherRecord } from "../../src/training/distill.ts";
import { visible } from "../../src/visible.ts";
import type { OptionGroup } from "../terminal/command.ts";
import { TaskError, UsageError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { loadModel } from "./model.ts";

/** The options of a teacher. */
export const TEACHER_GROUP = {
  title: "Teacher",
  options: {
    teacher: {
      kind: "text",
      value: "MODEL",
      help:
        "saved network with the same inputs and classes, whose probabilities are part of the targets of " +
        "cross-entropy; a committee may be one",
    },
    teacherShare: {
      kind: "number",
      default: DISTILL_DEFAULTS.share,
      min: 0,
      max: 1,
      help: "share of the teacher in each target; the rest is that of the label",
    },
    teacherTemperature: {
      kind: "number",
      default: DISTILL_DEFAULTS.temperature,
      above: 0,
      help: "number by which the teacher's logits are divided; above 1, its targets are softer",
    },
  },
} as const satisfies OptionGroup;

/** The options that were given. */
interface Given {
  readonly teacher?: string;
  readonly teacherShare?: number;
  readonly teacherTemperature?: number;
}

/** A teacher that was loaded. */
export interface Teacher {
  readonly mlp: Mlp;
  readonly name: string;
  readonly share: number;
  readonly temperature: number;
}

/**
 * Checks the options of a teacher before any file is read.
 *
 * @throws {UsageError} if they do not fit each other or the settings
 */
export function checkTeacherOptions(
  { teacher, teacherShare, teacherTemperature }: Given,
  { loss, outliers }: Partial<TrainConfig>,
): void {
  if (teacher === undefined) {
    const name = teacherShare !== undefined
      ? "--teacher-share"
      : teacherTemperature !== undefined
      ? "--teacher-temperature"
      : undefined;
    if (name === undefined) return;
    throw new UsageError(`${name} needs --teacher`, { hint: "such as --teacher model.npz" });
  }
  if (loss !== undefined && loss !== "cross-entropy") {
    throw new UsageError(`--teacher needs --loss cross-entropy, found --loss ${loss}`);
  }
  if (outliers) throw new UsageError("--teacher and --outliers exclude each other");
}

/**
 * Loads the teacher of a run; returns `undefined` if none is named. A resumed run has the share and the temperature of its
 * checkpoint unless they are given.
 */
export async function openTeacher(
  { teacher, teacherShare, teacherTemperature }: Given,
  resume: Checkpoint | undefined,
  options: {
    readonly signal: AbortSignal;
    readonly program: string;
    readonly screen?: Screen;
    readonly trustSizes?: boolean;
  },
): Promise<Teacher | undefined> {
  if (teacher === undefined) return undefined;
  const mlp = await loadModel(teacher, { ...options, otherwise: "name one with --teacher" });
  const before = resume?.mlp.training?.teacher ?? DISTILL_DEFAULTS;
  return {
    mlp,
    name: shownPath(userPath(teacher)),
    share: teacherShare ?? before.share,
    temperature: teacherTemperature ?? before.temperature,
  };
}

/**
 * Returns a training set with the record of its teacher, by which a resumed run is compared with its checkpoint.
 *
 * @throws {TaskError} if the teacher does not fit the set
 */
export function withTeacher(set: Dataset, teacher: Teacher | undefined): Dataset {
  if (!teacher) return set;
  try {
    checkTeacher(teacher.mlp, set);
  } catch (error) {
    throw new TaskError((error as Error).message, {
      hint: `the teacher is that of --teacher ${visible(teacher.name)}`,
      cause: error,
    });
  }
  return { ...set, distilled: { labels: set.labels!, teacher: teacherRecord(teacher.mlp, teacher) } };
}

/**
 * Checks that the loss that was chosen for a network takes the targets of a teacher.
 *
 * @throws {TaskError} if it does not
 */
export function checkTeacherLoss(teacher: Teacher | undefined, { loss }: TrainConfig): void {
  if (!teacher || loss === "cross-entropy") return;
  throw new TaskError(`--teacher needs loss cross-entropy, the network's last layer has ${loss}`, {
    hint: "end --layers with a softmax layer that has an output for each class",
  });
}

/** Returns the training set with the targets of the teacher; unchanged without one. */
export async function taught(
  set: Dataset,
  teacher: Teacher | undefined,
  { backend, signal }: { readonly backend: Backend; readonly signal: AbortSignal },
): Promise<Dataset> {
  if (!teacher) return set;
  const { mlp, ...options } = teacher;
  return await distill(mlp, set, { ...options, backend, signal });
}

/** Returns the line that tells what the teacher decides. */
export function teacherLines(teacher: Teacher | undefined, { augment }: TrainConfig): string[] {
  if (!teacher) return [];
  const { mlp, name, share, temperature } = teacher, { committee } = mlp.training ?? {};
  const whose = committee === undefined ? "" : ` (a committee of ${committee})`;
  return [
    `teacher  ${
      visible(name)
    }${whose}: ${share} of each target is its softmax at temperature ${temperature}` +
    `${share < 1 ? `, ${Number((1 - share).toPrecision(12))} the label's` : ""}` +
    `${
      augment ? "; it sees the images before they are deformed" : ""
    }; accuracies of validation and test are of labels`,
  ];
}
