/** The buffers of a plan on the device. @module */
import type { BufferName, LinearOp, StepPlan, UpdateOp } from "../../plan/plan.ts";
import { sizeOf, updateOf } from "../state.ts";
import type { BufferRequest, Device, Source } from "./device.ts";
import type { Work } from "./errors.ts";
import { type LayerTensors, placesOf, requestOf } from "./layers.ts";

/** A layer of a plan. */
export interface PlacedLayer {
  readonly tensors: LayerTensors;
  readonly parameters: GPUBuffer;
  /** The optimizer's state of each parameter: velocities, or m and v. */
  readonly states: readonly GPUBuffer[];
  /** Gradients that wait for their norm; only where they are clipped. */
  readonly gradients?: GPUBuffer;
}

/** A plan's buffers. */
export interface PlacedPlan {
  readonly layers: readonly PlacedLayer[];
  /** What the batch passes through: inputs and targets, and each layer's `y` and `dZ`. */
  readonly batches: ReadonlyMap<BufferName, GPUBuffer>;
  /** Sums of squares, `SQUARE_GROUPS` for each layer, and the factor that comes of them. */
  readonly squares: GPUBuffer;
  readonly factor: GPUBuffer;
  /** Stands for a state that there is not. */
  readonly none: GPUBuffer;
  /** The update that every parameter gets. */
  readonly update: UpdateOp;
  /** Parameters and optimizer state: which bytes of which buffer each is. */
  readonly places: readonly { readonly name: BufferName; readonly source: Source }[];
}

/** Most workgroups that add up the squares of a layer's gradients. */
export const SQUARE_GROUPS = 64;

/** Takes room for a plan. */
export async function placePlan(device: Device, what: Work, plan: StepPlan): Promise<PlacedPlan> {
  const update = updateOf("webgpu", plan), clips = plan.ops.some(({ op }) => op === "clipByNorm");
  const layers = plan.ops.filter((op) => op.op === "linear").map((op) => layerOf(plan, op));
  const batches = plan.buffers.filter(({ shape }) => shape[0] === "B");
  const requests: BufferRequest[] = [
    ...layers.flatMap(({ tensors, states }) =>
      [tensors, ...states, ...clips ? [tensors] : []].map(requestOf)
    ),
    ...batches.map((spec) => ({ name: spec.name, bytes: 4 * sizeOf(spec, plan.batchSize) })),
    { name: "sums of squares", bytes: 4 * SQUARE_GROUPS * layers.length },
    { name: "a factor", bytes: 4 },
    { name: "nothing", bytes: 4 },
  ];
  const buffers = (await device.allocate(what, requests)).values(), take = () => buffers.next().value!;
  const placed = layers.map(({ tensors, states }) => ({
    tensors,
    parameters: take(),
    states: states.map(take),
    ...clips && { gradients: take() },
  }));
  return {
    layers: placed,
    batches: new Map(batches.map(({ name }) => [name, take()])),
    squares: take(),
    factor: take(),
    none: take(),
    update,
    places: layers.flatMap(({ tensors, states }, index) => [
      ...placesOf(tensors, placed[index].parameters),
      ...states.flatMap((state, at) => placesOf(state, placed[index].states[at])),
    ]),
  };
}

/** A layer's tensors, and those of each of its states. */
function layerOf(
  plan: StepPlan,
  { weights, bias }: LinearOp,
): { readonly tensors: LayerTensors; readonly states: readonly LayerTensors[] } {
  const [outFeatures, inFeatures] = plan.buffers.find(({ name }) => name === weights)!.shape as number[];
  const [ofWeights, ofBias] = [weights, bias].map((name) => statesOf(plan, name));
  return {
    tensors: { weights, bias, inFeatures, outFeatures },
    states: ofWeights.map((name, at) => ({ weights: name, bias: ofBias[at], inFeatures, outFeatures })),
  };
}

/** The optimizer's state of a parameter. */
function statesOf(plan: StepPlan, parameter: BufferName): BufferName[] {
  const update = plan.ops.find((op) => (op.op === "sgd" || op.op === "adam") && op.parameter === parameter);
  if (update?.op === "adam") return [update.m, update.v];
  return update?.op === "sgd" && update.velocity !== undefined ? [update.velocity] : [];
}
