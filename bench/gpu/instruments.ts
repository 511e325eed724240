/** The output of the programs of `cuda/bench`: a line of JSON for the device, then one for each measurement. @module */
import { type Gpu, graphSteps, type Predictions, type Quantity, valueOf } from "./predictions.ts";
import type { Reading } from "./reading.ts";

/** A line of the output. */
export interface Measured extends Quantity {
  /** The name of the measured quantity. */
  readonly name: string;
  /** The median, the smallest and the largest of the measured values. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The least that the GPU could take, and what it is made of. */
  readonly floor?: number;
  readonly floorBy?: string;
  /** The microseconds from the beginning of the step in the first block to the end of the phase. */
  readonly ends?: number;
}

/** The output of a program. */
export interface Printed {
  /** The GPU. */
  readonly gpu: Gpu;
  /** True if the device is emulated, so that the numbers mean nothing. */
  readonly emulated: boolean;
  /** The measurements. */
  readonly measured: readonly Measured[];
  /** The measurements that were not made, each with the reason. */
  readonly skipped: readonly string[];
}

/**
 * Parses the output of a program.
 *
 * @throws {Error} if it has no device, a line that is not complete, or no line after the device
 */
export function parseInstrument(stdout: string): Printed {
  const [first, ...lines] = stdout.trimEnd().split("\n");
  const device = objectOf(first);
  const { device: name, emulated, multiprocessors, sharedBytes, gigahertz } = device;
  const gpu = { multiprocessors, sharedBytes, gigahertz };
  if (!isText(name) || typeof emulated !== "boolean" || !isGpu(gpu)) throw fault(first);
  const measured: Measured[] = [], skipped: string[] = [];
  for (const line of lines) {
    const object = objectOf(line);
    if (typeof object.skipped === "string" && typeof object.reason === "string") {
      skipped.push(`${object.skipped} not measured: ${object.reason}`);
    } else if (isMeasured(object)) {
      measured.push(object);
    } else {
      throw fault(line);
    }
  }
  if (measured.length + skipped.length === 0) throw fault(first);
  return { gpu, emulated, measured, skipped };
}

/**
 * Returns the readings of measurements, with the values that the model predicts for them; first the sums of the graph
 * path's steps.
 */
export function readingsOf(measured: readonly Measured[], predictions: Predictions): Reading[] {
  const readings = measured.map((each) => readingOf(each, predictions));
  return [...graphSteps(measured, predictions), ...readings];
}

function readingOf(measured: Measured, predictions: Predictions): Reading {
  const { name, unit, median, min, max, floor, floorBy, ends } = measured;
  const model = valueOf(measured, predictions);
  return {
    name,
    value: median,
    unit,
    range: [min, max],
    ...floor !== undefined && floorBy !== undefined && { floor: { value: floor, by: floorBy } },
    ...model !== undefined && { model },
    ...ends !== undefined && { ends },
  };
}

function objectOf(line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw fault(line);
}

function isGpu(facts: Record<keyof Gpu, unknown>): facts is Gpu {
  return Object.values(facts).every(isNumber);
}

function isMeasured(object: Record<string, unknown>): object is Record<string, unknown> & Measured {
  const { name, unit, median, min, max, floor, floorBy, constant, network, phase, launch, ends } = object;
  if (![name, unit].every(isText) || ![median, min, max].every(isNumber)) return false;
  if (![floor, ends].every((value) => value === undefined || isNumber(value))) return false;
  if (![floorBy, constant, network, phase, launch].every((value) => value === undefined || isText(value))) {
    return false;
  }
  return (min as number) <= (median as number) && (median as number) <= (max as number);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function fault(line: string): Error {
  return new Error(
    `A line of JSON with a measurement is needed, found ${JSON.stringify(line.slice(0, 200))}`,
  );
}
