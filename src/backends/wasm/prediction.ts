/**
 * Places a network's forward pass and its inputs in a memory of the kernels.
 * @module
 */
import type { Tensors } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { networkOf } from "../../plan/network.ts";
import type { ForwardPlan } from "../../plan/plan.ts";
import { rowCount, tensorOf } from "../state.ts";
import { createArena } from "../../workers/arena.ts";
import { placeInputs } from "./inputs.ts";
import type { KernelPool } from "./kernel_pool.ts";
import { forwardRecords, placeBatch, placeParameters } from "./network.ts";
import { placeProgram } from "./program.ts";
import { PROGRAM, ROW_OP_KINDS, writeRecord } from "./records.ts";

/** Rows in each batch, at most. */
const BATCH = 512;

/** A network's forward pass over placed inputs. */
export interface Prediction {
  /** Copies parameters in. */
  load(tensors: Tensors): void;
  /** Computes outputs `[N, O]`. */
  run(): Promise<Float32Array<ArrayBuffer>>;
  /** Releases the memory. */
  close(): void;
}

/** Places a forward pass and copies the inputs in. */
export async function preparePrediction(
  pool: KernelPool,
  plan: ForwardPlan,
  inputs: Dataset["inputs"],
): Promise<Prediction> {
  const network = networkOf(plan), { inFeatures, outFeatures } = plan;
  const count = rowCount(inputs, inFeatures), batch = Math.max(1, Math.min(BATCH, count));
  const arena = createArena();
  const placed = placeInputs(arena, inputs, {
    inFeatures,
    scale: network.gather.scale,
    batch,
    train: false,
  });
  const { tensors } = placeParameters(arena, network);
  const addressOf = placeBatch(arena, network, { batch, inputs: placed, tensors });
  const outputs = arena.reserve(count * outFeatures * 4), last = network.layers.at(-1)!.forward;
  const rowOps = [
    // A prediction has no dropout.
    ...forwardRecords(network, { values: inputs, inputs: placed, addressOf, placeMask: () => 0 }),
    { kind: ROW_OP_KINDS.output, a: addressOf(last.y), result: outputs, columns: outFeatures },
  ];
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
    load(parameters) {
      for (const [name, place] of tensors) place.write(memory, tensorOf(parameters, name, place.size));
    },
    async run() {
      writeRecord(memory, program.address, PROGRAM, { step: 0, stop: 0, ended: 0 });
      if (count > 0) await opened.run(program.address);
      return Float32Array.from(new Float32Array(memory.buffer, outputs, count * outFeatures));
    },
    close: opened.close,
  };
}
