/** `deno task explain`: prints the plan of a training step. @module */
import { buildPlan } from "../src/plan/build.ts";
import { resolveConfig, TRAIN_OPTIONS } from "../src/training/config.ts";
import { formatPlan } from "../src/plan/format.ts";
import type { Command } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { checkConfig, LAYERS_OPTION, layersOf } from "./shared/training.ts";

/** The layers of `deno task train` on MNIST. */
const DEFAULT_LAYERS = "128:relu,64:relu,10:softmax";
/** The inputs of a row there. */
const PIXELS = 784;

const COMMAND = {
  name: "explain",
  summary:
    "Prints the plan of a training step: every operation with its shapes and its formula. Nothing is read or trained.",
  groups: {
    network: {
      title: "Network",
      options: {
        layers: {
          ...LAYERS_OPTION.layers,
          help: `widths and activations, first to last (default ${DEFAULT_LAYERS})`,
        },
        inputs: {
          kind: "integer",
          default: PIXELS,
          min: 1,
          help: "inputs a row; 784 are taken as pixels, scaled by 1/255",
        },
        targets: {
          kind: "boolean",
          default: false,
          help:
            "the data set has target values, not class labels; the loss is then the mean squared error by default",
        },
      },
    },
    config: { title: "Training", options: TRAIN_OPTIONS, aliases: { learningRate: ["lr"] } },
  },
  examples: [
    { args: "", help: "a step of the default network" },
    {
      args: "--layers 32:tanh,1 --inputs 8 --targets --optimizer sgd",
      help: "a step of another one",
    },
  ],
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

function main({ given: { network, config }, screen }: TaskContext<typeof COMMAND["groups"]>): void {
  checkConfig(config);
  const layers = layersOf(network.layers ?? DEFAULT_LAYERS);
  const given = network.targets ? { loss: "mean-squared-error" as const, ...config } : config;
  const inFeatures = network.inputs ?? PIXELS;
  const input = {
    inFeatures,
    inputScale: inFeatures === PIXELS ? 1 / 255 : 1,
    labels: !network.targets,
    outFeatures: layers[layers.length - 1].outFeatures,
  };
  try {
    const text = formatPlan(buildPlan(layers, resolveConfig(given), input));
    for (const line of text.split("\n")) screen.row(line);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message);
  }
}
