/** A run continues on another backend: the network is that of the reference, but for rounding. */
import { assertLess } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";
import { backendTest, CPU, CUDA, EMULATED, REFERENCE, WASM, WEBGPU } from "../support/backends.ts";
import { BLOBS } from "../support/blobs.ts";
import { drawSet } from "../support/sets.ts";

/** One row of every backend. */
const ROWS = [REFERENCE, WASM[1] ?? WASM[0], CPU[1], EMULATED[2], CUDA[2], ...WEBGPU];

/** A run of 24 steps. */
interface Run {
  readonly set: Dataset;
  readonly layers: LayerSpec[];
  readonly options: TrainOptions;
}

const RUNS: Readonly<Record<string, Run>> = {
  "AdamW, dropout, averages, a schedule and clipping": {
    set: BLOBS,
    layers: [dense(8, "relu", { dropout: 0.2 }), dense(3, "softmax")],
    options: { optimizer: "adamw", average: 0.9, schedule: "cosine", warmupSteps: 5, clipNorm: 0.5 },
  },
  "RMSprop, a Huber loss and scaled inputs": {
    set: drawSet({ rows: 90, inFeatures: 4, outFeatures: 2, targets: true }),
    layers: [dense(8, "tanh"), dense(2)],
    options: { optimizer: "rmsprop", loss: "huber", inputScaling: "standardize" },
  },
};
const SETTINGS: TrainOptions = { epochs: 6, batchSize: 25, learningRate: 0.02, seed: 3 }, STEPS = 24;

/**
 * The largest difference of a parameter, as a part of the largest one of its array. Each step rounds the gradient and the
 * parameter to float32. Measured were at most 6.7e-7 for all pairs of backends, and this is 2.9e-6.
 */
const TOLERANCE = STEPS * 2 ** -23;

/** Trains half of the epochs on each of two backends, and returns the network. */
async function trainOnBoth({ set, layers, options }: Run, [first, second]: readonly Backend[]): Promise<Mlp> {
  const begun = Mlp.create(layers, set), settings = { ...SETTINGS, ...options };
  for await (const event of train(begun, set, { ...settings, backend: first })) {
    if (event.epoch < 3) continue;
    const resume = await parseCheckpoint(formatCheckpoint(event.checkpoint())), mlp = new Mlp(resume.mlp);
    await Array.fromAsync(train(mlp, set, { resume, backend: second }));
    return mlp;
  }
  throw new Error("The run has fewer than 3 epochs");
}

/** Returns the largest difference of a parameter, as a part of the largest one of its array. */
function differenceOf(one: Mlp, other: Mlp): number {
  const parts = Object.entries(one.parameters).map(([name, values]) => {
    let largest = 0, difference = 0;
    for (const [i, value] of values.entries()) {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs(value - other.parameters[name][i]));
    }
    return difference / largest;
  });
  return Math.max(...parts);
}

for (const [name, run] of Object.entries(RUNS)) {
  backendTest(
    `train() continues on another backend as the reference does, with ${name}`,
    ROWS,
    async (backend) => {
      await using reference = await openBackend("reference");
      await using wasm = await openBackend("wasm", { threads: 1 });
      const wanted = await trainOnBoth(run, [reference, reference]);
      for (const pair of [[reference, backend], [backend, reference], [wasm, backend], [backend, wasm]]) {
        assertLess(
          differenceOf(wanted, await trainOnBoth(run, pair)),
          TOLERANCE,
          pair.map(({ name }) => name).join(" to "),
        );
      }
    },
  );
}
