/** The networks and data sets on which the GPU is timed. @module */
import type { TrainState } from "../../src/backends/backend.ts";
import { persistentBuffers, sizeOf } from "../../src/backends/state.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { initialParameters } from "../../src/init.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import type { StepPlan } from "../../src/plan/plan.ts";
import { createRandom } from "../../src/random.ts";

/** The number of pixels of an image. */
export const PIXELS = 784;

/** The hidden layers of the default network. */
export const SMALL: readonly number[] = [128, 64];

/** The hidden layers of the large networks. */
export const LARGE: readonly (readonly number[])[] = [[4096, 4096], [2500, 2000, 1500, 1000, 500]];

/** Returns the name of a network, such as `784-128-64-10`. */
export function networkName(hidden: readonly number[]): string {
  return [PIXELS, ...hidden, 10].join("-");
}

/** Returns the layers of a network with these hidden widths. */
export function layersOf(hidden: readonly number[]): LayerSpec[] {
  return [...hidden.map((width) => dense(width, "relu")), dense(10, "softmax")];
}

/** Returns the number of weights, which is the number of multiplications for one image. */
export function weightsOf(hidden: readonly number[]): number {
  const widths = [PIXELS, ...hidden, 10];
  return widths.slice(1).reduce((sum, width, layer) => sum + width * widths[layer], 0);
}

/**
 * Creates random images with the same share of zeros as MNIST, and random labels. The timings do not depend on the
 * values.
 */
export function drawImages(rows: number): Dataset {
  const random = createRandom(1, 1), inputs = new Uint8Array(rows * PIXELS), labels = new Uint32Array(rows);
  for (let at = 0; at < inputs.length; at++) if (random.next() < 0.19) inputs[at] = 1 + random.below(255);
  for (let row = 0; row < rows; row++) labels[row] = random.below(10);
  return {
    inputs,
    inputShape: [28, 28],
    inputScale: 1 / 255,
    labels,
    outFeatures: 10,
    source: "drawn images",
  };
}

/** Returns a training step with Adam's default settings, and its initial state. */
export function trainingOf(
  hidden: readonly number[],
  batchSize: number,
): { readonly plan: StepPlan; readonly state: TrainState } {
  const layers = layersOf(hidden);
  const input = { inFeatures: PIXELS, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  const plan = buildPlan(layers, resolveConfig({ batchSize }), input);
  const parameters = initialParameters(PIXELS, layers, { init: "he", seed: 1 });
  const tensors = persistentBuffers(plan).map((buffer) =>
    [buffer.name, parameters[buffer.name] ?? new Float32Array(sizeOf(buffer, 0))] as const
  );
  return { plan, state: { step: 0, tensors: Object.fromEntries(tensors) } };
}
