/** The kind of arguments that are checkpoints. @module */
import { NETWORK, TENSORS, THRESHOLDS } from "../argument_kinds.ts";
import { fields, FINITE, type Kind, TEXT, whole } from "../arguments.ts";
import { optionKinds } from "../plan/option.ts";
import { TRAIN_OPTIONS } from "./config.ts";

const PROGRESS = fields({
  epoch: whole(1),
  stepsDone: whole(),
  sums: fields({ lossSum: FINITE, correct: whole(), rows: whole() }),
  step: whole(),
}, { best: fields({ epoch: whole(1), loss: FINITE }, { thresholds: THRESHOLDS }) });

/** The settings and the progress of a run. */
export const RUN: Kind = fields({ config: fields(optionKinds(TRAIN_OPTIONS)), progress: PROGRESS });

const CRC = whole(0, 0xffffffff);
const REST = fields({
  mlp: NETWORK,
  tensors: TENSORS,
  backend: TEXT,
  dataset: fields({ rows: whole(1), crc32: CRC }, {
    epochRows: whole(1),
    validation: fields({ rows: whole(1), crc32: CRC }),
  }),
}, { bestTensors: TENSORS, slices: whole(1) });

/** A checkpoint. */
export const CHECKPOINT: Kind = (value, path) => RUN(value, path) ?? REST(value, path);
