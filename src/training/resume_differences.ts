/** The differences between a run and the checkpoint that it is to continue from. @module */
import type { Checkpoint, Fingerprint } from "./checkpoint_parts.ts";
import { fingerprintOf } from "./checkpoint.ts";
import { TRAIN_OPTIONS, type TrainConfig } from "./config.ts";
import type { Dataset, TeacherRecord } from "../data/dataset.ts";
import { shapeText } from "../formats/fault.ts";
import { formatLayers, type LayerSpec } from "../plan/layers.ts";
import { visible } from "../visible.ts";

/** A difference between a run and a checkpoint. */
export interface Difference {
  /** The part of the run that differs. */
  readonly about: "layers" | "inputs" | "setting" | "epochs" | "data" | "teacher" | "validation";
  /** The message if nothing else differs. */
  readonly alone: string;
  /** The entry in a list of differences. */
  readonly entry: string;
}

/** The parts of a run that a checkpoint has, too. */
export interface ResumedRun {
  /** The layers of the network. */
  readonly layers: readonly LayerSpec[];
  /** The settings that were given. Those that are missing are those of the checkpoint. */
  readonly settings: Partial<TrainConfig>;
  /** The training set; of a set of chunks, the first one. */
  readonly dataset: Dataset;
  /** The fingerprint of a set of chunks. */
  readonly chunks?: Fingerprint;
  /** The validation set that was given. */
  readonly validation?: Dataset;
}

/** Returns all differences between a run and the checkpoint that it is to continue from. */
export function differencesOf(resume: Checkpoint, run: ResumedRun): Difference[] {
  return [
    ...givenDifferences(resume, run),
    ...dataDifferences(resume, run),
    ...teacherDifference(resume, run),
    ...validationDifference(resume, run),
  ];
}

/** Returns the differences that do not depend on the training set. */
export function givenDifferences(
  resume: Checkpoint,
  { layers, settings }: Pick<ResumedRun, "layers" | "settings">,
): Difference[] {
  return [
    ...layersDifference(resume, layers),
    ...settingDifferences(resume, settings),
    ...epochsDifference(resume, settings.epochs ?? resume.config.epochs),
  ];
}

/**
 * Returns the message for some differences: one alone, or a list.
 *
 * @param differences at least one
 */
export function differencesText(differences: readonly Pick<Difference, "alone" | "entry">[]): string {
  if (differences.length === 1) return differences[0].alone;
  const entries = differences.map(({ entry }) => entry).join("; ");
  return `Cannot resume, ${differences.length} things differ: ${entries}`;
}

function layersDifference(resume: Checkpoint, layers: readonly LayerSpec[]): Difference[] {
  const [found, needed] = [layers, resume.mlp.layers].map(formatLayers);
  if (found === needed) return [];
  return [{
    about: "layers",
    alone: `Cannot resume a network of layers ${found}: the checkpoint has ${needed}`,
    entry: `layers ${found}, the checkpoint has ${needed}`,
  }];
}

function settingDifferences({ config }: Checkpoint, settings: Partial<TrainConfig>): Difference[] {
  return (Object.keys(TRAIN_OPTIONS) as (keyof TrainConfig)[]).flatMap((name) => {
    const found = settings[name], needed = config[name];
    if (name === "epochs" || found === undefined || found === needed) return [];
    return [{
      about: "setting" as const,
      alone: `Cannot resume with "${name}" ${found}: the checkpoint has ${needed}`,
      entry: `"${name}" ${found}, the checkpoint has ${needed}`,
    }];
  });
}

function epochsDifference({ progress: { epoch, stepsDone } }: Checkpoint, epochs: number): Difference[] {
  const done = epoch - 1;
  if (epochs > done || (epochs === done && stepsDone === 0)) return [];
  const more = stepsDone > 0 ? ` and ${stepsDone} steps` : "";
  return [{
    about: "epochs",
    alone: `Cannot resume to epoch ${epochs}: ${done} epochs${more} of the checkpoint are done`,
    entry: `"epochs" ${epochs}, ${done} epochs${more} of the checkpoint are done`,
  }];
}

