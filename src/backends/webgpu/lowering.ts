/** From a plan to launches: the buffers that its operations work on, and a kernel for each or for several. @module */
import type { BufferName, LinearOp, Op, StepPlan, UpdateOp } from "../../plan.ts";
import { sizeOf, updateOf } from "../state.ts";
import type { BufferRequest, Device, Source } from "./device.ts";
import type { Work } from "./errors.ts";
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
import { ACTIVATION_NUMBERS, forwardLaunches, type LayerTensors, placesOf, requestOf } from "./layers.ts";
import { blockFor, type Launch, rowGrid, strideGrid, tileGrid } from "./program.ts";

/** A layer of a plan. */
interface Layer {
  readonly tensors: LayerTensors;
  readonly parameters: GPUBuffer;
  /** The optimizer's state of each parameter: velocities, or m and v. */
  readonly states: readonly GPUBuffer[];
  /** Gradients that wait for their norm; only where they are clipped. */
  readonly gradients?: GPUBuffer;
}

/** A plan's buffers on a device. */
export interface PlacedPlan {
  readonly update: UpdateOp;
  /** Parameters and optimizer state: which bytes of which buffer each is. */
  readonly places: readonly { readonly name: BufferName; readonly source: Source }[];
  /** Products that a step adds up, about. */
  readonly workOfStep: number;
  /** The launches of one step. */
  launches(inputs: PlacedInputs, order: GPUBuffer, losses: GPUBuffer): Launch[];
}

/** Most workgroups that add up the squares of a layer's gradients. */
const SQUARE_GROUPS = 64;

/** Most workgroups of a kernel that takes numbers in strides. */
const STRIDE_GROUPS = 4096;

