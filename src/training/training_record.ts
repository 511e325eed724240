/**
 * Reading of training records from the JSON of a file: the settings of a run, its epochs, its data set and its backend.
 * @module
 */
import { resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "./config.ts";
import type { TeacherRecord } from "../data/dataset.ts";
import type { Steered, TrainingRecord } from "../mlp_parts.ts";
import { faultOf, type OptionSpec } from "../plan/option.ts";
import type { InputRanges } from "./input_ranges.ts";
import type { InputScaling } from "./input_scaling.ts";
import type { TargetScaling } from "./target_scaling.ts";
import { jsonText, type Refuse } from "../formats/fault.ts";

/** A JSON object with unchecked fields. */
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
 * Finds an option in the settings of a file that is unknown to this program or is missing. An option may be missing only if
 * it has a value `absent` in {@linkcode TRAIN_OPTIONS}.
 *
 * @returns a text such as `no "epochs"` or `an unknown "epoch"`; `undefined` if there is no such option
 */
export function wrongOption(config: Fields): string | undefined {
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(TRAIN_OPTIONS, name));
  if (unknown !== undefined) return `an unknown ${JSON.stringify(unknown)}`;
  const missing = Object.entries<OptionSpec>(TRAIN_OPTIONS).find(([name, { absent }]) =>
    absent === undefined && !Object.hasOwn(config, name)
  );
  return missing === undefined ? undefined : `no ${JSON.stringify(missing[0])}`;
}

/**
 * Returns the settings of a run for a file: without the options that have their value `absent`. Runs that do not use a newer
 * option therefore write the same files as before it was added.
 */
export function writtenConfig(config: TrainConfig): Partial<TrainConfig> {
  const options: Readonly<Record<string, OptionSpec>> = TRAIN_OPTIONS;
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => value !== options[name]?.absent),
  );
}

/**
 * Reads the settings of a run, in which {@linkcode wrongOption} finds nothing.
 *
 * @param array the name of the array with the settings, for messages: `"checkpoint"`
 * @throws {FormatError} if an option is out of its range, or if two options exclude each other
 */
