/** The metrics that `train` writes: JSON, one object a line. @module */
import { readFileBounded } from "../../src/files.ts";
import type { EpochResults } from "../../src/report/source.ts";
import type { TrainEvent } from "../../src/training/train.ts";
import { openOutput } from "../shared/output.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError, reasonOf } from "../terminal/system_errors.ts";
import { epochJson } from "../train/results.ts";
import { type MetricsSettings, parseMetrics, resultsOf } from "./metrics_lines.ts";
import { refuseOtherKind } from "./written.ts";

/** The beginning of every file of metrics, by which a program recognizes it. */
const METRICS_START = '{"format":"mlpcuda metrics",';

/** The metrics of a run, which are written while it runs. */
export interface MetricsFile extends AsyncDisposable {
  /** The epochs that an earlier part of the run has written. */
  readonly before: readonly EpochResults[];
  /** Writes the line of an epoch. If that fails, training continues, and the next epoch tries again. */
  add(event: TrainEvent): Promise<void>;
  /** The error of the last attempt to write; `undefined` if it succeeded. */
  readonly fault: TaskError | undefined;
}

/** Refuses the path of a file that does not have metrics, before the run begins. */
export async function refuseNoMetrics(path: string, force: boolean): Promise<void> {
  await refuseOtherKind(path, { force, start: METRICS_START, noun: "a file of metrics" });
}

/**
 * Prepares the file of a run's metrics, and writes its settings. A resumed run continues its file: the lines of epochs that it
 * trains again are removed.
 *
 * @param options `isResumed` is true for a resumed run; with `force`, the file of another run is replaced
 * @throws {TaskError} if the file cannot be written, or if it is of another run than the resumed one
 */
export async function openMetrics(
  path: string,
  settings: MetricsSettings,
  options: { readonly screen: Screen; readonly isResumed: boolean; readonly force: boolean },
): Promise<MetricsFile> {
  const { screen } = options, shown = JSON.stringify(shownPath(path));
  const found = await Deno.stat(path).catch(() => undefined);
  await using opened = new AsyncDisposableStack();
  const output = opened.use(await openOutput(path, { screen }));
  const kept = options.isResumed && found?.isFile ? await keptOf(path, settings, options.force) : [];
  const encoder = new TextEncoder(),
    line = JSON.stringify({ format: "mlpcuda metrics", version: 1, ...settings });
  const isStream = found !== undefined && !found.isFile;
  let pending = "", file: Deno.FsFile, fault: TaskError | undefined;
  const flush = async () => {
    const bytes = encoder.encode(pending);
    const size = isStream ? 0 : (await file.stat()).size;
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      pending = "";
    } catch (error) {
      if (!isStream) await file.truncate(size).catch(() => {}); // no part of a line stays
      throw error;
    }
  };
  try {
    const text = [...kept.map(({ text }) => text), line].map((text) => `${text}\n`).join("");
    if (isStream) pending = text;
    else await output.save(encoder.encode(text));
    file = opened.use(await Deno.open(path, isStream ? { write: true } : { append: true }));
    if (isStream) await flush();
  } catch (error) {
    throw fileError("Cannot save to", path, error);
  }
  const held = opened.move();
  return {
    before: kept.flatMap(({ fields }) => fields.epoch === undefined ? [] : [resultsOf(fields)]),
    get fault() {
      return fault;
    },
    async add(event) {
      const { learningRate, step, rowsPerSecond, ended } = event;
      pending += `${JSON.stringify({ ...epochJson(event), learningRate, step, rowsPerSecond, ended })}\n`;
      try {
        await flush();
        if (fault) screen.note(`the metrics ${shown} can be written again`);
        fault = undefined;
      } catch (cause) {
        const why = `Cannot write the metrics ${shown}: ${reasonOf(cause)}`;
        if (!fault) screen.note(`warning: ${why}; training continues without them`);
        fault = new TaskError(why, { cause });
      }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Returns the lines of a file of metrics that a resumed run keeps. */
async function keptOf(path: string, settings: MetricsSettings, force: boolean) {
  const lines = parseMetrics(new TextDecoder().decode(await readFileBounded(path)));
  if (lines.length === 0) return [];
  const { dataset, config } = lines[0].fields as Partial<MetricsSettings>;
  if (dataset?.crc32 === settings.dataset.crc32 && config?.seed === settings.config.seed) {
    return lines.filter(({ fields: { epoch, from } }) => (epoch ?? from ?? 0) < settings.from);
  }
  if (force) return [];
  throw new TaskError(
    `Cannot save to ${
      JSON.stringify(shownPath(path))
    }: the metrics there are of another run than the resumed one`,
    { hint: "name another file, or use --force to replace it" },
  );
}
