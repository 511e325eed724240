/** Allocates the buffers of a plan on the device. @module */
import { networkOf, type TrainedLayer } from "../../plan/network.ts";
import { statesOf } from "../../plan/optimizers.ts";
import type { BufferName, StepPlan, UpdateOp } from "../../plan/plan.ts";
import { sizeOf, updateOf } from "../state.ts";
import type { BufferRequest, Device, Source } from "./device.ts";
import type { Action } from "./errors.ts";
import { type LayerTensors, parametersOf, placesOf, requestOf } from "./layers.ts";

/** A layer of a plan with its buffers. */
export interface PlacedLayer extends TrainedLayer {
  readonly parameters: GPUBuffer;
  /** The optimizer's states, in the order of the update. */
  readonly states: readonly GPUBuffer[];
  /** The averages of its parameters, if they are kept. */
  readonly averages?: GPUBuffer;
  /** Its gradients, if they are clipped. */
  readonly gradients?: GPUBuffer;
}

/** The buffers of a plan. */
export interface PlacedPlan {
  readonly layers: readonly PlacedLayer[];
  /** The buffers of a batch: inputs and targets, and each layer's `z`, `y` and `dZ`. */
  readonly batches: ReadonlyMap<BufferName, GPUBuffer>;
  /** Sums of squared gradients, `SQUARE_GROUPS` for each layer. */
  readonly squares: GPUBuffer;
  /** The factor of clipped gradients. */
  readonly factor: GPUBuffer;
  /** Placeholder for a buffer that a kernel binds but does not use. */
  readonly none: GPUBuffer;
  /** The update of every parameter. */
  readonly update: UpdateOp;
  /** The buffer ranges of parameters, optimizer states and averages. */
  readonly places: readonly { readonly name: BufferName; readonly source: Source }[];
}

/** The workgroups that add up the squares of a layer's gradients. */
export const SQUARE_GROUPS = 64;

/** Allocates the buffers of a plan. */
export async function placePlan(device: Device, action: Action, plan: StepPlan): Promise<PlacedPlan> {
  const update = updateOf("webgpu", plan), { layers, clip } = networkOf(plan);
  const tensors = layers.map((layer) => ({
    parameters: parametersOf(layer),
    states: stateTensors(layer),
    averages: averageTensors(layer),
  }));
  const batches = plan.buffers.filter(({ shape }) => shape[0] === "B");
  const requests: BufferRequest[] = [
    ...tensors.flatMap(({ parameters, states, averages }) =>
      [parameters, ...states, ...averages, ...clip ? [parameters] : []].map(requestOf)
    ),
    ...batches.map((spec) => ({ name: spec.name, bytes: 4 * sizeOf(spec, plan.batchSize) })),
    { name: "sums of squares", bytes: 4 * SQUARE_GROUPS * layers.length },
    { name: "a factor", bytes: 4 },
    { name: "a placeholder", bytes: 4 },
  ];
  const buffers = (await device.allocate(action, requests)).values(), take = () => buffers.next().value!;
  const placed = layers.map((layer, index): PlacedLayer => {
    const parameters = take(), states = tensors[index].states.map(take);
    const [averages] = tensors[index].averages.map(take);
    return { ...layer, parameters, states, ...averages && { averages }, ...clip && { gradients: take() } };
  });
  return {
    layers: placed,
    batches: new Map(batches.map(({ name }) => [name, take()])),
    squares: take(),
    factor: take(),
    none: take(),
    update,
    places: placed.flatMap(({ parameters, states, averages }, index) => {
      const own = tensors[index];
      return [
        ...placesOf(own.parameters, parameters),
        ...states.flatMap((buffer, at) => placesOf(own.states[at], buffer)),
        ...(averages ? placesOf(own.averages[0], averages) : []),
      ];
    }),
  };
}

/** Returns the optimizer states of a layer. */
function stateTensors({ training, inFeatures, outFeatures }: TrainedLayer): LayerTensors[] {
  const { weights, bias } = training, ofBias = statesOf(bias);
  return statesOf(weights).map((name, at) => ({ weights: name, bias: ofBias[at], inFeatures, outFeatures }));
}

/** Returns the averages of a layer's parameters, if they are kept. */
function averageTensors({ training: { averages }, inFeatures, outFeatures }: TrainedLayer): LayerTensors[] {
  if (!averages) return [];
  const { weights, bias } = averages;
  return [{ weights: weights.average, bias: bias.average, inFeatures, outFeatures }];
}
