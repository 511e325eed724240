/**
 * Reads how a network was trained from the JSON of a file: the settings of a run, and the record of it.
 * @module
 */
import { resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "./config.ts";
import type { TrainingRecord } from "../mlp_parts.ts";
import type { OptionSpec } from "../plan/option.ts";
import type { TargetScaling } from "./target_scaling.ts";
import { jsonText, type Refuse } from "../formats/fault.ts";

/** An object of JSON whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns whether a value of JSON is an object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns whether a value of JSON is a whole number from `min`. */
export function isCount(value: unknown, min = 0): value is number {
  return Number.isSafeInteger(value) && Number(value) >= min;
}

/**
 * Finds an option by which settings are not those of this program: one that is unknown, or one that is missing. A file
 * of this program names every option, except one that was added to {@linkcode TRAIN_OPTIONS} later and has its value `absent`.
 *
 * @returns such as `no "epochs"` or `an unknown "epoch"`; `undefined` if there is none
 */
export function strangeOption(config: Fields): string | undefined {
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(TRAIN_OPTIONS, name));
  if (unknown !== undefined) return `an unknown ${JSON.stringify(unknown)}`;
  const missing = Object.entries<OptionSpec>(TRAIN_OPTIONS).find(([name, { absent }]) =>
    absent === undefined && !Object.hasOwn(config, name)
  );
  return missing === undefined ? undefined : `no ${JSON.stringify(missing[0])}`;
}

/**
 * Returns the settings of a run as a file has them: without the options that have the value of files that lack them, so that
 * runs that do not use an option that was added later have the files that they had before it.
 */
export function writtenConfig(config: TrainConfig): Partial<TrainConfig> {
  const options: Readonly<Record<string, OptionSpec>> = TRAIN_OPTIONS;
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => value !== options[name]?.absent),
  );
}

/**
 * Reads the settings of a run, all of them known.
 *
 * @param where the settings' place in the file, as messages name it: `"checkpoint"`
 * @throws {FormatError} if an option is out of its range, or two options exclude each other
 */
export function readConfig(config: Fields, where: string, refuse: Refuse): TrainConfig {
  const options = Object.entries<OptionSpec>(TRAIN_OPTIONS);
  const absent = options.flatMap(([name, spec]) => spec.absent === undefined ? [] : [[name, spec.absent]]);
  try {
    return resolveConfig({ ...Object.fromEntries(absent), ...config } as Partial<TrainConfig>);
  } catch (cause) {
    throw refuse(`has settings in "${where}" that no run can have: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads the record of a run from a model's `config`. A network predicts without one, so a record that lacks a field
 * or an option, or has an option that this program does not know, is left out.
 *
 * @returns the record, or `undefined` if there is none or it is incomplete
 * @throws {FormatError} if it is no record, or a field that is there has a value that it cannot have
 */
export function readTrainingRecord(value: unknown, refuse: Refuse): TrainingRecord | undefined {
  if (value === undefined) return undefined;
  if (!isFields(value) || !isFields(value.config)) {
    throw refuse(`has a "config" whose training is ${jsonText(value)}, needs the settings of a run`);
  }
  const check = <T>(name: string, field: unknown, isRight: (field: unknown) => field is T, needs: string) => {
    if (field === undefined || isRight(field)) return field;
    throw refuse(`has a "config" whose training.${name} is ${jsonText(field)}, needs ${needs}`);
  };
  const isText = (field: unknown): field is string => typeof field === "string";
  const isWhole = (field: unknown): field is number => isCount(field);
  const epochs = check("epochs", value.epochs, isWhole, "a whole number from 0");
  const backend = check("backend", value.backend, isText, "a backend's name");
  const dataset = check("dataset", value.dataset, isFields, "a source and its rows");
  const source = check("dataset.source", dataset?.source, isText, "a text");
  const rows = check("dataset.rows", dataset?.rows, isWhole, "a whole number from 0");
  const { targetScaling } = value;
  check("targetScaling", targetScaling, isScaling, "a mean and a deviation above 0 for each output");
  if (strangeOption(value.config) !== undefined) return undefined;
  const config = readConfig(value.config, "config", refuse);
  const isIncomplete = epochs === undefined || backend === undefined || source === undefined ||
    rows === undefined;
  if (isIncomplete) return undefined;
  const scaled = targetScaling === undefined ? {} : { targetScaling: targetScaling as TargetScaling };
  return { config, epochs, dataset: { source, rows }, backend, ...scaled };
}

function isScaling(value: unknown): value is TargetScaling {
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(Number.isFinite);
  return isFields(value) && isList(value.mean) && isList(value.deviation) &&
    value.mean.length === value.deviation.length && value.deviation.every((deviation) => deviation > 0);
}
