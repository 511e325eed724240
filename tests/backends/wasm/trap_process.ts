/**
 * Runs as a process of `trap_test.ts`: makes a kernel trap, or closes the backend during a long epoch, then closes everything
 * and prints the part that the message of the failed call names. The process must end without help.
 */
import { createAugmenter } from "../../../src/augment/augmenter.ts";
import { openWasm } from "../../../src/backends/wasm/backend.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { resolveConfig } from "../../../src/training/config.ts";
import { dense } from "../../../src/plan/layers.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawSet } from "../../support/sets.ts";
import { inOrder, startState } from "../../support/states.ts";
import { type Traps, withTraps } from "../../support/traps.ts";

const [failing, count] = Deno.args, threads = Number(count);

/** Creates a trainer with so many rows, rows in each step, and hidden units. */
async function createTrainer({ rows, batchSize, units }: { rows: number; batchSize: number; units: number }) {
  const layers = [dense(units, "relu"), dense(units, "relu"), dense(3)];
  const dataset = drawSet({ rows, inFeatures: 4, outFeatures: 3 });
  const input = { inFeatures: 4, inputScale: 1, labels: true, outFeatures: 3 };
  const plan = buildPlan(layers, resolveConfig({ batchSize }), input);
  const parameters = drawParameters(4, layers, 1);
  const backend = await openWasm({ threads, shared: true });
  const trainer = await backend.createTrainer(plan, dataset, startState(plan, parameters));
  const rates = new Float64Array(Math.ceil(rows / batchSize)).fill(1e-6);
  return { backend, layers, dataset, parameters, trainer, run: () => trainer.runEpoch(inOrder(rows), rates) };
}

/** For each first argument, starts the call that fails and returns it, with a function that closes everything. */
const CALLS: Record<string, (traps: Traps) => Promise<[call: Promise<unknown>, close: () => unknown]>> = {
  async trainer(traps) {
    const { backend, run } = await createTrainer({ rows: 64, batchSize: 8, units: 5 });
    traps.next();
    return [run(), backend.close];
  },
  async predictor(traps) {
    const { backend, layers, dataset, parameters } = await createTrainer({ rows: 8, batchSize: 8, units: 5 });
    const predictor = await backend.createPredictor({ inFeatures: 4, layers, inputScale: 1 }, parameters);
    await predictor.place(dataset.inputs);
    traps.next();
    return [predictor.run(), backend.close];
  },
  async augmenter(traps) {
    const rows = 20_000, inputs = new Uint8Array(rows * 784).fill(200);
    const augmenter = await createAugmenter({
      ...{ inputs, inputShape: [28, 28], inputScale: 1, labels: new Uint32Array(rows) },
      ...{ outFeatures: 1, source: "gray images" },
    }, { seed: 1, threads, shared: true });
    traps.next();
    return [augmenter.inputsOf(1), augmenter.close];
  },
  async closed() {
    // Some minutes of work.
    const { backend, run } = await createTrainer({ rows: 1_000_000, batchSize: 64, units: 512 });
    const call = run();
    await new Promise((resolve) => setTimeout(resolve, 200));
    setTimeout(backend.close, 0);
    return [call, () => {}];
  },
};

await withTraps(async (traps) => {
  const [call, close] = await CALLS[failing](traps);
  const message = await call.then(() => "nothing failed", (error) => error.message);
  await close();
  console.log(JSON.stringify(/[Bb]ackend "wasm"|Cannot augment/.exec(message)?.[0].toLowerCase() ?? message));
});
