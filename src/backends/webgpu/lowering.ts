/** Translates the operations of a plan to launches of kernels. @module */
import { isLoss } from "../../plan/losses.ts";
import { isUpdate, UPDATES } from "../../plan/optimizers.ts";
import type { BufferName, Op, StepPlan, UpdateOp } from "../../plan/plan.ts";
import type { Device } from "./device.ts";
import { withMask } from "./dropout.ts";
import type { PlacedInputs } from "./inputs.ts";
import {
  averageKernel,
  clipKernel,
  dropoutKernel,
  linearBackwardInputKernel,
  linearBackwardWeightKernel,
  softmaxBackwardKernel,
  updateKernel,
} from "./kernels.ts";
import { forwardLaunches, layerSizes, sizeOfLayer } from "./layers.ts";
import { lossLaunch } from "./losses.ts";
import { type PlacedLayer, type PlacedPlan, SQUARE_GROUPS } from "./placement.ts";
import { gatherGrid, type Launch, rowLaunch, strideGrid, tileLaunch } from "./program.ts";
import type { Tile } from "./tile.ts";
import { consumerOf, KEEP_GRADIENT } from "./updates.ts";

/** A plan and its buffers. */
export interface Places {
  readonly plan: StepPlan;
  readonly placed: PlacedPlan;
  readonly inputs: PlacedInputs;
  /** The order of the epoch. */
  readonly order: GPUBuffer;
  /** The losses of rows, which sum_losses.wgsl adds up. */
  readonly losses: GPUBuffer;
}

/** The most workgroups of a kernel that processes numbers in strides. */
const STRIDE_GROUPS = 4096;

/** Returns the launches of one step. */
export function stepLaunches(device: Device, places: Places): Launch[] {
  return places.plan.ops.flatMap((op) => launchesOf(device, places, op));
}

/** Returns the approximate number of products in a step. */
export function workOf({ batchSize }: StepPlan, { layers }: PlacedPlan): number {
  return 3 * batchSize * layers.reduce((sum, layer) => sum + sizeOfLayer(layer), 0);
}

function launchesOf(device: Device, { plan, placed, inputs, order, losses }: Places, op: Op): Launch[] {
  const { batchSize, outFeatures: columns } = plan, { layers, batches, squares, factor, none } = placed;
  const batch = (name: BufferName) => {
    const found = batches.get(name);
    if (found) return found;
    throw new TypeError(`The plan has no buffer "${name}" of the kind that it is used as`);
  };
  const kept = (name: BufferName | undefined) => name === undefined ? undefined : batch(name);
  if (isLoss(op)) return [lossLaunch(op, { columns, batchSize, batch, losses })];
  if (isUpdate(op)) return updateLaunches(placed, op);
  switch (op.op) {
    case "gather":
      return inputs.launches({
        order,
        x: batch(op.x),
        target: kept(op.target) ?? none,
        weights: kept(op.rowWeights),
        scale: op.scale,
        batchSize,
      });
    case "linear": {
      const layer = layers.find(({ forward }) => forward === op)!, { parameters } = layer;
      const buffers = { x: batch(op.x), parameters, y: batch(op.y), z: kept(op.z) };
      return forwardLaunches(device, layer, { ...buffers, batchSize });
    }
    case "dropout": {
      const { inFeatures } = layers.find(({ dropout }) => dropout === op)!;
      return [{
        kernel: dropoutKernel(),
        sizes: withMask([inFeatures], op.mask),
        buffers: [batch(op.x), batch(op.y)],
        grid: gatherGrid(batchSize, inFeatures),
      }];
    }
    case "linearBackwardInput": {
      const layer = layers.find(({ backwardInput }) => backwardInput === op)!;
      const { inFeatures, outFeatures, parameters } = layer, [x, dX] = [batch(op.x), batch(op.dX)];
      const { activation, mask } = op, whole = layerSizes(layer);
      const kernelOf = (tile: Tile) =>
        linearBackwardInputKernel(tile, { activation, dropped: mask !== undefined });
      const buffers = [batch(op.dZ), parameters, kept(op.z) ?? x, dX];
      const sizes = mask ? withMask(whole, mask) : { whole };
      const launches = [
        tileLaunch(device, [batchSize, inFeatures, outFeatures], kernelOf, { sizes, buffers }),
      ];
      if (op.activation === "softmax") {
        launches.push(rowLaunch(softmaxBackwardKernel, { columns: inFeatures, batchSize }, [x, dX]));
      }
      return launches;
    }
    case "linearBackwardWeight": {
      const layer = layers.find(({ training }) => training.gradient === op)!;
      const { inFeatures, outFeatures, gradients } = layer;
      const consumer = gradients ? KEEP_GRADIENT : consumerOf(placed.update);
      const kernelOf = (tile: Tile) => linearBackwardWeightKernel(tile, consumer);
      const buffers = [batch(op.dZ), batch(op.x), ...gradients ? [gradients] : updated(placed, layer)];
      const sizes = { whole: layerSizes(layer) };
      return [tileLaunch(device, [outFeatures, inFeatures, batchSize], kernelOf, { sizes, buffers })];
    }
    case "clipByNorm":
      return [
        ...layers.map((layer, index): Launch => ({
          kernel: clipKernel("squares"),
          sizes: { whole: [sizeOfLayer(layer), index * SQUARE_GROUPS], reals: [op.maxNorm] },
          buffers: [layer.gradients!, squares],
          grid: [SQUARE_GROUPS, 1],
        })),
        {
          kernel: clipKernel("factor_of"),
          sizes: { whole: [layers.length * SQUARE_GROUPS, 0], reals: [op.maxNorm] },
          buffers: [squares, factor],
          grid: [1, 1],
        },
      ];
    case "average": {
      const layer = layers.find(({ training }) => training.averages?.weights === op);
      if (!layer?.averages) return []; // a bias, which its weights' launch averages
      return [{
        kernel: averageKernel(),
        sizes: { whole: [sizeOfLayer(layer)], reals: [op.decay, 1 - op.decay] },
        buffers: [layer.parameters, layer.averages],
        grid: strideGrid(sizeOfLayer(layer), STRIDE_GROUPS),
      }];
    }
    default:
      return op satisfies never;
  }
}

/** Returns the launch of a layer's update of clipped gradients; without clipping, the gradient's kernel updates. */
function updateLaunches(placed: PlacedPlan, op: UpdateOp): Launch[] {
  const layer = placed.layers.find(({ training }) => training.weights === op);
  if (!layer?.gradients) return []; // fused with the gradient, or a bias, which its weights' launch updates
  return [{
    kernel: updateKernel(consumerOf(op)),
    sizes: { whole: [sizeOfLayer(layer)] },
    buffers: [layer.gradients, placed.factor, ...updated(placed, layer)],
    grid: strideGrid(sizeOfLayer(layer), STRIDE_GROUPS),
  }];
}

/** Returns the buffers that an update writes. A kernel binds all states that its update can have. */
function updated({ update, none }: PlacedPlan, { parameters, states }: PlacedLayer): GPUBuffer[] {
  return [parameters, ...UPDATES[update.op].states.map((_, at) => states[at] ?? none)];
}
