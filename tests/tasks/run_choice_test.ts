/** Tests of the choice of network and loss for a set, and of the hints for those that do not fit each other. @module */
import { assertEquals, assertThrows } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { formatLayers, parseLayers } from "../../src/plan/layers.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { checkRun, chooseRun } from "../../tasks/shared/run_choice.ts";
import { dataNotes } from "../../tasks/shared/run_notes.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";

const set = (labelsOrTargets: Pick<Dataset, "labels" | "targets" | "outFeatures">): Dataset => ({
  inputs: new Float32Array(8),
  inputShape: [2],
  inputScale: 1,
  source: "set.npz",
  ...labelsOrTargets,
});

const targets = (outFeatures: number, ...values: number[]) =>
  set({ targets: Float32Array.from(values), outFeatures });
const SETS = {
  two: set({ labels: Uint32Array.of(0, 1, 1, 0), outFeatures: 2 }),
  three: set({ labels: Uint32Array.of(0, 1, 2, 0), outFeatures: 3 }),
  several: targets(2, 0, 1, 1, 1, 0, 0, 1, 0),
  label: targets(1, 0, 1, 1, 0),
  oneHot: targets(2, 0, 1, 1, 0, 1, 0, 0, 1),
  shares: targets(1, 0.25, 0.5, 1, 0),
  values: targets(1, 100, 200, 300, 400),
} as const satisfies Record<string, Dataset>;

const HIDDEN = "128:relu,64:relu,", MSE = "mean-squared-error", BCE = "binary-cross-entropy";

/** The given options, and the choice: the last layer or all layers, and the loss. `isNoted` is true if a note explains it. */
const CHOICES: readonly [
  kind: keyof typeof SETS,
  given: { layers?: string; loss?: TrainConfig["loss"] },
  layers: string,
  loss: string,
  isNoted: boolean,
][] = [
  ["two", {}, HIDDEN + "2:softmax", "cross-entropy", false],
  ["three", {}, HIDDEN + "3:softmax", "cross-entropy", false],
  ["three", { loss: MSE }, HIDDEN + "3:softmax", MSE, false],
  ["two", { loss: BCE }, HIDDEN + "1:sigmoid", BCE, false],
  ["two", { layers: "4:relu,1:sigmoid" }, "4:relu,1:sigmoid", BCE, true],
  ["two", { layers: "4:relu,1:sigmoid", loss: BCE }, "4:relu,1:sigmoid", BCE, false],
  ["two", { layers: "2:sigmoid" }, "2:sigmoid", "cross-entropy", false],
  ["three", { layers: "1:sigmoid" }, "1:sigmoid", "cross-entropy", false],
  ["several", {}, HIDDEN + "2:sigmoid", BCE, true],
  ["several", { loss: MSE }, HIDDEN + "2:linear", MSE, false],
  ["several", { layers: "2:linear" }, "2:linear", BCE, true],
  ["several", { layers: "2:tanh" }, "2:tanh", MSE, false],
  ["label", {}, HIDDEN + "1:sigmoid", BCE, true],
  ["oneHot", {}, HIDDEN + "2:linear", MSE, false],
  ["oneHot", { layers: "2:softmax" }, "2:softmax", MSE, false],
  ["oneHot", { layers: "2:sigmoid" }, "2:sigmoid", BCE, true],
  ["oneHot", { loss: BCE }, HIDDEN + "2:sigmoid", BCE, false],
  ["shares", {}, HIDDEN + "1:linear", MSE, false],
  ["shares", { layers: "1:sigmoid" }, "1:sigmoid", MSE, false],
  ["shares", { loss: BCE }, HIDDEN + "1:sigmoid", BCE, false],
  ["values", {}, HIDDEN + "1:linear", MSE, false],
  ["values", { loss: "huber" }, HIDDEN + "1:linear", "huber", false],
];

for (const [kind, { layers, loss }, wantedLayers, wantedLoss, isNoted] of CHOICES) {
  const given = [layers && `--layers ${layers}`, loss && `--loss ${loss}`].filter(Boolean).join(" ") ||
    "no options";
  Deno.test(`chooseRun() chooses ${wantedLoss} and ${wantedLayers} for ${kind} with ${given}`, () => {
    const config = { seed: 5, ...loss && { loss } };
    const choice = chooseRun(SETS[kind], {
      layers: layers === undefined ? undefined : parseLayers(layers),
      config,
    });
    assertEquals(formatLayers(choice.mlp.layers), wantedLayers);
    assertEquals(choice.config, { seed: 5, loss: wantedLoss as TrainConfig["loss"] });
    assertEquals(choice.notes.length, Number(isNoted));
  });
}

Deno.test("chooseRun() explains the choice of binary cross-entropy, and names the option that changes it", () => {
  const notesOf = (kind: keyof typeof SETS, layers?: string) =>
    chooseRun(SETS[kind], { layers: layers === undefined ? undefined : parseLayers(layers), config: {} })
      .notes;
  assertEquals(notesOf("several"), [
    "targets  all 0 or 1, 2 labels a row: binary-cross-entropy (--loss mean-squared-error fits them as numbers)",
  ]);
  assertEquals(notesOf("label"), [
    "targets  all 0 or 1, one label a row: binary-cross-entropy (--loss mean-squared-error fits them as numbers)",
  ]);
  assertEquals(notesOf("two", "1:sigmoid"), [
    "targets  2 classes for one sigmoid output: binary-cross-entropy (end --layers with 2:softmax for cross-entropy)",
  ]);
});