function dataDifferences(
  { mlp, dataset: { rows, crc32 } }: Checkpoint,
  { dataset, chunks }: Pick<ResumedRun, "dataset" | "chunks">,
): Difference[] {
  const { source, inputShape, inputScale } = dataset, differences: Difference[] = [];
  const inputs = (found: string, needed: string) => {
    const entry = `inputs of ${found} in ${source}, the checkpoint has ${needed}`;
    differences.push({
      about: "inputs",
      alone: `Cannot resume on ${source}: it has inputs of ${found}, the checkpoint has ${needed}`,
      entry,
    });
  };
  const [shape, neededShape] = [inputShape, mlp.inputShape].map(shapeText);
  if (shape !== neededShape) inputs(`shape ${shape}`, neededShape);
  if (inputScale !== mlp.inputScale) inputs(`scale ${inputScale}`, `${mlp.inputScale}`);
  const found = chunks ?? fingerprintOf(dataset);
  if (found.rows === rows && found.crc32 === crc32) return differences;
  const other = chunks
    ? `they are not those of the ${rows} rows that training started with`
    : `it is not the set of ${rows} rows that training started with`;
  const name = chunks ? "chunks" : source, has = `${found.rows} rows with CRC-32 ${hex(found.crc32)}`;
  differences.push({
    about: "data",
    alone: `Cannot resume on ${name}: ${other}`,
    entry: `${name} of ${has}, the checkpoint has ${rows} rows with CRC-32 ${hex(crc32)}`,
  });
  return differences;
}

/** Returns the difference of the teachers. Equal ones may have other names. */
function teacherDifference(
  { mlp }: Checkpoint,
  { dataset: { distilled } }: Pick<ResumedRun, "dataset">,
): Difference[] {
  const found = distilled?.teacher, needed = mlp.training?.teacher;
  const isSame = found?.crc32 === needed?.crc32 && found?.share === needed?.share &&
    found?.temperature === needed?.temperature;
  if (isSame) return [];
  const isOther = found !== undefined && needed !== undefined && found.crc32 !== needed.crc32;
  const textOf = (teacher: TeacherRecord | undefined) => {
    if (!teacher) return "no teacher";
    const { name, share, temperature, crc32 } = teacher;
    return `teacher ${visible(name)}${
      isOther ? ` with CRC-32 ${hex(crc32)}` : ""
    }, share ${share}, temperature ${temperature}`;
  };
  const has = `the checkpoint has ${textOf(needed)}`;
  return [{
    about: "teacher",
    alone: `Cannot resume ${found ? `with ${textOf(found)}` : "without a teacher"}: ${has}`,
    entry: `${textOf(found)}; ${has}`,
  }];
}

/** Returns the difference of the validation sets, if that of the checkpoint decides when training ends. */
function validationDifference(
  { dataset: { validation: needed } }: Checkpoint,
  { validation }: Pick<ResumedRun, "validation">,
): Difference[] {
  if (!needed) return [];
  const found = validation && fingerprintOf(validation);
  if (found?.rows === needed.rows && found.crc32 === needed.crc32) return [];
  const has = `the checkpoint has one of ${needed.rows} rows`;
  const entry = found
    ? `the validation set ${validation.source} of ${found.rows} rows with CRC-32 ${
      hex(found.crc32)
    }, ${has} with CRC-32 ` +
      hex(needed.crc32)
    : `no validation set, ${has}`;
  const alone = found
    ? `Cannot resume with the validation set ${validation.source}: it is not the one of ${needed.rows} rows of the checkpoint`
    : `Cannot resume without a validation set: ${has}`;
  return [{ about: "validation", alone, entry }];
}

function hex(crc32: number): string {
  return crc32.toString(16).padStart(8, "0");
}
