/**
 * A training step on one row, operation by operation, as the learning page shows it. The operations are those of the backend
 * `reference`, or of its copy with one mistake.
 * @module
 */
import { activate } from "../../../backends/reference/activations.ts";
import { type Matrix, rowOf } from "../../../backends/reference/ops.ts";
import { allocateBuffers, runOps, type Step } from "../../../backends/reference/step.ts";
import { buildPlan } from "../../../plan/build.ts";
import { formatPlan, shortOf } from "../../../plan/format.ts";
import { layerBuffer, type LayerSpec } from "../../../plan/layers.ts";
import { isLoss } from "../../../plan/losses.ts";
import { isUpdate } from "../../../plan/optimizers.ts";
import type { BufferName, Op, StepPlan } from "../../../plan/plan.ts";
import { resolveConfig } from "../../../training/config.ts";
import { broken } from "./broken.ts";
import { runOps as runBrokenOps } from "./broken/step.ts";
import type { MutantName } from "./mutants.ts";
import { usesOf } from "./uses.ts";

/** A network for classes, with its parameters. */
export interface LessonNetwork {
  readonly inFeatures: number;
  readonly inputScale: number;
  readonly layers: readonly LayerSpec[];
  readonly parameters: Readonly<Record<BufferName, ArrayLike<number>>>;
}

/** The settings of a step. */
export interface LessonSettings {
  readonly optimizer: "sgd" | "adam";
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The mistake that the step has; absent for none. */
  readonly mutant?: MutantName;
}

/** Rows `[N, I]` with their labels `[N]`. */
export interface LessonRows {
  readonly inputs: Uint8Array | Float32Array;
  readonly labels: Uint32Array;
}

/** A buffer after an operation. */
export interface TracedTensor {
  /** The name in formulas, such as `dW1`. */
  readonly name: string;
  readonly buffer: BufferName;
  /** `[1, O]`, `[O, I]`, `[O]` or `[1]`. */
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** The numbers before the operation, of a parameter that it changes. */
  readonly before?: Float64Array;
}

/** An operation that was run. */
export interface TracedOp {
  readonly op: Op;
  /** Its line of `explain`. */
  readonly line: string;
  readonly reads: readonly TracedTensor[];
  readonly writes: readonly TracedTensor[];
  /** The mean loss, if it computes the loss. */
  readonly loss?: number;
}

/** The loss of rows, the number of correct ones, and the units that are on. */
export interface LessonLoss {
  /** The mean over the rows. */
  readonly loss: number;
  readonly correct: number;
}

/** A network that learns step by step. */
export interface Lesson {
  readonly network: LessonNetwork;
  /** The number of steps so far. */
  readonly steps: number;
  /** Returns the plan of a step. */
  planOf(settings: LessonSettings, batchSize?: number): StepPlan;
  /** Runs a step, without changing the network, and returns its operations. */
  trace(settings: LessonSettings, rows: LessonRows): TracedOp[];
  /** Runs steps on the same rows, and changes the network. */
  step(settings: LessonSettings, rows: LessonRows, count: number): void;
  /** Makes the network the one that was given, with a new state of the optimizer. */
  reset(): void;
  /** Returns the loss of rows. */
  lossOf(rows: LessonRows): LessonLoss;
  /** Returns the loss of each row. */
  lossesOf(rows: LessonRows): number[];
  /** Returns the probabilities `[C]` of a row. */
  probabilitiesOf(inputs: LessonRows["inputs"]): Float64Array;
  /** Returns buffers with the network's parameters and state, which the caller may change. */
  buffersOf(plan: StepPlan, rows: number): Record<BufferName, Matrix>;
}

/** Runs operations of the reference, or of its copy with a mistake. */
export function runWith(
  mutant: MutantName | undefined,
  ops: readonly Op[],
  buffers: Record<BufferName, Matrix>,
  step: Step,
) {
  broken.by = mutant;
  try {
    return (mutant === undefined ? runOps : runBrokenOps)(ops, buffers, step);
  } finally {
    broken.by = undefined;
  }
}

/** Returns a step on rows. */
export function stepOn(rows: LessonRows, learningRate: number, step: number): Step {
  return { dataset: rows, rows: Uint32Array.from(rows.labels, (_, row) => row), learningRate, step };
}

/** Returns the operations up to the loss. */
export function forwardOps({ ops }: StepPlan): readonly Op[] {
  return ops.slice(0, ops.findIndex(isLoss) + 1);
}