/** Takes room for a plan. */
export async function placePlan(device: Device, what: Work, plan: StepPlan): Promise<PlacedPlan> {
  const update = updateOf("webgpu", plan), clip = plan.ops.find((op) => op.op === "clipByNorm");
  const updates = new Map(
    plan.ops.flatMap((op) => op.op === "sgd" || op.op === "adam" ? [[op.parameter, op]] : []),
  );
  const layers = plan.ops.filter((op) => op.op === "linear").map((op) => layerOf(plan, op, updates));
  // Each layer's parameters, its states and its gradients, then what the batch passes through, then sums of squares.
  const requests: BufferRequest[] = layers.flatMap((layer) =>
    [layer.parameters, ...layer.states, ...clip ? [layer.parameters] : []].map(requestOf)
  );
  const batches = plan.buffers.filter(({ shape }) => shape[0] === "B");
  for (const spec of batches) requests.push({ name: spec.name, bytes: 4 * sizeOf(spec, plan.batchSize) });
  const spare = [4 * SQUARE_GROUPS * layers.length, 4, 4];
  for (const bytes of spare) requests.push({ name: "sums of squares", bytes });
  const buffers = await device.allocate(what, requests), left = buffers.values();
  const take = () => left.next().value!;
  const placed = layers.map(({ parameters, states }): Layer => ({
    tensors: parameters,
    parameters: take(),
    states: states.map(take),
    ...clip && { gradients: take() },
  }));
  const rows = new Map(batches.map(({ name }) => [name, take()]));
  const [partials, factor, none] = [take(), take(), take()];

  const places = layers.flatMap(({ parameters, states }, index) => [
    ...placesOf(parameters, placed[index].parameters),
    ...states.flatMap((state, at) => placesOf(state, placed[index].states[at])),
  ]);
  // The weights that each gradient belongs to.
  const weightsOf = new Map(
    plan.ops.flatMap((op) => op.op === "sgd" || op.op === "adam" ? [[op.gradient, op.parameter]] : []),
  );
  const bufferOf = (name: BufferName) => lookUp(rows, name);
  const layerWith = (name: BufferName) => {
    const layer = placed.find(({ tensors }) => tensors.weights === name);
    if (layer === undefined) throw new TypeError(`No layer of the plan has weights "${name}"`);
    return layer;
  };
  const { batchSize } = plan;
  const rowLaunch = (
    name: Parameters<typeof rowsKernel>[0],
    columns: number,
    sizes: Launch["sizes"],
    buffers: GPUBuffer[],
  ): Launch => ({
    kernel: rowsKernel(name, columns),
    sizes,
    buffers,
    grid: rowGrid(batchSize, lanesOf(columns)),
  });

  const launchesOf = (op: Op, inputs: PlacedInputs, order: GPUBuffer, losses: GPUBuffer): Launch[] => {
    switch (op.op) {
      case "gather":
        return inputs.launches({
          order,
          x: bufferOf(op.x),
          target: bufferOf(op.target),
          scale: op.scale,
          batchSize,
        });
      case "linear": {
        const { tensors, parameters } = layerWith(op.weights);
        return forwardLaunches(device, op, tensors, {
          x: bufferOf(op.x),
          parameters,
          y: bufferOf(op.y),
          batchSize,
        });
      }
      case "softmaxCrossEntropy": {
        const sizes = { whole: [plan.outFeatures, batchSize], real: op.labelSmoothing };
        const bound = [bufferOf(op.logits), bufferOf(op.target), bufferOf(op.dZ), losses];
        return [rowLaunch("softmaxCrossEntropy", plan.outFeatures, sizes, bound)];
      }
      case "meanSquaredError": {
        const whole = [plan.outFeatures, batchSize, op.labels ? 1 : 0, ACTIVATION_NUMBERS[op.activation]];
        const bound = [bufferOf(op.y), bufferOf(op.target), bufferOf(op.dZ), losses];
        return [rowLaunch("meanSquaredError", plan.outFeatures, { whole }, bound)];
      }
      case "linearBackwardInput": {
        const { tensors: { inFeatures, outFeatures }, parameters } = layerWith(op.weights);
        const block = blockFor(device, batchSize, inFeatures);
        const launches: Launch[] = [{
          kernel: linearBackwardInputKernel(block),
          sizes: { whole: [inFeatures, outFeatures, ACTIVATION_NUMBERS[op.activation]] },
          buffers: [bufferOf(op.dZ), parameters, bufferOf(op.x), bufferOf(op.dX)],
          grid: tileGrid(block, batchSize, inFeatures),
        }];
        if (op.activation === "softmax") {
          const bound = [bufferOf(op.x), bufferOf(op.dX)];
          launches.push(rowLaunch("softmaxBackward", inFeatures, { whole: [inFeatures] }, bound));
        }
        return launches;
      }
      case "linearBackwardWeight": {
        const layer = layerWith(lookUp(weightsOf, op.dWeights));
        const { inFeatures, outFeatures } = layer.tensors, block = blockFor(device, outFeatures, inFeatures);
        const taker: Taker = layer.gradients ? "gradient" : update.op;
        return [{
          kernel: linearBackwardWeightKernel(block, taker),
          sizes: { whole: [inFeatures, outFeatures] },
          buffers: [bufferOf(op.dZ), bufferOf(op.x), ...layer.gradients ? [layer.gradients] : updated(layer)],
          grid: tileGrid(block, outFeatures, inFeatures),
        }];
      }
      case "clipByNorm":
        return [
          ...placed.map(({ tensors, gradients }, index): Launch => ({
            kernel: clipKernel("squares"),
            sizes: { whole: [sizeOfLayer(tensors), index * SQUARE_GROUPS], real: op.maxNorm },
            buffers: [gradients!, partials],
            grid: [SQUARE_GROUPS, 1],
          })),
          {
            kernel: clipKernel("factor_of"),
            sizes: { whole: [placed.length * SQUARE_GROUPS, 0], real: op.maxNorm },
            buffers: [partials, factor],
            grid: [1, 1],
          },
        ];
      case "sgd":
      case "adam": {
        const layer = placed.find(({ tensors }) => tensors.weights === op.parameter);
        if (!layer?.gradients) return []; // done with the gradients; or a bias, done with its weights
        return [{
          kernel: updateKernel(op.op),
          sizes: { whole: [sizeOfLayer(layer.tensors)] },
          buffers: [layer.gradients, factor, ...updated(layer)],
          grid: strideGrid(sizeOfLayer(layer.tensors), STRIDE_GROUPS),
        }];
      }
    }
  };
  /** What an update writes; SGD without momentum binds a velocity that it does not touch. */
  const updated = ({ parameters, states }: Layer) => [
    parameters,
    ...states,
    ...update.op === "sgd" && states.length === 0 ? [none] : [],
  ];
  return {
    update,
    places,
    workOfStep: 3 * batchSize * placed.reduce((sum, { tensors }) => sum + sizeOfLayer(tensors), 0),
    launches: (inputs, order, losses) => plan.ops.flatMap((op) => launchesOf(op, inputs, order, losses)),
  };
}

/** A layer's tensors, and those of its state. */
function layerOf(
  plan: StepPlan,
  { weights, bias }: LinearOp,
  updates: ReadonlyMap<BufferName, UpdateOp>,
): { readonly parameters: LayerTensors; readonly states: readonly LayerTensors[] } {
  const spec = plan.buffers.find(({ name }) => name === weights);
  const [outFeatures, inFeatures] = spec?.shape as number[];
  const parts = [weights, bias].map((name) => statesOf(lookUp(updates, name)));
  return {
    parameters: { weights, bias, inFeatures, outFeatures },
    states: parts[0].map((name, at) => ({ weights: name, bias: parts[1][at], inFeatures, outFeatures })),
  };
}

function statesOf(op: UpdateOp): BufferName[] {
  if (op.op === "adam") return [op.m, op.v];
  return op.velocity === undefined ? [] : [op.velocity];
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
