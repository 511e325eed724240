/** Recipes: settings of a run under one name, which single options change. @module */
import { dense, formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import type { OptionSpec } from "../../src/plan/option.ts";
import { OPTIMIZER_OPTIONS } from "../../src/plan/optimizers.ts";
import { TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";
import { kebab } from "../terminal/command.ts";

/** The settings of a recipe. */
export type RecipeConfig = Omit<Partial<TrainConfig>, "init">;

/** Settings of a run under one name. */
export interface Recipe {
  /** Its purpose, for the help text. */
  readonly help: string;
  /** The hidden layers; the last layer is that of the data. Absent for those of a run without a recipe. */
  readonly hidden?: readonly LayerSpec[];
  /** The settings that differ from the defaults. */
  readonly config: RecipeConfig;
}

/** The name of a recipe. */
export type RecipeName = "default" | "fast" | "drawing" | "accurate";

/** The recipes by name; docs/recipes.md tells how their settings were chosen. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  default: { help: "128-64, as without this option", config: {} },
  fast: {
    help: "MNIST in about a second",
    config: { epochs: 10, learningRate: 0.003, schedule: "cosine" },
  },
  drawing: {
    help: "images that are drawn by hand, and drawings of no class",
    hidden: [dense(512, "relu"), dense(256, "relu")],
    config: { augment: true, outliers: true, epochs: 12, schedule: "cosine" },
  },
  accurate: {
    help: "the best accuracy for images of digits, in minutes",
    hidden: [dense(1024, "relu"), dense(512, "relu")],
    config: {
      ...{
        augment: true,
        augmentStrength: 1.75,
        epochs: 200,
        batchSize: 256,
        learningRate: 0.002,
        schedule: "cosine",
      },
      ...{ optimizer: "adamw", weightDecay: 0.05, average: 0.999 },
    },
  },
};

/** The option `--recipe`. */
export const RECIPE_OPTION = {
  recipe: {
    kind: "choice",
    default: "default",
    choices: Object.keys(RECIPES) as RecipeName[],
    help: `settings for data like MNIST under one name, which other options override. ${
      (Object.keys(RECIPES) as RecipeName[]).map((name) => {
        const text = recipeText(name);
        return `${name}: ${RECIPES[name].help}${text === "" ? "" : `, ${text}`}`;
      }).join("; ")
    }`,
  },
} as const;

/** The settings of a run with those of its recipe. */
export interface FromRecipe<C> {
  /** The given settings, and those of the recipe that they do not override. */
  readonly config: C & RecipeConfig;
  /** The hidden layers of the recipe. */
  readonly hidden?: readonly LayerSpec[];
  /** The name of the recipe; absent if none is given. */
  readonly recipe?: RecipeName;
}

/**
 * Adds the settings of a recipe to those that are given, which override the recipe's. Settings of the recipe that belong to its
 * optimizer are left out if another one is given, and so are those that need another loss than the given one, or `augment`.
 */
export function withRecipe<C extends object>(
  { recipe, ...given }: C & { readonly recipe?: RecipeName },
): FromRecipe<Omit<C, "recipe">> {
  if (recipe === undefined) return { config: given };
  const { config, hidden } = RECIPES[recipe];
  const own: Readonly<Record<string, unknown>> = given;
  const { optimizer = TRAIN_OPTIONS.optimizer.default } = config;
  const isOther = own.optimizer !== undefined && own.optimizer !== optimizer;
  const kept = Object.entries(config).filter(([name]) => {
    const { only }: OptionSpec = TRAIN_OPTIONS[name as keyof TrainConfig];
    if (name === "augmentStrength" && own.augment === false) return false;
    const wanted = only && own[only.option];
    if (wanted !== undefined && wanted !== only?.value) return false;
    return !isOther || !(name === "learningRate" || Object.hasOwn(OPTIMIZER_OPTIONS, name));
  });
  return {
    config: { ...Object.fromEntries(kept) as RecipeConfig, ...given },
    ...hidden && { hidden },
    recipe,
  };
}

/** Returns the line that tells the options that a recipe and the given settings stand for. */
export function recipeLine(
  recipe: RecipeName,
  config: Partial<TrainConfig>,
  layers: readonly LayerSpec[],
): string {
  return `recipe   ${recipe}: ${optionsText(config, layers)}`;
}

/** Returns the options that a recipe stands for if the data has ten classes; an empty text for the default ones. */
export function recipeText(recipe: RecipeName): string {
  const { config, hidden } = RECIPES[recipe];
  return optionsText(config, hidden && [...hidden, dense(10, "softmax")]);
}

/** Returns layers and settings as they are typed: `--layers 512:relu,… --epochs 8 --augment`. */
export function optionsText(config: Partial<TrainConfig>, layers?: readonly LayerSpec[]): string {
  return [
    ...layers ? [`--layers ${formatLayers(layers)}`] : [],
    ...Object.entries(config).filter(([, value]) => value !== undefined).map(([name, value]) => {
      const option = name === "learningRate" ? "lr" : kebab(name);
      return typeof value === "boolean" ? `--${value ? "" : "no-"}${option}` : `--${option} ${value}`;
    }),
  ].join(" ");
}