/** Creates a lesson. */
export function createLesson(network: LessonNetwork): Lesson {
  const { layers, inFeatures, inputScale } = network, outFeatures = layers[layers.length - 1].outFeatures;
  /** The parameters, and the states of the optimizers. */
  let kept = new Map<BufferName, Float64Array>(), steps = 0, optimizer: string | undefined;
  const reset = () => {
    kept = new Map(
      Object.entries(network.parameters).map(([name, values]) => [name, Float64Array.from(values)]),
    );
    [steps, optimizer] = [0, undefined];
  };
  reset();

  const planOf = ({ mutant, ...settings }: LessonSettings, batchSize = 1): StepPlan => {
    const input = { inFeatures, inputScale, labels: true, outFeatures };
    const plan = buildPlan(layers, resolveConfig({ ...settings, batchSize }), input);
    return mutant === "W2 updated before dZ1" ? withEarlyUpdate(plan) : plan;
  };
  const buffersOf = (plan: StepPlan, rows: number) => {
    const buffers = allocateBuffers(plan, rows);
    for (const [name, values] of kept) buffers[name]?.values.set(values);
    return buffers;
  };
  /** Begins with new states if the optimizer is another one. */
  const prepare = (settings: LessonSettings) => {
    if (settings.optimizer === optimizer) return;
    for (const name of kept.keys()) if (!Object.hasOwn(network.parameters, name)) kept.delete(name);
    [steps, optimizer] = [0, settings.optimizer];
  };
  /** Runs the operations up to the loss, with their buffers only. */
  const evaluate = (rows: LessonRows) => {
    const plan = planOf({ optimizer: "sgd", learningRate: 0, weightDecay: 0 }), ops = forwardOps(plan);
    const used = new Set(ops.flatMap((op) => Object.values(usesOf(op)).flat())), count = rows.labels.length;
    const forward = { ...plan, buffers: plan.buffers.filter(({ name }) => used.has(name)) };
    const buffers = buffersOf(forward, count);
    return { buffers, sums: runOps(ops, buffers, stepOn(rows, 0, 1)), count };
  };

  return {
    network,
    get steps() {
      return steps;
    },
    planOf,
    buffersOf,
    reset,
    trace(settings, rows) {
      prepare(settings);
      const plan = planOf(settings, rows.labels.length), buffers = buffersOf(plan, rows.labels.length);
      const lines = formatPlan(plan).split("\n").slice(1),
        step = stepOn(rows, settings.learningRate, steps + 1);
      const shapes = new Map(
        plan.buffers.map(({ name, shape }) => [name, shape.map((n) => n === "B" ? rows.labels.length : n)]),
      );
      /** The newest copy of each buffer. */
      const copies = new Map<BufferName, Float64Array>();
      const copyOf = (buffer: BufferName) => {
        const copy = copies.get(buffer) ?? buffers[buffer].values.slice();
        copies.set(buffer, copy);
        return copy;
      };
      const tensorOf = (buffer: BufferName): TracedTensor => {
        return { name: nameOf(buffer), buffer, shape: shapes.get(buffer)!, values: copyOf(buffer) };
      };
      return plan.ops.map((op, at) => {
        const { reads, writes } = usesOf(op), known = reads.map(tensorOf);
        const before = writes.map((buffer) => isUpdate(op) ? { before: copyOf(buffer) } : {});
        const { lossSum } = runWith(settings.mutant, [op], buffers, step);
        for (const buffer of writes) copies.delete(buffer);
        return {
          ...{ op, line: lines[at].trim(), reads: known },
          writes: writes.map((buffer, i) => ({ ...tensorOf(buffer), ...before[i] })),
          ...isLoss(op) && { loss: lossSum / rows.labels.length },
        };
      });
    },
    step(settings, rows, count) {
      prepare(settings);
      const plan = planOf(settings, rows.labels.length), buffers = buffersOf(plan, rows.labels.length);
      for (let i = 0; i < count; i++) {
        steps++;
        runWith(settings.mutant, plan.ops, buffers, stepOn(rows, settings.learningRate, steps));
      }
      for (const { name, role } of plan.buffers) {
        if (role === "parameter" || role === "state") kept.set(name, buffers[name].values.slice());
      }
    },
    lossOf(rows) {
      const { sums, count } = evaluate(rows);
      return { loss: sums.lossSum / count, correct: sums.correct };
    },
    lossesOf(rows) {
      const { buffers } = evaluate(rows), logits = buffers[layerBuffer(layers.length - 1, "y")];
      return Array.from(rows.labels, (label, row) => {
        const p = rowOf(logits, row);
        activate(p, "softmax");
        return -Math.log(p[label]);
      });
    },
    probabilitiesOf(inputs) {
      const { buffers } = evaluate({ inputs, labels: Uint32Array.of(0) });
      const logits = buffers[layerBuffer(layers.length - 1, "y")].values.slice();
      activate(logits, "softmax");
      return logits;
    },
  };
}

/** Returns the name of a buffer in formulas; states get the name of their parameter. */
function nameOf(buffer: BufferName): string {
  const [, parameter, state] = /^(.+)\.(m|v|velocity)$/.exec(buffer) ?? [];
  return parameter === undefined ? shortOf(buffer) : `${state} of ${shortOf(parameter)}`;
}

/** Returns the plan with the gradient and the update of W2 before the operation that computes dZ1. */
function withEarlyUpdate(plan: StepPlan): StepPlan {
  const [weights, gradient, dZ] = [
    layerBuffer(1, "weights"),
    layerBuffer(1, "dWeights"),
    layerBuffer(0, "dZ"),
  ];
  const isMoved = (op: Op) =>
    op.op === "linearBackwardWeight" && op.dWeights === gradient || isUpdate(op) && op.parameter === weights;
  const moved = plan.ops.filter(isMoved), others = plan.ops.filter((op) => !isMoved(op));
  const at = others.findIndex((op) => op.op === "linearBackwardInput" && op.dX === dZ);
  return { ...plan, ops: at < 0 ? plan.ops : others.toSpliced(at, 0, ...moved) };
}
