/** The lines after training: the curve of the loss, the most frequent confusions, and the next command. @module */
import { imageSpecOf, inFeaturesOf } from "../../src/data/dataset.ts";
import type { Mlp } from "../../src/mlp.ts";
import { TRAIN_OPTIONS } from "../../src/training/config.ts";
import { confusionsOf } from "../../src/report/classes.ts";
import type { Evaluation } from "../../src/training/scores.ts";
import { visible } from "../../src/visible.ts";
import { quoted } from "../report/command_text.ts";
import { READING_OPTIONS } from "../shared/data_options.ts";
import { DEFAULT_MODEL } from "../shared/options.ts";
import { RECIPES } from "../shared/recipes.ts";
import { dashed, kebab } from "../terminal/command.ts";
import { count, loss } from "../terminal/numbers.ts";
import { sparkline } from "./sparkline.ts";

/** The number of confusions that are named. */
const SHOWN = 3;
/** The options of training data that `eval` also has. */
const SHARED_OPTIONS = ["data", ...Object.keys(READING_OPTIONS), "classes", "testSplit"];

/** Returns the line with the curve of the training loss; none for a single epoch. */
export function lossLines(losses: readonly number[]): string[] {
  const curve = sparkline(losses);
  return curve === undefined
    ? []
    : [`loss     ${curve} ${loss(losses[0])} → ${loss(losses[losses.length - 1])}`];
}

/** Returns the line with the most frequent confusions: `confused 4 taken for 9: 12 times`; none if there are none. */
export function confusionLines(
  { confusion }: Pick<Evaluation, "confusion"> = {},
  { classNames }: Mlp,
): string[] {
  const nameOf = (label: number) => visible(classNames?.[label] ?? String(label));
  const found = confusion ? confusionsOf(confusion, SHOWN) : [];
  if (found.length === 0) return [];
  const texts = found.map(({ label, guess, rows }) =>
    `${nameOf(label)} taken for ${nameOf(guess)}: ${rows === 1 ? "once" : `${count(rows)} times`}`
  );
  return [`confused ${texts.join("; ")}`];
}

/** The end of a run, which decides what to do next. */
export interface RunEnd {
  /** The program, such as `deno task`. */
  readonly program: string;
  /** The path of the saved model, as it is shown. */
  readonly model: string;
  /** True if training ended by itself. */
  readonly isFinished: boolean;
  /** The options of the data set that were given. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The path of the checkpoint, if it was given. */
  readonly checkpoint?: string;
  /** The number of epochs from one checkpoint to the next, if it was given. */
  readonly every?: number;
  /** The path of the report, if it was given. */
  readonly report?: string;
  /** True if there is a test set. */
  readonly hasTest: boolean;
}

/**
 * Returns the command to type next: to continue an interrupted run; to draw digits for a network that reads them; to write a
 * report; or to export the network if it has a report.
 */
export function nextCommand(mlp: Mlp, end: RunEnd): string {
  const { program, model, isFinished, checkpoint, every, report, data, hasTest } = end;
  const named = model === DEFAULT_MODEL ? [] : ["--model", model], shared = dataArguments(data);
  const line = (...words: readonly string[]) => `${program} ${words.map(quoted).join(" ")}`;
  if (!isFinished && checkpoint !== undefined) {
    const own = dataArguments(data, Object.keys(data)), output = model === DEFAULT_MODEL ? [] : ["-o", model];
    const often = every === undefined ? [] : ["--checkpoint-every", `${every}`];
    return line("train", "--resume", checkpoint, "--checkpoint", checkpoint, ...often, ...own, ...output);
  }
  if (isDigits(mlp)) return line("gui", ...named);
  if (report !== undefined) return line("export", model, "-o", `${model.replace(/\.npz$/i, "")}.onnx`);
  return line("eval", ...named, ...shared, ...hasTest ? [] : ["--set", "train"], "--report", "report.html");
}

/** The settings that a run like the default one may have. */
const SIMILAR = ["recipe", "seed"];

/** Returns the line that names the recipe `fast` after a run with the default settings; none after another run. */
export function fasterLines(
  mlp: Mlp,
  { program, given }: { readonly program: string; readonly given: Readonly<Record<string, unknown>> },
): string[] {
  const isDefault = (given.recipe ?? "default") === "default" &&
    Object.keys(given).every((name) => SIMILAR.includes(name));
  if (!isDefault || !isDigits(mlp)) return [];
  const { epochs } = RECIPES.fast.config;
  return [
    `faster   ${program} train --recipe fast: ${epochs} epochs in place of ${TRAIN_OPTIONS.epochs.default}`,
  ];
}

/** Returns whether a network reads digits as they are drawn on the page. */
function isDigits(mlp: Mlp): boolean {
  return inFeaturesOf(mlp) === 28 * 28 && imageSpecOf(mlp)?.placement === "center" && mlp.outFeatures === 10;
}

/** Returns the given options of a data set as arguments. */
function dataArguments(data: RunEnd["data"], names: readonly string[] = SHARED_OPTIONS): string[] {
  return names.flatMap((name) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined, option = dashed(kebab(name));
    if (value === undefined || value === false) return [];
    if (value === true) return [option];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [option, String(one)]);
  });
}
