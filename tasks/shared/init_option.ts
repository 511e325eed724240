/** The option `--init` of tasks that train: the distribution of new weights, or a network to train further. @module */
import { inputSpecOf } from "../../src/data/dataset.ts";
import type { DataOptions } from "../../src/data/options.ts";
import type { Mlp } from "../../src/mlp.ts";
import { listOf } from "../../src/plan/option.ts";
import { TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { UsageError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { nearest } from "../../src/suggest.ts";
import { loadModel } from "./model.ts";
import { RECIPE_OPTION } from "./recipes.ts";
import { TRAINING_GROUP } from "./training.ts";

/** The names of the distributions. */
const DISTRIBUTIONS: readonly TrainConfig["init"][] = TRAIN_OPTIONS.init.choices;

const INIT_OPTION = {
  init: {
    kind: "text",
    value: "INIT",
    default: TRAIN_OPTIONS.init.default,
    help:
      `weights before training: random ones of the distribution ${
        listOf(DISTRIBUTIONS)
      }, or those of a saved ` +
      "model, whose inputs must be those of the data; its last layer is new if the classes are others",
  },
} as const satisfies ArgumentTable;

/** The settings of a run, of which `--init` may also be a model. */
export const START_GROUP = {
  ...TRAINING_GROUP,
  options: { ...RECIPE_OPTION, ...TRAINING_GROUP.options, ...INIT_OPTION },
} as const;

/** A network to train further. */
export interface StartNetwork {
  /** The network. */
  readonly mlp: Mlp;
  /** The path of its file, for messages. */
  readonly name: string;
}

/** The settings of the command line in which `--init` may be the path of a model. */
type GivenConfig = Omit<Partial<TrainConfig>, "init"> & { readonly init?: string };

/**
 * Separates the model of `--init` from the settings of a run.
 *
 * @returns `model` is its path; absent if `--init` is a distribution or is not given
 * @throws {UsageError} if a model is named together with `--resume`
 */
export function initOf(
  { init, ...rest }: GivenConfig,
  { resume }: { readonly resume?: string },
): { readonly config: Partial<TrainConfig>; readonly model?: string } {
  if (init === undefined) return { config: rest };
  const distribution = DISTRIBUTIONS.find((name) => name === init);
  if (distribution !== undefined) return { config: { ...rest, init: distribution } };
  if (resume === undefined) return { config: rest, model: init };
  throw new UsageError(`--init ${JSON.stringify(init)} and --resume exclude each other`, {
    hint: "a resumed run starts with the network of its checkpoint",
  });
}

/**
 * Loads the model of `--init`; returns `undefined` if none is named.
 *
 * @param options `layers` and `normalize` are the texts of these options; without a screen, nothing is said about a file of
 * another program
 * @throws {UsageError} if `--normalize` is given without a model
 */
export async function openStart(
  model: string | undefined,
  options: {
    readonly signal: AbortSignal;
    readonly program: string;
    readonly screen?: Screen;
    readonly layers?: string;
    readonly normalize?: string;
    readonly trustSizes?: boolean;
  },
): Promise<StartNetwork | undefined> {
  if (model === undefined) {
    if (options.normalize === undefined) return undefined;
    throw new UsageError("--normalize needs --init with a file of another program");
  }
  const near = nearest(model, DISTRIBUTIONS);
  const otherwise = near ? `use --init ${near}` : `name a distribution: --init ${listOf(DISTRIBUTIONS)}`;
  const mlp = await loadModel(model, { ...options, isStart: true, otherwise });
  return { mlp, name: shownPath(userPath(model)) };
}

/**
 * Returns the option with which a data set has the inputs of a network: its scale, image properties and columns. The set
 * decides its classes or targets; those of a table are in the columns of the same names.
 */
export function likeInputs(start: StartNetwork | undefined): Pick<DataOptions, "like"> {
  if (start === undefined) return {};
  const { classNames: _, ...inputs } = inputSpecOf(start.mlp);
  return { like: inputs };
}
