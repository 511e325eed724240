/** `deno task explain`: prints the plan of a training step, or of a prediction. @module */
import { buildForwardPlan, buildPlan } from "../src/plan/build.ts";
import { formatPlan } from "../src/plan/format.ts";
import type { Command } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { checkConfig, configOf, LAYERS_OPTION, layersOf, TRAINING_GROUP } from "./shared/training.ts";

/** The layers of `deno task train` on MNIST. */
const DEFAULT_LAYERS = "128:relu,64:relu,10:softmax";
/** The number of inputs a row on MNIST. */
const PIXELS = 784;

const COMMAND = {
  name: "explain",
  summary:
    "Prints the plan of a training step or of a prediction: every operation with its shapes and its formula. It reads no " +
    "data and trains nothing.",
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
          help: "inputs a row; 784 are pixels, scaled by 1/255",
        },
        targets: {
          kind: "boolean",
          default: false,
          help: "target values instead of class labels; the loss is then mean-squared-error by default",
        },
        forward: {
          kind: "boolean",
          default: false,
          help: "the plan of a prediction, with forward operations only",
        },
      },
    },
    config: TRAINING_GROUP,
  },
  examples: [
    { args: "", help: "a step of the default network" },
    { args: "--forward", help: "its prediction" },
    {
      args: "--layers 32:tanh,1 --inputs 8 --targets --optimizer sgd",
      help: "a step of another network",
    },
  ],
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

function main({ given: { network, config }, screen }: TaskContext<typeof COMMAND["groups"]>): void {
  checkConfig(config);
  const layers = layersOf(network.layers ?? DEFAULT_LAYERS), output = layers[layers.length - 1];
  const isBinary = output.outFeatures === 1 && output.activation === "sigmoid"; // two classes
  const loss = network.targets ? "mean-squared-error" : isBinary ? "binary-cross-entropy" : "cross-entropy";
  const settings = configOf({ loss, ...config });
  const inFeatures = network.inputs ?? PIXELS;
  const input = {
    inFeatures,
    inputScale: inFeatures === PIXELS ? 1 / 255 : 1,
    labels: !network.targets && !(output.outFeatures === 1 && settings.loss === "binary-cross-entropy"),
    weighted: settings.classWeights !== "none",
    outFeatures: output.outFeatures,
  };
  try {
    const plan = network.forward
      ? buildForwardPlan({ ...input, layers })
      : buildPlan(layers, settings, input);
    for (const line of formatPlan(plan).split("\n")) screen.row(line);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message);
  }
}
