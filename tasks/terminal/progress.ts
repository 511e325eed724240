/**
 * The text of the transient line while an epoch runs.
 * @module
 */
import { duration } from "./numbers.ts";

/** Cells of the bar. */
const BAR = 20;

/** How far a run is. */
export interface Progress {
  /** The epoch that runs, from 1. */
  readonly epoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Steps of it that are done. */
  readonly step: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** Seconds since the first epoch of this run began. */
  readonly seconds: number;
  /** Epochs that were done before this run began, where it continues another. */
  readonly epochsBefore?: number;
}

/** `epoch  3/100 [=======>            ]  38 %  1 min 05 s left`; the time left appears once it can be told. */
export function progressText(progress: Progress): string {
  const { epoch, epochs, step, steps, seconds, epochsBefore = 0 } = progress;
  const share = steps > 0 ? Math.min(1, step / steps) : 0;
  const filled = Math.round(share * BAR);
  const bar = filled === BAR ? "=".repeat(BAR) : `${"=".repeat(filled)}>`.padEnd(BAR);
  const done = epoch - 1 - epochsBefore + share;
  const left = done > 0 && seconds >= 1
    ? `  ${duration(seconds / done * (epochs - epoch + 1 - share))} left`
    : "";
  const epochText = String(epoch).padStart(String(epochs).length);
  return `epoch ${epochText}/${epochs} [${bar}] ${String(Math.floor(100 * share)).padStart(3)} %${left}`;
}
