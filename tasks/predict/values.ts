/** The values of `predict`'s options. @module */
import type { RowRange } from "../../src/data/meaning/row_inputs.ts";
import { parseInputScale } from "../shared/input_scale.ts";
import { UsageError } from "../terminal/errors.ts";
import { userPath } from "../terminal/paths.ts";
import type { CsvOptions } from "./csv.ts";

/** Parses the options of the CSV; returns `undefined` if none is written. A CSV without a path is written to stdout. */
export function csvOf(shown: {
  readonly csv?: string;
  readonly id?: string;
  readonly probabilities: boolean;
  readonly json: boolean;
  readonly show: boolean;
}): CsvOptions & { readonly path?: string } | undefined {
  const { csv, id, probabilities, json, show } = shown;
  if (show && json) throw new UsageError("--show and --json exclude each other");
  if (csv === undefined) {
    if (id !== undefined) throw new UsageError("--id needs --csv");
    if (probabilities) throw new UsageError("--probabilities needs --csv");
    return undefined;
  }
  if (json || show) throw new UsageError(`--csv and --${json ? "json" : "show"} exclude each other`);
  const path = csv === "-" ? undefined : userPath(csv);
  if (id === undefined) return { path, probabilities };
  if (probabilities) throw new UsageError("--id and --probabilities exclude each other");
  const [name, label, ...more] = id.split(",").map((text) => text.trim());
  if (name === "" || label === "" || more.length > 0) {
    throw new UsageError(`--id needs a name or two, such as ImageId,Label, found ${JSON.stringify(id)}`);
  }
  return { path, probabilities, submission: { id: name, label } };
}

/** Parses `--input-scale`; returns `undefined` if rows have the scale of the network's own. */
export function scaleOf(text: string): number | undefined {
  const { inputScale, inputScaling } = parseInputScale(text);
  if (inputScaling !== "none") {
    throw new UsageError(
      `--input-scale ${inputScaling} is for training; a saved network scales its inputs itself`,
    );
  }
  if (typeof inputScale === "number") return inputScale;
  return { auto: undefined, pixels: 1 / 255, none: 1 }[inputScale];
}

/** Parses a range of rows: `3-7`, or `3` for one row. */
export function rowsOf(text: string): RowRange {
  const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last)) {
    throw new UsageError(`--rows needs two rows such as 0-9, found ${JSON.stringify(text)}`);
  }
  return { first: Number(first), last: Number(last) };
}
