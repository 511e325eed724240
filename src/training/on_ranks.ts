/**
 * The messages between the ranks of a run, besides gradients: at the start, that they do the same run; after each epoch, the
 * scores that rank 0 has computed, and whether one of them is to stop.
 * @module
 */
import type { TrainState } from "../backends/backend.ts";
import type { Ranks } from "../backends/ranks/ranks.ts";
import type { Dataset } from "../data/dataset.ts";
import { BackendError } from "../errors.ts";
import { sha256Of } from "../formats/sha256.ts";
import type { StepPlan } from "../plan/plan.ts";
import type { TrainConfig } from "./config.ts";
import type { Thresholds } from "../thresholds.ts";
import type { Evaluation } from "./scores.ts";

/** The scores of an epoch. */
export interface Scores {
  /** Those on the test set; absent if there is none. */
  readonly test?: Evaluation;
  /** Those on the validation set; absent if there is none. */
  readonly validation?: Evaluation;
  /** The thresholds of the network; absent if the run has no outliers. */
  readonly thresholds?: Thresholds;
  /** The temperature of a network that is calibrated, at the end of the run. */
  readonly temperature?: number;
}

/** The parts of a run that must be the same on all ranks, with their names in messages. */
const PARTS = {
  data: "other training data",
  settings: "other settings",
  network: "another network",
  start: "other parameters at the start",
} as const;

/**
 * Checks that all ranks do the same run.
 *
 * @returns true if one of them is to stop before the first step
 * @throws {BackendError} with code `"ranks-differ"` on every rank, if the run of one differs from that of rank 0
 */
export async function checkSameRun(
  ranks: Ranks,
  { plan, config, training, rows, start, signal }: {
    readonly plan: StepPlan;
    readonly config: TrainConfig;
    readonly training: Dataset;
    readonly rows: Uint32Array;
    readonly start: TrainState;
    readonly signal: AbortSignal | undefined;
  },
): Promise<boolean> {
  const { inputs, labels, targets, weights } = training;
  const digests: Record<keyof typeof PARTS, string> = {
    settings: await digestOf([JSON.stringify(config)]),
    network: await digestOf([JSON.stringify(plan)]),
    data: await digestOf([inputs, labels, targets, weights, rows]),
    start: await digestOf([`${start.step}`, ...Object.values(start.tensors)]),
  };
  const stopped = signal?.aborted ?? false;
  const found = (await ranks.gather(JSON.stringify({ ...digests, stopped }))).map((text) =>
    JSON.parse(text) as typeof digests & { stopped: boolean }
  );
  const faults = found.flatMap((other, rank) => {
    const part = (Object.keys(PARTS) as (keyof typeof PARTS)[]).find((part) =>
      other[part] !== found[0][part]
    );
    return part === undefined ? [] : [`rank ${rank} has ${PARTS[part]} than rank 0`];
  });
  if (faults.length > 0) {
    throw new BackendError(`Cannot train on ${ranks.size} ranks: ${faults.join(", ")}`, {
      backend: "cpu",
      code: "ranks-differ",
    });
  }
  return found.some(({ stopped }) => stopped);
}

async function digestOf(parts: readonly (ArrayBufferView | string | undefined)[]): Promise<string> {
  const lines: string[] = [];
  for (const part of parts) {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : bytesOf(part);
    lines.push(`${bytes.length} ${await sha256Of(bytes)}`);
  }
  return await sha256Of(new TextEncoder().encode(lines.join("\n")));
}

function bytesOf(view: ArrayBufferView | undefined): Uint8Array {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
}

/**
 * Returns the scores of an epoch, and whether training is to stop, the same on all ranks. Rank 0 evaluates; without ranks,
 * this process does.
 */
export async function agree(
  ranks: Ranks | undefined,
  signal: AbortSignal | undefined,
  evaluate: () => Promise<Scores>,
): Promise<Scores & { readonly stopped: boolean }> {
  const own = { ...!ranks || ranks.rank === 0 ? await evaluate() : {}, stopped: signal?.aborted ?? false };
  if (!ranks) return own;
  const all = (await ranks.gather(textOf(own))).map((text) => scoresOf(text));
  return { ...all[0], stopped: all.some(({ stopped }) => stopped) };
}

/** Returns JSON; it has the numbers that JSON lacks, and typed arrays, as objects with one field. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, field) => {
    if (typeof field === "number" && !Number.isFinite(field)) return { number: String(field) };
    return field instanceof Uint32Array ? { counts: Array.from(field) } : field;
  });
}

function scoresOf(text: string): Scores & { readonly stopped: boolean } {
  return JSON.parse(text, (_, field) => {
    if (typeof field?.number === "string") return Number(field.number);
    return Array.isArray(field?.counts) ? Uint32Array.from(field.counts) : field;
  });
}

/**
 * Returns a signal that is not aborted before the next task of the event loop. A rank that is to stop thus begins its epoch,
 * and stops it together with the others; they would wait for a rank that does not begin.
 */
export function lateSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (!signal?.aborted) return signal;
  const controller = new AbortController();
  setTimeout(() => controller.abort(signal.reason));
  return controller.signal;
}
