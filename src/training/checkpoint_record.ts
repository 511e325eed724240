/**
 * Reading and checking of the JSON in a checkpoint's file: the settings of the run, its progress, and its data set.
 * @module
 */
import type { Checkpoint, Fingerprint, Progress } from "./checkpoint_parts.ts";
import type { TrainConfig } from "./config.ts";
import { heldRows } from "../data/split.ts";
import { isThresholds } from "../thresholds.ts";
import { jsonText, type Refuse } from "../formats/fault.ts";
import { type Fields, isCount, isFields, readConfig, wrongOption } from "./training_record.ts";

/** The JSON of a checkpoint's file. */
export type CheckpointRecord = Pick<Checkpoint, "config" | "progress" | "backend" | "slices" | "dataset">;

/** The largest CRC-32. */
const LARGEST_CRC32 = 2 ** 32 - 1;

/**
 * Reads the JSON of a checkpoint.
 *
 * @throws {FormatError} made by `refuse`, if a field is missing, has an impossible value, or contradicts another one
 */
export function readRecord(text: string, refuse: Refuse): CheckpointRecord {
  const record = jsonOf(text, refuse);
  const field = <T>(path: string, isValid: (value: unknown) => value is T, needs: string): T => {
    const value = path.split(".").reduce<unknown>((at, name) => isFields(at) ? at[name] : undefined, record);
    if (isValid(value)) return value;
    throw refuse(`has a "checkpoint" whose ${path} is ${jsonText(value)}, needs ${needs}`);
  };
  const count = (path: string, min = 0) =>
    field(path, (value): value is number => isCount(value, min), `a whole number from ${min}`);
  const finite = (path: string) =>
    field(path, (value): value is number => Number.isFinite(value), "a finite number");

  const settings = field("config", isFields, "the settings of a run");
  const wrong = wrongOption(settings);
  if (wrong !== undefined) throw refuse(`has a "checkpoint" whose config has ${wrong}`);
  const config = readConfig(settings, "checkpoint", refuse);
  const backend = field("backend", (value): value is string => typeof value === "string", "a backend's name");
  const slices = record.slices === undefined ? {} : { slices: count("slices", 1) };
  const crc32 = (path: string) => {
    const value = count(path);
    if (value <= LARGEST_CRC32) return value;
    throw refuse(`has a "checkpoint" whose ${path} is ${value}, needs at most ${LARGEST_CRC32}`);
  };
  const { validation } = isFields(record.dataset) ? record.dataset : {};
  const dataset = {
    rows: count("dataset.rows", 1),
    ...(config.outliers || config.calibrate) && { epochRows: count("dataset.epochRows", 1) },
    crc32: crc32("dataset.crc32"),
    ...validation !== undefined && {
      validation: { rows: count("dataset.validation.rows", 1), crc32: crc32("dataset.validation.crc32") },
    },
  };
  const { best } = field("progress", isFields, "the progress of the run");
  const progress: Progress = {
    epoch: count("progress.epoch", 1),
    stepsDone: count("progress.stepsDone"),
    sums: {
      lossSum: finite("progress.sums.lossSum"),
      correct: count("progress.sums.correct"),
      rows: count("progress.sums.rows"),
    },
    step: count("progress.step"),
    ...best !== undefined && {
      best: {
        epoch: count("progress.best.epoch", 1),
        loss: finite("progress.best.loss"),
        ...config.outliers && {
          thresholds: field("progress.best.thresholds", isThresholds, "the thresholds of the network"),
        },
      },
    },
  };
  checkProgress(progress, config, dataset, refuse);
  return { config, progress, backend, ...slices, dataset };
}

function jsonOf(text: string, refuse: Refuse): Fields {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw refuse(`has a "checkpoint" that is not JSON`, { cause });
  }
  if (isFields(record)) return record;
  throw refuse(`has a "checkpoint" that is ${jsonText(record)}, needs an object`);
}

/** Checks that the progress fits the settings and the set. */
function checkProgress(progress: Progress, config: TrainConfig, dataset: Fingerprint, refuse: Refuse): void {
  const { epoch, stepsDone, step, sums, best } = progress, { epochs, batchSize, patience } = config;
  const check = (name: string, found: number, isValid: boolean, needs: string) => {
    if (!isValid) throw refuse(`has a "checkpoint" whose progress.${name} is ${found}, needs ${needs}`);
  };
  const held = config.validationSplit > 0 ? heldRows(dataset.rows, config.validationSplit) : 0;
  const { epochRows = dataset.rows - held } = dataset;
  const steps = Math.ceil(epochRows / batchSize), before = epoch - 1;
  // After a complete run, the progress has the epoch after the last one, with no step done.
  const last = stepsDone > 0 ? epochs : epochs + 1;
  check("epoch", epoch, epoch <= last, `at most ${last}: the run has ${epochs} epochs`);
  const most = Math.max(0, steps - 1);
  check("stepsDone", stepsDone, stepsDone <= most, `at most ${most}: an epoch has ${steps} steps`);
  const needed = before * steps + stepsDone;
  check("step", step, step === needed, `${needed}: ${before} epochs of ${steps} steps, and ${stepsDone}`);
  const rows = stepsDone * batchSize;
  check("sums.rows", sums.rows, sums.rows === rows, `${rows}: ${stepsDone} steps of ${batchSize} rows`);
  check("sums.correct", sums.correct, sums.correct <= rows, `at most ${rows}, the rows of its steps`);
  check("sums.lossSum", sums.lossSum, rows > 0 || sums.lossSum === 0, "0 before the first step");
  if (best === undefined) return;
  check("best.epoch", best.epoch, best.epoch <= before, `at most ${before}, the epochs that are done`);
  const oldest = patience > 0 ? before - patience : 1;
  check("best.epoch", best.epoch, best.epoch >= oldest, `at least ${oldest} with patience ${patience}`);
}