const NEEDS_SOFTMAX = 'Loss "cross-entropy" needs a softmax output, or a linear one that gives logits, found';
const REFUSED: readonly [
  kind: keyof typeof SETS,
  layers: string,
  loss: TrainConfig["loss"],
  message: string,
  hint: string,
][] = [
  [
    "three",
    "3:relu",
    "cross-entropy",
    `${NEEDS_SOFTMAX} "relu"`,
    "end --layers with 3:softmax, or use --loss mean-squared-error",
  ],
  ["three", "1:sigmoid", "cross-entropy", `${NEEDS_SOFTMAX} "sigmoid"`, "end --layers with 3:softmax"],
  [
    "three",
    "3:softmax",
    "huber",
    'Loss "huber" needs target values',
    "use --loss cross-entropy or mean-squared-error",
  ],
  ["three", "3:sigmoid", BCE, `Loss "${BCE}" needs target values`, "use --loss mean-squared-error"],
  [
    "two",
    "2:sigmoid",
    BCE,
    `Loss "${BCE}" needs target values`,
    "end --layers with 1:sigmoid, or use --loss mean-squared-error",
  ],
  ["two", "1:tanh", BCE, `Loss "${BCE}" needs a sigmoid output`, "end --layers with 1:sigmoid"],
  [
    "two",
    "1",
    "cross-entropy",
    "Cannot use set.npz: row 1 has label 1, the network has classes 0 to 0",
    "end --layers with 2:linear",
  ],
  [
    "several",
    "3:sigmoid",
    BCE,
    "its target rows have 2 values, the network needs 3",
    "end --layers with 2:sigmoid",
  ],
  [
    "several",
    "2:softmax",
    BCE,
    `Loss "${BCE}" needs a sigmoid output`,
    "end --layers with 2:sigmoid, or use --loss mean-squared-error or huber",
  ],
  [
    "several",
    "2",
    "cross-entropy",
    'row 1 has target values with the sum 2, loss "cross-entropy" needs class labels, or rows of probabilities',
    "use --loss mean-squared-error, binary-cross-entropy or huber",
  ],
  ["values", "1", "cross-entropy", "needs class labels", "use --loss mean-squared-error or huber"],
  ["values", "1:sigmoid", BCE, "row 0 has target value 100", "use --loss mean-squared-error or huber"],
];

for (const [kind, layers, loss, message, hint] of REFUSED) {
  Deno.test(`checkRun() refuses ${loss} of ${layers} for ${kind}, with a hint`, () => {
    const { mlp, config } = chooseRun(SETS[kind], { layers: parseLayers(layers), config: { loss } });
    const error = assertThrows(() => checkRun(mlp, SETS[kind], config.loss!), TaskError, message);
    assertEquals((error as TaskError).hint, hint);
  });
}

Deno.test("checkRun() accepts every choice of chooseRun()", () => {
  for (const dataset of Object.values(SETS)) {
    const { mlp, config } = chooseRun(dataset, { config: {} });
    checkRun(mlp, dataset, config.loss!);
  }
});

function notes(kind: keyof typeof SETS, given: Partial<TrainConfig> = {}): string[] {
  const { mlp, config } = chooseRun(SETS[kind], { config: given });
  return dataNotes(mlp, SETS[kind], resolveConfig(config));
}

Deno.test("dataNotes() returns the scaling of targets and the weights of classes", () => {
  const scaled = "targets  mean 250.0, deviation 111.8; standardized for training";
  assertEquals(notes("values"), [`${scaled} (--standardize-targets never turns this off)`]);
  assertEquals(notes("values", { standardizeTargets: "always" }), [scaled]);
  assertEquals(notes("values", { standardizeTargets: "never" }), []);
  assertEquals(notes("shares"), []);
  assertEquals(notes("three", { classWeights: "balanced" }), [
    "weights  rows of class 0 × 0.6667, 1 × 1.333, 2 × 1.333 in the gradient",
  ]);
  assertEquals(notes("three", { classWeights: "1,2,3" }), []);
  const held = { validationSplit: 0.5, seed: 1 };
  assertEquals(notes("values", held).length, 1);
  assertEquals(notes("values", held)[0] === notes("values")[0], false);
});

Deno.test("dataNotes() refuses options that do not fit the set, by their spelling on the command line", () => {
  const refuse = (kind: keyof typeof SETS, given: Partial<TrainConfig>, message: string) =>
    assertThrows(() => notes(kind, given), TaskError, message);
  refuse("three", { classWeights: "1,2" }, "--class-weights needs 3 weights, one a class, found 2");
  refuse("three", { classWeights: "1,1e39,1" }, "--class-weights needs numbers that fit into float32");
  refuse("values", { classWeights: "balanced" }, "--class-weights needs class labels");
  refuse("three", { standardizeTargets: "always" }, "--standardize-targets needs target values");
});
