/** The report and the metrics of a training run. @module */
import config from "../../deno.json" with { type: "json" };
import type { OpenedBackend } from "../../src/backends/open.ts";
import { countOf, type Dataset } from "../../src/data/dataset.ts";
import { splitRows, takeRows } from "../../src/data/split.ts";
import type { Mlp } from "../../src/mlp.ts";
import { formatLayers } from "../../src/plan/layers.ts";
import type { EpochResults } from "../../src/report/source.ts";
import { fingerprintOf } from "../../src/training/checkpoint.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import type { TrainEvent } from "../../src/training/train.ts";
import { type MetricsFile, openMetrics, refuseNoMetrics } from "../report/metrics_file.ts";
import { openReport, refuseNoReport, type ReportFile } from "../report/report_file.ts";
import { refuseSamePaths } from "../report/written.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import type { PrintedJob } from "./results.ts";

/** The options of these files. */
export interface RecordOptions {
  readonly report?: string;
  readonly metrics?: string;
  readonly force?: boolean;
  /** True to say nothing about a report that is written. */
  readonly quiet?: boolean;
}

/** The files about a run. */
export interface Records extends AsyncDisposable {
  /** Writes the metrics of an epoch. */
  add(event: TrainEvent): Promise<void>;
  /** Writes the report, after the model is saved to `path`; without a path, the report is left out. */
  end(mlp: Mlp, path: string | undefined): Promise<void>;
}

/** A run with these files. */
export interface RecordedJob extends PrintedJob {
  readonly mlp: Mlp;
  readonly resume: Checkpoint | undefined;
}

/**
 * Refuses paths of files that are of another kind, or of the same file as another option, before anything is read.
 *
 * @param written the other paths that the run writes, by the names of their options
 */
export async function refuseRecords(
  { report, metrics, force = false }: RecordOptions,
  written: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const paths = { report: report && userPath(report), metrics: metrics && userPath(metrics) };
  refuseSamePaths({ ...written, ...paths });
  if (paths.report !== undefined) await refuseNoReport(paths.report, force);
  if (paths.metrics !== undefined) await refuseNoMetrics(paths.metrics, force);
}

/** Prepares the files about a run, and checks that they can be written. */
export async function openRecords(
  { report, metrics, force = false, quiet = false }: RecordOptions,
  job: RecordedJob,
  { screen, backend, command }: {
    readonly screen: Screen;
    readonly backend: OpenedBackend;
    readonly command: string;
  },
): Promise<Records> {
  await using opened = new AsyncDisposableStack();
  const { mlp, resume, settings } = job, epochs: EpochResults[] = [];
  let reportFile: ReportFile | undefined, metricsFile: MetricsFile | undefined;
  if (report !== undefined) reportFile = opened.use(await openReport(userPath(report), screen));
  if (metrics !== undefined) {
    metricsFile = opened.use(
      await openMetrics(userPath(metrics), {
        mlpcuda: config.version,
        from: resume?.progress.epoch ?? 1,
        command,
        backend: backend.name,
        device: backend.device,
        inputShape: mlp.inputShape,
        layers: formatLayers(mlp.layers),
        dataset: { source: job.train.source, ...resume?.dataset ?? fingerprintOf(job.train) },
        config: settings,
      }, { screen, isResumed: resume !== undefined, force }),
    );
    epochs.push(...metricsFile.before);
  }
  const held = opened.move();
  return {
    async add(event) {
      if (reportFile) epochs.push(resultsOnly(event));
      await metricsFile?.add(event);
    },
    async end(trained, path) {
      if (reportFile && path !== undefined) {
        const model = { path, bytes: trained.format() }, { train } = job;
        const content = { mlp: trained, model, train, epochs, backend, command, ...reportSet(job) };
        await reportFile.write(content);
        if (!quiet) screen.note(`report   ${shownPath(userPath(report!))}`);
      }
      if (metricsFile?.fault) throw metricsFile.fault;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Returns the files of a process that writes none, because another one of its run does. */
export function noRecords(): Records {
  return {
    add: () => Promise.resolve(),
    end: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Returns the results of an epoch without its checkpoint, which would keep the state of training in memory. */
function resultsOnly(
  { epoch, trainLoss, trainAccuracy, learningRate, seconds, ...event }: TrainEvent,
): EpochResults {
  const scores = (set: TrainEvent["test"]) => {
    const { loss, accuracy, f1, r2, meanAbsoluteError } = set ?? {};
    return loss === undefined ? undefined : { loss, accuracy, f1, r2, meanAbsoluteError };
  };
  const { validation, test } = event;
  return {
    epoch,
    trainLoss,
    trainAccuracy,
    learningRate,
    seconds,
    validation: scores(validation),
    test: scores(test),
  };
}

/** Returns the set that a report is about: the test set, else the validation set, else the training set. */
function reportSet({ train, validation, test, settings }: PrintedJob): {
  readonly set: Dataset;
  readonly setName: string;
} {
  if (test) return { set: test, setName: "test" };
  if (validation) return { set: validation, setName: "validation" };
  const { validationSplit, seed } = settings;
  if (validationSplit === 0) return { set: train, setName: "training" };
  return {
    set: takeRows(train, splitRows(countOf(train), validationSplit, seed).validation),
    setName: "validation",
  };
}
