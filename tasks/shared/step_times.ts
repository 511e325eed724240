/** The time of a training step on the backends of this machine, for the learning page. @module */
import { type BackendName, openBackend } from "../../src/backends/open.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { BackendError } from "../../src/errors.ts";
import { STEP_BACKENDS, type StepTime, type StepTimes } from "../../src/gui/learn/step_times.ts";
import type { Mlp } from "../../src/mlp.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Screen } from "../terminal/screen.ts";

/** The rows of a step, those of docs/learn.md, and the steps of an epoch that is timed. */
const ROWS = 128, STEPS = 20;
/** The timed epochs, after one that is not, and the milliseconds after which no further one begins. */
const EPOCHS = 5, MOST = 2000;

/** Measures a step on each backend whose language the page shows and cannot run. */
export async function measureSteps(
  mlp: Mlp,
  { screen, signal }: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<StepTimes> {
  const times: Record<string, StepTime> = {};
  for (const [language, name] of Object.entries(STEP_BACKENDS)) {
    signal.throwIfAborted();
    screen.progress(`measuring a step on ${name}`);
    times[language] = await measureStep(mlp, name);
  }
  screen.clear();
  for (const [language, time] of Object.entries(times)) {
    screen.note(
      "reason" in time
        ? `${language.padEnd(8)} not measured: ${time.reason}`
        : `${language.padEnd(8)} ${
          time.milliseconds.toPrecision(2)
        } ms a step of ${ROWS} rows on ${time.device}`,
    );
  }
  return times;
}

/** Measures a step of SGD on one backend: the shortest mean of an epoch. */
export async function measureStep(mlp: Mlp, name: BackendName): Promise<StepTime> {
  try {
    await using backend = await openBackend(name);
    const { inputScale, layers } = mlp, rows = denseRows(mlp), { outFeatures } = rows;
    const input = { inFeatures: rows.inputs.length / (ROWS * STEPS), inputScale, labels: true, outFeatures };
    const plan = buildPlan(layers, resolveConfig({ optimizer: "sgd", batchSize: ROWS }), input);
    const tensors = Object.fromEntries(
      Object.entries(mlp.parameters).map(([name, values]) => [name, Float32Array.from(values)]),
    );
    await using trainer = await backend.createTrainer(plan, rows, { step: 0, tensors });
    const order = Uint32Array.from({ length: ROWS * STEPS }, (_, row) => row);
    const rates = new Float64Array(STEPS); // of 0, so that the numbers stay what they are
    await trainer.runEpoch(order, rates);
    let least = Infinity;
    const begin = performance.now();
    for (let epoch = 0; epoch < EPOCHS && performance.now() - begin < MOST; epoch++) {
      const start = performance.now();
      await trainer.runEpoch(order, rates);
      least = Math.min(least, (performance.now() - start) / STEPS);
    }
    return { milliseconds: least, device: `${name}, ${backend.device}` };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { reason: `the backend ${name} does not open here; \`deno task info\` says why` };
  }
}

/** Returns rows of bytes without zeros, so that no kernel can skip them. */
function denseRows({ inputShape, inputScale, layers }: Mlp): Dataset {
  const count = ROWS * STEPS, length = inputShape.reduce((a, b) => a * b);
  const { outFeatures } = layers[layers.length - 1];
  return {
    inputs: Uint8Array.from({ length: count * length }, (_, i) => 1 + 37 * i % 255),
    labels: Uint32Array.from({ length: count }, (_, row) => row % outFeatures),
    ...{ inputShape, inputScale, outFeatures, source: "numbers for a measurement" },
  };
}