export function readConfig(config: Fields, array: string, refuse: Refuse): TrainConfig {
  const options = Object.entries<OptionSpec>(TRAIN_OPTIONS);
  const absent = options.flatMap(([name, spec]) => spec.absent === undefined ? [] : [[name, spec.absent]]);
  try {
    return resolveConfig({ ...Object.fromEntries(absent), ...config } as Partial<TrainConfig>);
  } catch (cause) {
    throw refuse(`has settings in "${array}" that no run can have: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Reads the record of a run from a model's `config`. A prediction does not need it, so that a record is ignored if a field or
 * an option is missing, or if an option is unknown.
 *
 * @returns the record; `undefined` if there is none or it is ignored
 * @throws {FormatError} if it is not a record, or if a field has an impossible value
 */
export function readTrainingRecord(value: unknown, refuse: Refuse): TrainingRecord | undefined {
  if (value === undefined) return undefined;
  if (!isFields(value) || !isFields(value.config)) {
    throw refuse(`has a "config" whose training is ${jsonText(value)}, needs the settings of a run`);
  }
  const check = <T>(name: string, field: unknown, isValid: (field: unknown) => field is T, needs: string) => {
    if (field === undefined || isValid(field)) return field;
    throw refuse(`has a "config" whose training.${name} is ${jsonText(field)}, needs ${needs}`);
  };
  const isText = (field: unknown): field is string => typeof field === "string";
  const isWhole = (field: unknown): field is number => isCount(field);
  const isPart = (field: unknown): field is number => isCount(field, 1);
  const epochs = check("epochs", value.epochs, isWhole, "a whole number from 0");
  const backend = check("backend", value.backend, isText, "a backend's name");
  const slices = check("slices", value.slices, isPart, "a whole number from 1");
  const committee = check("committee", value.committee, isPart, "a whole number from 1");
  const steered = check(
    "steered",
    value.steered,
    isSteered,
    "a list of changes, each of a setting at a step, with its values before and after",
  );
  const dataset = check("dataset", value.dataset, isFields, "a source and its rows");
  const source = check("dataset.source", dataset?.source, isText, "a text");
  const rows = check("dataset.rows", dataset?.rows, isWhole, "a whole number from 0");
  const targetScaling = check(
    "targetScaling",
    value.targetScaling,
    isTargetScaling,
    "a mean and a deviation above 0 for each output",
  );
  const inputScaling = check(
    "inputScaling",
    value.inputScaling,
    isInputScaling,
    "a shift and a scale from 0 for each input",
  );
  const inputRanges = check(
    "inputRanges",
    value.inputRanges,
    isInputRanges,
    "a least, a most and a mean number for each input, and whether it is whole",
  );
  const isNumber = (field: unknown): field is number => Number.isFinite(field);
  const inputNegative = check("inputNegative", value.inputNegative, isNumber, "a finite number");
  const isTemperature = (field: unknown): field is number => isNumber(field) && field > 0;
  const temperature = check("temperature", value.temperature, isTemperature, "a finite number above 0");
  const teacher = check(
    "teacher",
    value.teacher,
    isTeacher,
    "a name, a share from 0 to 1, a temperature above 0 and a CRC-32",
  );
  if (wrongOption(value.config) !== undefined) return undefined;
  const config = readConfig(value.config, "config", refuse);
  const isIncomplete = epochs === undefined || backend === undefined || source === undefined ||
    rows === undefined;
  if (isIncomplete) return undefined;
  const scalings = {
    ...inputScaling && { inputScaling },
    ...inputNegative !== undefined && { inputNegative },
    ...targetScaling && { targetScaling },
  };
  return {
    config,
    epochs,
    dataset: { source, rows },
    backend,
    ...slices !== undefined && { slices },
    ...steered &&
      { steered: steered.map(({ step, setting, before, value }) => ({ step, setting, before, value })) },
    ...committee !== undefined && { committee },
    ...temperature !== undefined && { temperature },
    ...teacher && { teacher: teacherOf(teacher) },
    ...inputRanges && { inputRanges },
    ...scalings,
  };
}

/** Returns whether a value is a list of changes of settings, each with values that the setting can have. */
function isSteered(value: unknown): value is Steered[] {
  return Array.isArray(value) && value.every((change) => {
    if (!isFields(change) || !isCount(change.step) || typeof change.setting !== "string") return false;
    if (!Object.hasOwn(TRAIN_OPTIONS, change.setting)) return false;
    const spec = TRAIN_OPTIONS[change.setting as keyof TrainConfig];
    return faultOf(spec, change.before) === undefined && faultOf(spec, change.value) === undefined;
  });
}

function isTeacher(value: unknown): value is TeacherRecord {
  if (!isFields(value)) return false;
  const { name, share, temperature, crc32 } = value;
  return typeof name === "string" && typeof share === "number" && share >= 0 && share <= 1 &&
    typeof temperature === "number" && temperature > 0 && isCount(crc32) && crc32 <= 0xffffffff;
}

function teacherOf({ name, share, temperature, crc32 }: TeacherRecord): TeacherRecord {
  return { name, share, temperature, crc32 };
}

function isTargetScaling(value: unknown): value is TargetScaling {
  return isFields(value) && isList(value.mean) && isList(value.deviation) &&
    value.mean.length === value.deviation.length && value.deviation.every((deviation) => deviation > 0);
}

function isInputScaling(value: unknown): value is InputScaling {
  return isFields(value) && isList(value.shift) && isList(value.scale) &&
    value.shift.length === value.scale.length && value.scale.every((scale) => scale >= 0);
}

function isInputRanges(value: unknown): value is InputRanges {
  if (!isFields(value)) return false;
  const { least, most, mean, whole } = value;
  return isList(least) && isList(most) && isList(mean) && Array.isArray(whole) &&
    [most, mean, whole].every(({ length }) => length === least.length) &&
    whole.every((each) => typeof each === "boolean") && least.every((value, i) => value <= most[i]);
}

function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}
