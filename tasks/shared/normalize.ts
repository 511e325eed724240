/** The option `--normalize`: the normalization of inputs that a model of another program was trained with. @module */
import type { Normalization } from "../../src/import/import.ts";
import { UsageError } from "../terminal/errors.ts";
import { parseFactor } from "./input_scale.ts";

/**
 * Parses the value of `--normalize`: a mean and a standard deviation, such as `0.1307,0.3081`.
 *
 * @throws {UsageError} if it is not two numbers, of which the second is above 0
 */
export function parseNormalization(text: string): Normalization {
  const [first = "", second, ...more] = text.split(",");
  const isNegative = /^\s*-/.test(first), size = parseFactor(first.replace(/^\s*-/, ""));
  const std = parseFactor(second ?? "");
  if (size !== undefined && std !== undefined && std > 0 && more.length === 0) {
    return { mean: isNegative ? -size : size, std };
  }
  throw new UsageError(`--normalize needs a mean and a standard deviation, found ${JSON.stringify(text)}`, {
    hint: "such as --normalize 0.1307,0.3081",
  });
}
