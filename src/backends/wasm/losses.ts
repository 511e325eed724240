/** Builds the records of a loss. @module */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import { LOSS_OPS, lossInputOf, lossSettingsOf } from "../../plan/losses.ts";
import type { LossOp } from "../../plan/plan.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Arena } from "../../workers/arena.ts";
import type { AddressOf } from "./network.ts";
import { type Fields, type ROW_OP, ROW_OP_KINDS } from "./records.ts";

/** Labels or targets and row weights for which memory is reserved. */
export interface PlacedTargets {
  /** The address of labels `[N]`; 0 if there are none. */
  readonly labels: number;
  /** The address of targets `[N, O]`; 0 if there are none. */
  readonly targets: number;
  /** The address of row weights `[N]`; 0 if there are none. */
  readonly weights: number;
  /** Copies them into the memory. */
  write(memory: WebAssembly.Memory): void;
}

/** Reserves memory for the labels or targets and the row weights of a data set. */
export function placeTargets(arena: Arena, { labels, targets, weights }: Dataset): PlacedTargets {
  const place = (values: Uint32Array | Float32Array | undefined) =>
    values ? arena.reserve(values.byteLength + 16) : 0; // kernels read 16 bytes at a time
  const placed = { labels: place(labels), targets: place(targets), weights: place(weights) };
  return {
    ...placed,
    write({ buffer }) {
      if (labels) new Uint32Array(buffer, placed.labels, labels.length).set(labels);
      if (targets) new Float32Array(buffer, placed.targets, targets.length).set(targets);
      if (weights) new Float32Array(buffer, placed.weights, weights.length).set(weights);
    },
  };
}

/** Returns the row operations of a loss over `outFeatures` outputs; row weights are a second operation. */
export function lossRecords(
  op: LossOp,
  { outFeatures, addressOf, placed }: {
    readonly outFeatures: number;
    readonly addressOf: AddressOf;
    readonly placed: PlacedTargets;
  },
): Fields<typeof ROW_OP>[] {
  const gradient = { result: addressOf(op.dZ), columns: outFeatures };
  const loss = {
    kind: ROW_OP_KINDS.loss,
    loss: LOSS_OPS[op.op].number,
    ...gradient,
    a: addressOf(lossInputOf(op)),
    ...("activation" in op && { z: addressOf(op.z), activation: ACTIVATION_TABLE[op.activation].number }),
    labels: placed.labels,
    source: placed.targets,
    scale: lossSettingsOf(op)[0] ?? 0,
  };
  if (op.rowWeights === undefined) return [loss];
  return [loss, { kind: ROW_OP_KINDS.weigh, ...gradient, source: placed.weights }];
}
