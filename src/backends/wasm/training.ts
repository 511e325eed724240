/**
 * Places a plan and its data set in a memory of the kernels.
 * @module
 */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import { networkOf, type PlanLayer, type TrainedLayer } from "../../plan/network.ts";
import { statesOf, UPDATES } from "../../plan/optimizers.ts";
import type { BufferName, StepPlan, UpdateOp } from "../../plan/plan.ts";
import type { Tensors } from "../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import { BackendError } from "../../errors.ts";
import { updateOf } from "../state.ts";
import { createArena } from "../../workers/arena.ts";
import { placeInputs } from "./inputs.ts";
import type { KernelPool } from "./kernel_pool.ts";
import { lossRecords, placeTargets } from "./losses.ts";
import { placeMasks } from "./masks.ts";
import { forwardRecords, placeBatch, type PlacedTensor, placeParameters, placeRows } from "./network.ts";
import { padded } from "./panels.ts";
import { type PlacedProgram, placeProgram } from "./program.ts";
import { type Fields, type ROW_OP, ROW_OP_KINDS } from "./records.ts";

/** A plan in a memory, ready to run. */
export interface Training {
  readonly memory: WebAssembly.Memory;
  readonly program: PlacedProgram;
  /** Parameters and optimizer state by name. */
  readonly tensors: ReadonlyMap<BufferName, PlacedTensor>;
  /** The addresses of layers whose transposed weights must be computed after the host has written parameters. */
  readonly transposed: readonly number[];
  /** The update that every parameter gets. */
  readonly update: UpdateOp;
  /**
   * Copies in other inputs of the same kind and number. Returns `false`, without copying, if they need another layout.
   */
  replaceInputs(inputs: Dataset["inputs"]): boolean;
}

/** Places a plan, and copies its data set in. */
export function prepareTraining(
  plan: StepPlan,
  dataset: Dataset,
  pool: Pick<KernelPool, "threads" | "createMemory">,
): Training {
  const network = networkOf(plan), { gather, layers, loss, clip } = network, { inFeatures, batchSize } = plan;
  const update = updateOf("wasm", plan);
  const averageDecay = averageDecayOf(layers);
  const arena = createArena();
  const { tensors, stateDistance } = placeParameters(arena, network);
  const inputs = placeInputs(arena, dataset.inputs, {
    inFeatures,
    scale: gather.scale,
    batch: batchSize,
    train: true,
  });
  const targets = placeTargets(arena, dataset);
  const addressOf = placeBatch(arena, network, { batch: batchSize, inputs, tensors });
  const masks = placeMasks(arena);
  const transposed = layers.map(({ inFeatures, outFeatures, backwardInput }) =>
    backwardInput ? placeRows(arena, padded(outFeatures), inFeatures) : 0
  );

  const backwardRecord = (layer: PlanLayer, index: number): Fields<typeof ROW_OP> | undefined => {
    const { inFeatures, outFeatures, backwardInput: op } = layer;
    return op && {
      kind: ROW_OP_KINDS.backwardInput,
      activation: ACTIVATION_TABLE[op.activation].number,
      a: addressOf(op.dZ),
      w: transposed[index],
      wStride: padded(outFeatures),
      result: addressOf(op.dX),
      inner: outFeatures,
      columns: inFeatures,
      y: addressOf(op.x),
      z: addressOf(op.z),
      mask: masks.place(op.mask),
    };
  };

  const layerRecords = layers.map(({ inFeatures, outFeatures, forward, training }, index) => ({
    x: addressOf(forward.x),
    dZ: addressOf(training.gradient.dZ),
    inner: inFeatures,
    columns: outFeatures,
    wStride: padded(inFeatures),
    w: addressOf(forward.weights),
    bias: addressOf(forward.bias),
    t: transposed[index],
    tStride: padded(outFeatures),
    g: clip ? placeRows(arena, padded(inFeatures), outFeatures) : 0,
    biasG: clip ? placeRows(arena, 1, outFeatures) : 0,
  }));

  const program = placeProgram(arena, {
    threads: pool.threads,
    batch: batchSize,
    maxRows: countOf(dataset),
    rowOps: [
      ...forwardRecords(network, { values: dataset.inputs, inputs, addressOf, placeMask: masks.place }),
      ...lossRecords(loss, { outFeatures: plan.outFeatures, addressOf, placed: targets }),
      ...layers.map(backwardRecord).filter((record) => record !== undefined).reverse(),
    ],
    layers: layerRecords,
    fields: {
      ...inputs.fields,
      update: UPDATES[update.op].number,
      stateDistance,
      clipNorm: clip?.maxNorm ?? 0,
      ...inputs.sparse && { entryMask: masks.place(layers[0].dropout?.mask) },
      ...averageDecay > 0 && {
        averageDistance: (1 + statesOf(update).length) * stateDistance,
        averageDecay,
        oneMinusAverageDecay: 1 - averageDecay,
      },
    },
  });

  const memory = pool.createMemory(arena.bytes);
  inputs.write(memory);
  targets.write(memory);
  program.write(memory);
  masks.write(memory);
  return {
    memory,
    program,
    tensors,
    transposed: program.layers.filter((_, index) => transposed[index] !== 0),
    update,
    replaceInputs: (others) => inputs.replace(memory, others),
  };
}

/**
 * Returns the decay of the averages of parameters; 0 without averages.
 *
 * @throws {BackendError} if the averages of parameters have different decays
 */
function averageDecayOf(layers: readonly TrainedLayer[]): number {
  const decays = layers.flatMap(({ training: { averages } }) =>
    averages ? [averages.weights.decay, averages.bias.decay] : []
  );
  const [first = 0] = decays;
  if (decays.every((decay) => decay === first)) return first;
  throw new BackendError(
    `Backend "wasm" needs averages with the same decay for every parameter, found ${decays.join(", ")}`,
    { backend: "wasm", code: "unsupported" },
  );
}

/** Copies the state's tensors in. */
export function loadTensors({ memory, tensors: places }: Training, tensors: Tensors): void {
  for (const [name, place] of places) place.write(memory, tensors[name]);
}

/** Copies the state's tensors out. */
export function readTensors({ memory, tensors }: Training): Tensors {
  return Object.fromEntries([...tensors].map(([name, place]) => [name, place.read(memory)]));
}
