/**
 * The text of the transient line during an epoch.
 * @module
 */
import { duration } from "./numbers.ts";

/** The width of the bar in characters. */
const BAR = 20;

/** The progress of a run. */
export interface Progress {
  /** The current epoch, from 1. */
  readonly epoch: number;
  /** The number of epochs of the run. */
  readonly epochs: number;
  /** The number of steps of the epoch that are done. */
  readonly step: number;
  /** The number of steps in an epoch. */
  readonly steps: number;
  /** Seconds since the first epoch of this run began. */
  readonly seconds: number;
  /** The number of epochs that were done before this run, if it continues another; it may have a fraction. */
  readonly epochsBefore?: number;
}

/**
 * Returns `epoch  3/100 [=======>            ]  38 %  1 min 05 s left`; the time left only after the first second.
 */
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
