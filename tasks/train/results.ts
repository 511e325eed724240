/** The rows that `train` prints: one for each epoch, and the result. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import type { Evaluation } from "../../src/training/evaluate.ts";
import { endOfRun } from "../../src/training/resume.ts";
import type { TrainEvent } from "../../src/training/train.ts";
import { accuracy, amount, duration, loss, r2 } from "../terminal/numbers.ts";
import type { Screen } from "../terminal/screen.ts";
import { epochColumns, scoreOf, startTable } from "../terminal/table.ts";

/** The parts of a run that decide what is printed. */
export interface PrintedJob {
  /** The training set. */
  readonly train: Dataset;
  /** The validation set, if it is not split off. */
  readonly validation: Dataset | undefined;
  /** The test set. */
  readonly test: Dataset | undefined;
  /** All settings, also those of the checkpoint and the default ones. */
  readonly settings: TrainConfig;
}

/** Returns a function that prints an epoch as a row of the table, or as JSON, or not at all. */
export function printer(
  job: PrintedJob,
  screen: Screen,
  { json, quiet }: { json?: boolean; quiet?: boolean },
) {
  if (json) return (event: TrainEvent) => screen.row(JSON.stringify(epochJson(event)));
  if (quiet) return () => {};
  const { epochs, validationSplit, loss } = job.settings;
  const validation = validationSplit > 0 || job.validation !== undefined;
  const table = startTable(
    epochColumns({
      epochs,
      validation,
      test: job.test !== undefined,
      score: scoreOf(job.train, loss),
    }),
    screen.row,
  );
  return (event: TrainEvent) => table.row(event);
}

/** Returns the results of an epoch for JSON. */
export function epochJson({ epoch, trainLoss, trainAccuracy, validation, test, seconds }: TrainEvent) {
  return {
    epoch,
    trainLoss,
    trainAccuracy,
    ...scoresJson("validation", validation),
    ...scoresJson("test", test),
    seconds,
  };
}

/** Returns the scores of a set for JSON, which leaves out undefined ones. */
function scoresJson(set: "validation" | "test", evaluation: Evaluation | undefined) {
  const { loss, accuracy, f1, r2, meanAbsoluteError } = evaluation ?? {};
  const scores = { Loss: loss, Accuracy: accuracy, F1: f1, R2: r2, MeanAbsoluteError: meanAbsoluteError };
  return Object.fromEntries(Object.entries(scores).map(([name, value]) => [set + name, value]));
}

/** Returns the result of a run as JSON. */
export function resultJson(
  { name, device }: { name: string; device: string },
  test: Evaluation | undefined,
  saved: string | undefined,
): string {
  const seconds = performance.now() / 1000; // since the start of the process
  return JSON.stringify({
    done: true,
    backend: name,
    device,
    ...scoresJson("test", test),
    seconds,
    model: saved ?? null,
  });
}

/** Returns how the resumed run has ended; `undefined` if steps are left, or if no run is resumed. */
export function endOf(
  resume: Checkpoint | undefined,
  epochs: number | undefined,
): Pick<TrainEvent, "epoch" | "ended"> | undefined {
  const ended = resume && endOfRun(resume, epochs);
  return ended && { epoch: resume.progress.epoch - 1, ended };
}

/** Returns the result of a run as a line of text. */
export function resultText(
  { epoch, ended }: Pick<TrainEvent, "epoch" | "ended">,
  test: Evaluation | undefined,
  saved: string | undefined,
): string {
  const why = ended === "finished" ? undefined : ended === "patience" ? "stopped early" : "interrupted";
  return [
    ...why ? [`${why} in epoch ${epoch}`] : [],
    ...test?.accuracy === undefined
      ? []
      : [`test accuracy ${accuracy(test.accuracy, test.accuracyInterval!)}`],
    ...test?.f1 === undefined ? [] : [`test F1 ${test.f1.toFixed(4)}`],
    ...test?.r2 === undefined ? [] : [`test R² ${r2(test.r2)}`],
    ...test?.meanAbsoluteError === undefined ? [] : [`mean absolute error ${amount(test.meanAbsoluteError)}`],
    ...test ? [`test loss ${loss(test.loss)}`] : [],
    duration(performance.now() / 1000),
    saved === undefined ? "not saved" : `saved ${saved}`,
  ].join(", ");
}
