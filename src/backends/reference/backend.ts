/**
 * The reference backend. It runs the operations of a plan one after the other, in float64, on the calling thread. It is
 * written to be clear, not fast, and defines the results that the other backends must compute.
 * @module
 */
import type { Backend, Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ForwardPlan, StepPlan } from "../../plan/plan.ts";
import { createBackend } from "../lifecycle.ts";
import { persistentBuffers } from "../state.ts";
import type { PredictorWork, TrainerWork } from "../work.ts";
import { predict } from "./forward.ts";
import { allocateBuffers, runOps } from "./step.ts";

/** Milliseconds of computation after which the event loop may run other tasks. */
const TURN_MS = 20;

/** Opens the reference backend. */
export function openReference(): Backend {
  return createBackend({
    name: "reference",
    fields: () => ({ device: "CPU, one thread, float64" }),
    createTrainer,
    createPredictor,
    close() {},
  });
}

function createTrainer(plan: StepPlan, given: Dataset): TrainerWork {
  const buffers = allocateBuffers(plan, plan.batchSize), persistent = persistentBuffers(plan);
  const { labels, targets, weights } = given;
  let dataset = { inputs: given.inputs.slice(), labels, targets, weights }, stepsDone = 0;
  let busy = 0; // milliseconds of computation since other tasks could run, in all epochs: one can be short
  return {
    get stepsDone() {
      return stepsDone;
    },
    async runEpoch({ order, rates, step, signal }) {
      let lossSum = 0, correct = 0, rows = 0, diverged = false;
      for (stepsDone = 0; stepsDone < rates.length && !signal.aborted && !diverged;) {
        const begun = performance.now();
        const from = stepsDone * plan.batchSize, batch = order.subarray(from, from + plan.batchSize);
        const learningRate = rates[stepsDone++];
        const sums = runOps(plan.ops, buffers, {
          dataset,
          rows: batch,
          learningRate,
          step: step + stepsDone,
        });
        lossSum += sums.lossSum;
        correct += sums.correct;
        rows += batch.length;
        diverged = !Number.isFinite(sums.lossSum);
        busy += performance.now() - begun;
        if (busy < TURN_MS) continue;
        busy = 0;
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return { lossSum, correct, rows, steps: stepsDone, diverged };
    },
    readTensors: () => Object.fromEntries(persistent.map(({ name }) => [name, buffers[name].values.slice()])),
    writeTensors(tensors) {
      for (const { name } of persistent) buffers[name].values.set(tensors[name]);
    },
    writeInputs(inputs) {
      dataset = { ...dataset, inputs: inputs.slice() };
    },
    close() {},
  };
}

function createPredictor(plan: ForwardPlan): PredictorWork {
  let parameters: Tensors = {}, placed: Dataset["inputs"] = new Float32Array();
  return {
    load(tensors) {
      parameters = tensors;
    },
    place(inputs) {
      placed = inputs.slice();
    },
    run: () => Promise.resolve(predict(plan, parameters, placed)),
    close() {},
  };
}
