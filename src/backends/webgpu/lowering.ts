/** From a plan's operations to launches: a kernel for each or for several. @module */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import type { BufferName, Op, StepPlan } from "../../plan/plan.ts";
import type { Device } from "./device.ts";
import type { PlacedInputs } from "./inputs.ts";
import {
  clipKernel,
  lanesOf,
  linearBackwardInputKernel,
  linearBackwardWeightKernel,
  rowsKernel,
  type Taker,
  updateKernel,
} from "./kernels.ts";
import { forwardLaunches, type LayerTensors } from "./layers.ts";
import { type PlacedLayer, type PlacedPlan, SQUARE_GROUPS } from "./placement.ts";
import { type Launch, rowGrid, strideGrid, tileFor, tilesOf } from "./program.ts";

/** What the launches of a plan work on. */
export interface Places {
  readonly plan: StepPlan;
  readonly placed: PlacedPlan;
  readonly inputs: PlacedInputs;
  /** The order of the epoch. */
  readonly order: GPUBuffer;
  /** What sum_losses.wgsl is to add up. */
  readonly losses: GPUBuffer;
}

/** Most workgroups of a kernel that takes numbers in strides. */
const STRIDE_GROUPS = 4096;

/** The launches of one step. */
export function stepLaunches(device: Device, places: Places): Launch[] {
  return places.plan.ops.flatMap((op) => launchesOf(device, places, op));
}

/** Products that a step adds up, about. */
export function workOf({ batchSize }: StepPlan, { layers }: PlacedPlan): number {
  return 3 * batchSize * layers.reduce((sum, { tensors }) => sum + sizeOfLayer(tensors), 0);
}

function launchesOf(device: Device, { plan, placed, inputs, order, losses }: Places, op: Op): Launch[] {
  const { batchSize } = plan, { layers, batches, squares, factor, update } = placed;
  const batch = (name: BufferName) => lookUp(batches, name);
  switch (op.op) {
    case "gather":
      return inputs.launches({
        order,
        x: batch(op.x),
        target: op.target === undefined ? placed.none : batch(op.target),
        scale: op.scale,
        batchSize,
      });
    case "linear": {
      const { tensors, parameters } = layerWith(placed, op.weights);
      return forwardLaunches(device, op, tensors, {
        x: batch(op.x),
        parameters,
        y: batch(op.y),
        batchSize,
      });
    }
    case "softmaxCrossEntropy": {
      const sizes = { whole: [plan.outFeatures, batchSize], real: op.labelSmoothing };
      const buffers = [batch(op.logits), batch(op.target), batch(op.dZ), losses];
      return [rowLaunch(batchSize, "softmaxCrossEntropy", plan.outFeatures, { sizes, buffers })];
    }
    case "meanSquaredError": {
      const whole = [plan.outFeatures, batchSize, op.labels ? 1 : 0, ACTIVATION_TABLE[op.activation].number];
      const buffers = [batch(op.y), batch(op.target), batch(op.dZ), losses];
      return [rowLaunch(batchSize, "meanSquaredError", plan.outFeatures, { sizes: { whole }, buffers })];
    }
    case "linearBackwardInput": {
      const { tensors: { inFeatures, outFeatures }, parameters } = layerWith(placed, op.weights);
      const tile = tileFor(device, batchSize, inFeatures);
      const launches: Launch[] = [{
        kernel: linearBackwardInputKernel(tile),
        sizes: { whole: [inFeatures, outFeatures, ACTIVATION_TABLE[op.activation].number] },
        buffers: [batch(op.dZ), parameters, batch(op.x), batch(op.dX)],
        ...tilesOf(tile, batchSize, inFeatures, outFeatures),
      }];
      if (op.activation === "softmax") {
        const buffers = [batch(op.x), batch(op.dX)];
        launches.push(
          rowLaunch(batchSize, "softmaxBackward", inFeatures, { sizes: { whole: [inFeatures] }, buffers }),
        );
      }
      return launches;
    }
    case "linearBackwardWeight": {
      const layer = layerWith(placed, parameterOf(plan, op.dWeights));
      const { inFeatures, outFeatures } = layer.tensors, tile = tileFor(device, outFeatures, inFeatures);
      const taker: Taker = layer.gradients ? "gradient" : update.op;
      return [{
        kernel: linearBackwardWeightKernel(tile, taker),
        sizes: { whole: [inFeatures, outFeatures] },
        buffers: [batch(op.dZ), batch(op.x), ...layer.gradients ? [layer.gradients] : updated(placed, layer)],
        ...tilesOf(tile, outFeatures, inFeatures, batchSize),
      }];
    }
    case "clipByNorm":
      return [
        ...layers.map(({ tensors, gradients }, index): Launch => ({
          kernel: clipKernel("squares"),
          sizes: { whole: [sizeOfLayer(tensors), index * SQUARE_GROUPS], real: op.maxNorm },
          buffers: [gradients!, squares],
          grid: [SQUARE_GROUPS, 1],
        })),
        {
          kernel: clipKernel("factor_of"),
          sizes: { whole: [layers.length * SQUARE_GROUPS, 0], real: op.maxNorm },
          buffers: [squares, factor],
          grid: [1, 1],
        },
      ];
    case "sgd":
    case "adam": {
      const layer = layers.find(({ tensors }) => tensors.weights === op.parameter);
      if (!layer?.gradients) return []; // done with the gradients; or a bias, done with its weights
      return [{
        kernel: updateKernel(op.op),
        sizes: { whole: [sizeOfLayer(layer.tensors)] },
        buffers: [layer.gradients, factor, ...updated(placed, layer)],
        grid: strideGrid(sizeOfLayer(layer.tensors), STRIDE_GROUPS),
      }];
    }
  }
}

/** A launch of a kernel over the rows of a batch. */
function rowLaunch(
  batchSize: number,
  name: Parameters<typeof rowsKernel>[0],
  columns: number,
  { sizes, buffers }: Pick<Launch, "sizes" | "buffers">,
): Launch {
  return { kernel: rowsKernel(name, columns), sizes, buffers, grid: rowGrid(batchSize, lanesOf(columns)) };
}

/** What an update writes; SGD without momentum binds a velocity that it does not touch. */
function updated({ update, none }: PlacedPlan, { parameters, states }: PlacedLayer): GPUBuffer[] {
  return [parameters, ...states, ...update.op === "sgd" && states.length === 0 ? [none] : []];
}

/** The layer of these weights. */
function layerWith({ layers }: PlacedPlan, weights: BufferName): PlacedLayer {
  return lookUp(new Map(layers.map((layer) => [layer.tensors.weights, layer])), weights);
}

/** The parameter that a gradient changes. */
function parameterOf({ ops }: StepPlan, gradient: BufferName): BufferName {
  const updates = ops.flatMap((op) => op.op === "sgd" || op.op === "adam" ? [op] : []);
  return lookUp(new Map(updates.map((op) => [op.gradient, op.parameter])), gradient);
}

function sizeOfLayer({ inFeatures, outFeatures }: LayerTensors): number {
  return outFeatures * (inFeatures + 1);
}

function lookUp<T>(map: ReadonlyMap<BufferName, T>, name: BufferName): T {
  const found = map.get(name);
  if (found === undefined) {
    throw new TypeError(`The plan has no buffer "${name}" of the kind that it is used as`);
  }
  return found;
}
