/**
 * Lays the forward half of a network and the inputs it is to predict out in a memory of the kernels.
 * @module
 */
import type { Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan } from "../../plan/plan.ts";
import { rowCount, tensorOf } from "../state.ts";
import { createArena } from "../../workers/arena.ts";
import { placeInputs } from "./inputs.ts";
import type { KernelPool } from "./kernel_pool.ts";
import { placeRows, placeTensor, ROW_OP_KINDS } from "./network.ts";
import { padded } from "./panels.ts";
import { placeProgram } from "./program.ts";
import { type Fields, PROGRAM, type ROW_OP, writeRecord } from "./records.ts";

/** Rows whose activations are kept at a time. */
const BATCH = 512;

/** Inputs that are placed, with the network that predicts from them. */
export interface Prediction {
  /** Copies parameters in. */
  load(tensors: Tensors): void;
  /** Computes outputs `[N, O]`. */
  run(): Promise<Float32Array<ArrayBuffer>>;
  /** Releases the memory. */
  close(): void;
}

/** Lays everything out and copies the inputs in. */
export async function preparePrediction(
  pool: KernelPool,
  plan: ForwardPlan,
  inputs: Dataset["inputs"],
): Promise<Prediction> {
  const { gather, layers } = networkOf(plan), { inFeatures } = plan, inputScale = gather.scale;
  const count = rowCount(inputs, inFeatures), batch = Math.max(1, Math.min(BATCH, count));
  const arena = createArena();
  const placed = placeInputs(arena, inputs, { inFeatures, scale: inputScale, batch, train: false });
  const rowOps: Fields<typeof ROW_OP>[] = [];
  let a = 0, inner = inFeatures;
  if (!placed.sparse) {
    a = placeRows(arena, batch, inFeatures);
    const kind = inputs instanceof Uint8Array ? ROW_OP_KINDS.gatherBytes : ROW_OP_KINDS.gatherFloats;
    rowOps.push({ kind, z: a, columns: inFeatures, source: placed.source, scale: inputScale });
  }
  const parameters = layers.map(({ outFeatures, forward }, index) => {
    const sparse = index === 0 && placed.sparse;
    const weights = placeTensor(arena, [outFeatures, inner]), bias = placeTensor(arena, [outFeatures]);
    const z = placeRows(arena, batch, outFeatures);
    rowOps.push({
      kind: sparse ? ROW_OP_KINDS.sparseLinear : ROW_OP_KINDS.linear,
      activation: ACTIVATION_TABLE[forward.activation].number,
      a,
      w: weights.address,
      wStride: padded(inner),
      start: bias.address,
      z,
      inner,
      columns: outFeatures,
    });
    a = z;
    inner = outFeatures;
    return [[forward.weights, weights], [forward.bias, bias]] as const;
  });
  const outputs = arena.reserve(count * inner * 4);
  rowOps.push({ kind: ROW_OP_KINDS.output, a, z: outputs, columns: inner });
  const program = placeProgram(arena, {
    threads: pool.threads,
    batch,
    maxRows: count,
    rowOps,
    layers: [],
    fields: { ...placed.fields, count, steps: Math.ceil(count / batch) },
  });

  const memory = pool.createMemory(arena.bytes);
  placed.write(memory);
  program.write(memory);
  new Uint32Array(memory.buffer, program.order, count).forEach((_, row, order) => order[row] = row);
  const opened = await pool.open(memory);
  return {
    load(tensors) {
      for (const [name, place] of parameters.flat()) {
        place.write(memory, tensorOf(tensors, name, place.size));
      }
    },
    async run() {
      writeRecord(memory, program.address, PROGRAM, { step: 0, stop: 0, ended: 0 });
      if (count > 0) await opened.run(program.address);
      return Float32Array.from(new Float32Array(memory.buffer, outputs, count * inner));
    },
    close: opened.close,
  };
}
