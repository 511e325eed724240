/** The learning page for `deno task learn` and `deno task export --learn`. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { formatLearnPage, type LearnPage } from "../../src/gui/learn/page.ts";
import { checkLearnable, MOST_ROWS } from "../../src/gui/learn/pack_data.ts";
import { classNamesOf } from "../../src/gui/network/shown_network.ts";
import { Mlp } from "../../src/mlp.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { drawOn } from "./data.ts";
import { TaskError } from "../terminal/errors.ts";
import type { StepTimes } from "../../src/gui/learn/step_times.ts";
import { accuracy, count } from "../terminal/numbers.ts";
import type { Screen } from "../terminal/screen.ts";
import { networkText } from "./training.ts";

/** The network that is trained if there is none, small enough for a page of 250 KB. */
export const SMALL = { layers: "32:relu,16:relu,10:softmax", digits: 20_000, epochs: 8 } as const;

/** The terminal of the task. */
interface Terminal {
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** A network with its origin, for a person. */
export interface LearnNetwork {
  readonly mlp: Mlp;
  readonly origin: string;
}

/** Trains the small network on drawn digits. */
export async function trainSmall({ screen, signal }: Terminal): Promise<LearnNetwork> {
  const { layers, digits, epochs } = SMALL;
  screen.note(`drawing ${count(digits)} digits, and training ${layers} on them for ${epochs} epochs`);
  const sets = await drawOn({ screen, signal }, { count: digits, testCount: 1000 });
  await using backend = await openWasm();
  const mlp = Mlp.create(parseLayers(layers), sets.train);
  const onProgress = ({ epoch }: { epoch: number }) =>
    screen.progress(`training: epoch ${epoch} of ${epochs}`);
  let tested = "";
  try {
    for await (
      const { test } of train(mlp, sets.train, { backend, epochs, signal, test: sets.test, onProgress })
    ) {
      if (test?.accuracy !== undefined) tested = accuracy(test.accuracy, test.accuracyInterval!);
    }
  } finally {
    screen.clear();
  }
  signal.throwIfAborted();
  screen.note(`accuracy ${tested} on other drawn digits`);
  return { mlp, origin: `trained on ${count(digits)} drawn digits for ${epochs} epochs, not saved` };
}

/**
 * Makes the page.
 *
 * @param terminal `steps` are the times of steps on this machine
 * @param rows the test rows; drawn digits if absent
 * @throws {TaskError} if there are no rows for the classes of the network
 */
export async function learnPage(
  { mlp, origin }: LearnNetwork,
  rows: Dataset | undefined,
  { screen, signal, steps }: Terminal & { readonly steps?: StepTimes },
): Promise<LearnPage> {
  checkLearnable(mlp);
  if (rows === undefined && classNamesOf(mlp).join("") !== "0123456789") {
    throw new TaskError("Cannot make the learning page: the classes of this network are not the digits", {
      hint: "use `export MODEL --learn --data` with a data set of its classes",
    });
  }
  if (rows && !rows.labels) throw new TaskError("Cannot make the learning page: the data set has no labels");
  screen.note(`network  ${networkText(mlp)}`);
  const shown = rows ?? drawDigits({ count: 1, testCount: MOST_ROWS, seed: 2 }).test!;
  const page = await formatLearnPage(mlp, { rows: shown, origin, steps, signal });
  const { precision, changed } = page.packed;
  if (precision === "float32") {
    screen.note(
      `weights  float32, because as float16 ${count(changed)} of ${
        count(page.testRows)
      } predictions would change`,
    );
  }
  return page;
}
