/** The lines of a file of metrics. @module */
import type { EpochResults, EpochScores } from "../../src/report/source.ts";
import type { Fingerprint } from "../../src/training/checkpoint_parts.ts";
import type { TrainConfig } from "../../src/training/config.ts";

/** The settings of a run, or of a part of it: the line before its epochs. */
export interface MetricsSettings {
  /** The version of this program. */
  readonly mlpcuda: string;
  /** The first epoch that it trains. */
  readonly from: number;
  /** The command line. */
  readonly command: string;
  /** The backend and its device. */
  readonly backend: string;
  readonly device: string;
  /** The shape of an input, and the layers as `--layers` takes them. */
  readonly inputShape: readonly number[];
  readonly layers: string;
  /** The training set, with the checksum of its arrays as in checkpoints. */
  readonly dataset: Fingerprint & { readonly source: string };
  /** All settings of the training. */
  readonly config: TrainConfig;
}

/** The fields of a line that this program reads. */
export interface MetricsFields {
  /** The epoch; absent in a line of settings. */
  readonly epoch?: number;
  /** The first epoch of the following lines; present in a line of settings. */
  readonly from?: number;
  readonly [name: string]: unknown;
}

/** A line with its fields. */
export interface MetricsLine {
  readonly text: string;
  readonly fields: MetricsFields;
}

/** Returns the lines up to the first one that is not an object, such as one that a killed process has not completed. */
export function parseMetrics(text: string): MetricsLine[] {
  const lines: MetricsLine[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    try {
      const fields = JSON.parse(line);
      if (typeof fields !== "object" || fields === null) break;
      lines.push({ text: line, fields });
    } catch {
      break;
    }
  }
  return lines;
}

/** Returns the results of an epoch from the fields of its line. */
export function resultsOf(fields: MetricsFields): EpochResults {
  const numberOf = (name: string) => {
    const value = fields[name];
    return typeof value === "number" ? value : undefined;
  };
  const scoresOf = (set: string): EpochScores | undefined => {
    const loss = numberOf(`${set}Loss`);
    if (loss === undefined) return undefined;
    const [accuracy, f1, r2] = ["Accuracy", "F1", "R2"].map((name) => numberOf(set + name));
    return { loss, accuracy, f1, r2, meanAbsoluteError: numberOf(`${set}MeanAbsoluteError`) };
  };
  return {
    epoch: numberOf("epoch") ?? NaN,
    trainLoss: numberOf("trainLoss") ?? NaN,
    trainAccuracy: numberOf("trainAccuracy"),
    validation: scoresOf("validation"),
    test: scoresOf("test"),
    learningRate: numberOf("learningRate") ?? NaN,
    seconds: numberOf("seconds") ?? NaN,
  };
}
