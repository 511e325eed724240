/**
 * The losses on the device: the WGSL of each, and its setting. Another loss is a file with the functions that loss.wgsl or
 * difference_loss.wgsl names, and its cases in the two switches here.
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

/** Returns the kernel of a loss over rows of so many columns. */
export function lossKernel(op: LossOp, columns: number): Kernel {
  const first = 5; // binding
  const more = optionalBuffers(op).map(([buffer]) => buffer);
  const weight = op.weights === undefined ? "1.0" : "weights[select(row.number, 0u, row.end == 0u)]";
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

/** Returns the buffers that a loss binds if it has them, by their names in the WGSL. */
function optionalBuffers(op: LossOp): [buffer: "z" | "weights", name: BufferName][] {
  const z = "z" in op ? op.z : undefined;
  return [
    ...(z === undefined ? [] : [["z", z] as ["z", BufferName]]),
    ...(op.weights === undefined ? [] : [["weights", op.weights] as ["weights", BufferName]]),
  ];
}

/** Returns the WGSL of a loss, without its frame. */
function codeOf(op: LossOp): readonly string[] {
  switch (op.op) {
    case "softmaxCrossEntropy":
      return [wgsl.softmaxCrossEntropy];
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

/** Returns the number that a loss reads as `rows.setting`; 0 if it reads none. */
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

/** Returns the frame of a loss of `y - t`, which goes back through the activation that made `y`. */
function differenceSource({ activation, z }: Extract<LossOp, { y: BufferName }>): readonly string[] {
  return [
    activationSource(activation),
    `const SOFTMAX = ${activation === "softmax"};`,
    `fn from_of(at: u32) -> f32 { return ${z === undefined ? "outputs" : "z"}[at]; }`,
    wgsl.differenceLoss,
  ];
}
