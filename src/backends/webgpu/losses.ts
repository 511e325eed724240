/**
 * Selects the WGSL and the setting of each loss. A new loss needs a file with the functions that loss.wgsl or
 * difference_loss.wgsl lists, and a case in each of the two switches here.
 * @module
 */
import type { BufferName, LossOp } from "../../plan/plan.ts";
import { activationSource, bufferSource, type Kernel, rowKernel } from "./kernels.ts";
import { type Launch, rowLaunch } from "./program.ts";
import * as wgsl from "./wgsl.ts";

/** Returns the launch of a loss over a batch; `losses` receives the loss of each row, for sum_losses.wgsl. */
export function lossLaunch(
  op: LossOp,
  { columns, batchSize, batch, losses }: {
    readonly columns: number;
    readonly batchSize: number;
    readonly batch: (name: BufferName) => GPUBuffer;
    readonly losses: GPUBuffer;
  },
): Launch {
  const outputs = "logits" in op ? op.logits : op.y;
  return rowLaunch(
    (columns) => lossKernel(op, columns),
    { columns, batchSize, setting: settingOf(op) },
    [
      batch(outputs),
      batch(op.target),
      batch(op.dZ),
      losses,
      ...optionalBuffers(op).map(([, name]) => batch(name)),
    ],
  );
}

/** Returns the kernel of a loss over rows of `columns` columns. */
export function lossKernel(op: LossOp, columns: number): Kernel {
  const first = 5; // the first binding of optional buffers
  const more = optionalBuffers(op).map(([buffer]) => buffer);
  const weight = op.rowWeights === undefined ? "1.0" : "weights[select(row.number, 0u, row.end == 0u)]";
  return rowKernel(columns, op.op, {
    code: [
      wgsl.rowLoss,
      wgsl.loss,
      ...more.map((buffer, at) => bufferSource(buffer, first + at, "read")),
      `fn weight_of(row: Row) -> f32 { return ${weight}; }`,
      ...codeOf(op),
    ],
    bindings: ["read", "read", "write", "write", ...more.map(() => "read" as const)],
  });
}

/** Returns the optional buffers of a loss, with their names in the WGSL. */
function optionalBuffers(op: LossOp): [buffer: "z" | "weights", name: BufferName][] {
  const z = "z" in op ? op.z : undefined;
  return [
    ...(z === undefined ? [] : [["z", z] as ["z", BufferName]]),
    ...(op.rowWeights === undefined ? [] : [["weights", op.rowWeights] as ["weights", BufferName]]),
  ];
}

/** Returns the WGSL of a loss that it does not share with all losses. */
function codeOf(op: LossOp): readonly string[] {
  switch (op.op) {
    case "softmaxCrossEntropy":
      return [`const LABELS = ${op.labels};`, wgsl.softmaxCrossEntropy];
    case "binaryCrossEntropy":
      return [wgsl.binaryCrossEntropy];
    case "meanSquaredError":
      return [...differenceSource(op), `const LABELS = ${op.labels};`, wgsl.meanSquaredError];
    case "huber":
      return [...differenceSource(op), wgsl.huber];
    default:
      return op satisfies never;
  }
}

/** Returns the number that a loss reads as `rows.setting`, or 0 if it does not read it. */
function settingOf(op: LossOp): number {
  switch (op.op) {
    case "softmaxCrossEntropy":
      return op.labelSmoothing;
    case "huber":
      return op.delta;
    case "binaryCrossEntropy":
    case "meanSquaredError":
      return 0;
    default:
      return op satisfies never;
  }
}

/** Returns the WGSL that losses of `y - t` share, with the activation of `y`. */
function differenceSource({ activation, z }: Extract<LossOp, { y: BufferName }>): readonly string[] {
  return [
    activationSource(activation),
    `const SOFTMAX = ${activation === "softmax"};`,
    `fn from_of(at: u32) -> f32 { return ${z === undefined ? "outputs" : "z"}[at]; }`,
    wgsl.differenceLoss,
  ];
}
