/** The calibration error that a network would have with a temperature of its own. @module */
import type { Mlp } from "../../src/mlp.ts";
import { LOSSES } from "../../src/plan/losses.ts";
import { calibrationOf, predictionsOf } from "../../src/training/calibration.ts";
import type { RowOutputs } from "../../src/training/evaluate.ts";
import type { Evaluation } from "../../src/training/scores.ts";
import { temperatureOf } from "../../src/training/temperature.ts";
import { percent } from "../terminal/numbers.ts";

/** A temperature, and the calibration error with it. */
export interface CalibrationGain {
  /** The temperature with the least loss on the rows of the evaluation. */
  readonly fittedTemperature: number;
  /** The expected calibration error of these rows with it. */
  readonly fittedCalibrationError: number;
}

/**
 * Returns the temperature that fits the rows of an evaluation best, and the calibration error with it, for logits of a network.
 *
 * @returns the gain; `undefined` if the network has no calibration error, or if its outputs or its loss are not from logits
 */
export function calibrationGain(
  mlp: Mlp,
  rows: RowOutputs,
  { calibrationError, loss }: Evaluation,
): CalibrationGain | undefined {
  if (calibrationError === undefined || !LOSSES[rows.settings.loss].logits || !Number.isFinite(loss)) {
    return undefined;
  }
  const fittedTemperature = temperatureOf(rows);
  const outputs = rows.outputs.map((logit) => logit / fittedTemperature);
  const { error } = calibrationOf(predictionsOf({ mlp, ...rows, outputs })!);
  return { fittedTemperature, fittedCalibrationError: error };
}

/** Returns the line with the expected calibration error, and what a temperature would make of it; none without an error. */
export function calibrationLines(
  { calibrationError }: Evaluation,
  { training }: Pick<Mlp, "training">,
  gain: CalibrationGain | undefined,
): string[] {
  if (calibrationError === undefined) return [];
  const own = training?.temperature;
  const how = own !== undefined
    ? ` (with its temperature of ${own.toFixed(2)})`
    : gain && gain.fittedCalibrationError < calibrationError
    ? ` (${percent(gain.fittedCalibrationError)} with a temperature of ${
      gain.fittedTemperature.toFixed(2)
    }, fitted to these rows; \`train --calibrate\` fits one to validation rows)`
    : "";
  return [`ECE      ${percent(calibrationError)}${how}`];
}
