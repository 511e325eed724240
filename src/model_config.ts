/** The `config` of a model's file: the meaning of its inputs and outputs, and the record of its training. @module */
import {
  type ImageSpec,
  inFeaturesOf,
  type InputSpec,
  inputSpecOf,
  type TableColumn,
} from "./data/dataset.ts";
import { jsonText, type Refuse } from "./formats/fault.ts";
import { isFields, readTrainingRecord, writtenConfig } from "./training/training_record.ts";
import type { MlpParts, TrainingRecord } from "./mlp_parts.ts";
import { isThresholds, type Thresholds } from "./thresholds.ts";

/** The format that `config` names. */
export const FORMAT = "mlpcuda model";
/** The version of the format: the one that is written, and the newest one that is read. */
export const VERSION = 1;
/** The name of the `config` in the metadata of safetensors and ONNX files. */
export const CONFIG_KEY = "mlpcuda";

/** The fields of a `config`. */
export interface ModelConfig extends InputSpec {
  /** The factor on each input. */
  readonly inputScale: number;
  /** The dropout of each layer; absent if all are 0. */
  readonly dropout?: readonly number[];
  /** The record of the training; absent if there is none or it is incomplete. */
  readonly training?: TrainingRecord;
  /** The thresholds of sure guesses and of inputs like those of training; absent if there are none. */
  readonly thresholds?: Thresholds;
}

/** Returns the `config` of a network as JSON; `further` fields come last. */
export function formatConfig(mlp: MlpParts, further: Readonly<Record<string, unknown>> = {}): string {
  const { training, thresholds } = mlp;
  const rates = mlp.layers.map(({ dropout = 0 }) => dropout);
  const dropout = rates.some((rate) => rate > 0) ? rates : undefined;
  const record = training && { ...training, config: writtenConfig(training.config) };
  const network = { ...inputSpecOf(mlp), dropout, thresholds, training: record };
  return JSON.stringify({ format: FORMAT, version: VERSION, ...network, ...further });
}

/**
 * Reads a `config`.
 *
 * @throws {FormatError} made by `refuse`, if a field is missing or has an impossible value
 */
export function parseConfig(text: string, refuse: Refuse): ModelConfig {
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw refuse(`has a "config" that is not JSON`, { cause });
  }
  const { format, version, inputShape, inputScale, classNames, dropout, training } = config ?? {};
  const { image, columns, labelColumns, thresholds } = config ?? {};
  if (format !== FORMAT) {
    throw refuse(`has a "config" of format ${jsonText(format)}, needs "${FORMAT}"`);
  }
  if (typeof version !== "number" || version > VERSION) {
    throw refuse(`has version ${jsonText(version)}, this program reads up to ${VERSION}`);
  }
  const lengths = Array.isArray(inputShape) ? inputShape : [];
  if (lengths.length === 0 || lengths.some((length) => !Number.isSafeInteger(length) || length < 1)) {
    throw refuse(
      `has a "config" whose inputShape is ${jsonText(inputShape)}, needs whole numbers from 1`,
    );
  }
  if (typeof inputScale !== "number" || !Number.isFinite(inputScale)) {
    throw refuse(`has a "config" whose inputScale is ${jsonText(inputScale)}, needs a number`);
  }
  if (classNames !== undefined && !isTexts(classNames)) {
    throw refuse(`has a "config" whose classNames are ${jsonText(classNames)}, needs texts`);
  }
  if (dropout !== undefined && !isRates(dropout)) {
    throw refuse(`has a "config" whose dropout is ${jsonText(dropout)}, needs numbers from 0 to below 1`);
  }
  if (image !== undefined && !isImageSpec(image)) {
    throw refuse(`has a "config" whose image is ${jsonText(image)}, needs its white value and its placement`);
  }
  if (labelColumns !== undefined && !isTexts(labelColumns)) {
    throw refuse(`has a "config" whose labelColumns are ${jsonText(labelColumns)}, needs texts`);
  }
  if (columns !== undefined && !isColumns(columns)) {
    throw refuse(`has a "config" whose columns are ${jsonText(columns)}, needs names of columns`);
  }
  if (thresholds !== undefined && !isThresholds(thresholds)) {
    const needs = "needs shares from 0 to 1 and a finite energy";
    throw refuse(`has a "config" whose thresholds are ${jsonText(thresholds)}, ${needs}`);
  }
  const widths = columns?.map(({ categories }) => categories?.length ?? 1);
  const width = widths?.reduce((sum, length) => sum + length, 0),
    inFeatures = inFeaturesOf({ inputShape: lengths });
  if (width !== undefined && width !== inFeatures) {
    throw refuse(`has a "config" whose columns have ${width} inputs, its inputShape has ${inFeatures}`);
  }
  const record = readTrainingRecord(training, refuse);
  return {
    inputShape: lengths as number[],
    inputScale,
    ...classNames && { classNames },
    ...image && { image },
    ...columns && { columns },
    ...labelColumns && { labelColumns },
    ...dropout && { dropout },
    ...thresholds && { thresholds },
    ...record && { training: record },
  };
}

function isRates(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((rate) => typeof rate === "number" && rate >= 0 && rate < 1);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isImageSpec(value: unknown): value is ImageSpec {
  if (!isFields(value)) return false;
  const { white, background, placement } = value;
  return typeof white === "number" && Number.isFinite(white) && white > 0 &&
    (background === undefined || background === "dark" || background === "light") &&
    (placement === "center" || placement === "resize");
}

function isColumns(value: unknown): value is TableColumn[] {
  return Array.isArray(value) && value.every((column) => {
    if (!isFields(column) || typeof column.name !== "string") return false;
    const { categories, fill } = column;
    return (categories === undefined || (isTexts(categories) && categories.length > 0)) &&
      (fill === undefined || (typeof fill === "number" && Number.isFinite(fill)));
  });
}
