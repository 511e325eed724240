/** The predictions of the model in `cuda/model.hpp`, and the measurement to which each belongs. @module */

import type { Reading } from "./reading.ts";

/** The prediction for a step of a network on one path. */
export interface Prediction {
  /** The network and batch, such as `784-128-64-10, batch 128`. */
  readonly network: string;
  /** The path. */
  readonly path: "graph" | "persistent";
  /** The cycles and microseconds of a step. */
  readonly cycles: number;
  readonly microseconds: number;
  /** The parts of a step with their cycles, in order. */
  readonly phases: readonly { readonly name: string; readonly cycles: number }[];
}

/** All predictions for a GPU. */
export interface Predictions {
  /** The constants of the model, in the units in which they are measured. */
  readonly constants: Readonly<Record<string, number>>;
  /** The predictions for steps. */
  readonly steps: readonly Prediction[];
}

/** The predictions if there is no model. */
export const NO_PREDICTIONS: Predictions = { constants: {}, steps: [] };

/** A GPU, as the model needs it. */
export interface Gpu {
  readonly multiprocessors: number;
  /** The largest shared memory of a block, in bytes. */
  readonly sharedBytes: number;
  /** The highest clock. */
  readonly gigahertz: number;
}

/** The numbers that Adam keeps for each weight: the weight and two moments. */
const COPIES = 3;

/** Returns the arguments of the model's program for a network such as `784-128-64-10, batch 128`, trained with Adam. */
export function modelArguments({ multiprocessors, sharedBytes, gigahertz }: Gpu, network: string): string[] {
  const [, widths, batch] = network.match(/^(\d+(?:-\d+)+), batch (\d+)$/) ?? [];
  if (widths === undefined) {
    throw new TypeError(`A network with a batch is needed, found ${JSON.stringify(network)}`);
  }
  return [multiprocessors, sharedBytes, gigahertz, batch, COPIES, ...widths.split("-")].map(String);
}

/** Parses what the model's program prints for a network, and adds it to earlier predictions. */
export function withPrinted(printed: string, network: string, earlier: Predictions): Predictions {
  const { graph, persistent, constants } = JSON.parse(printed);
  const steps = Object.entries({ graph, persistent }).flatMap(([path, found]) =>
    found === undefined ? [] : [{ ...found, network, path } as Prediction]
  );
  return { constants: { ...earlier.constants, ...constants }, steps: [...earlier.steps, ...steps] };
}

/** A measured quantity: a constant, a phase of the persistent kernel, or a launch of the graph path's step. */
export interface Quantity {
  /** The unit in which it is measured. */
  readonly unit: string;
  /** The name of a constant of the model. */
  readonly constant?: string;
  /** The network of a step. */
  readonly network?: string;
  /** The name of a phase of the persistent kernel, or `step` for all of them. */
  readonly phase?: string;
  /** The part of the graph path's step to which a launch belongs. */
  readonly launch?: string;
}

/** Returns the prediction for a constant or a phase, in its unit; `undefined` if there is none. */
export function valueOf(
  { unit, constant, network, phase }: Quantity,
  all: Predictions,
): number | undefined {
  if (constant !== undefined) {
    return Object.hasOwn(all.constants, constant) ? all.constants[constant] : undefined;
  }
  const step = phase === undefined ? undefined : predictionOf(network, "persistent", all);
  if (phase === "step") return unit === "cycles" ? step?.cycles : step?.microseconds;
  return step?.phases.find(({ name }) => name === phase)?.cycles;
}

/** Returns the prediction for a step of a network on a path; `undefined` if there is none. */
export function predictionOf(
  network: string | undefined,
  path: Prediction["path"],
  { steps }: Predictions,
): Prediction | undefined {
  return steps.find((step) => step.network === network && step.path === path);
}

/** The phases of the model that are parts of the graph path's step with another name: the tail adds the partial sums. */
const PART_OF_PHASE: Readonly<Record<string, string>> = { parts: "tail" };

/**
 * Returns a reading for each part of the graph path's step of each network, and for all of them: the sum of the launches
 * measured alone, with its floor and the prediction.
 */
export function graphSteps(
  measured:
    readonly (Quantity & Readonly<Record<"median" | "min" | "max", number>> & { readonly floor?: number })[],
  all: Predictions,
): Reading[] {
  const launches = measured.filter(({ launch }) => launch !== undefined), readings: Reading[] = [];
  for (const network of new Set(launches.map(({ network }) => network))) {
    const own = launches.filter((each) => each.network === network),
      step = predictionOf(network, "graph", all);
    const phases = step?.phases.map(({ name, cycles }) => ({
      part: PART_OF_PHASE[name] ?? name,
      microseconds: cycles * step.microseconds / step.cycles,
    }));
    for (const part of [...new Set(own.map(({ launch }) => launch)), undefined]) {
      const chosen = own.filter(({ launch }) => part === undefined || launch === part);
      const predicted = phases?.filter((phase) => part === undefined || phase.part === part);
      const title = part === undefined ? "all" : part, count = chosen.length;
      readings.push({
        name: `${network}: graph step, ${title} (${count} ${count === 1 ? "launch" : "launches"} alone)`,
        value: sumOf(chosen, ({ median }) => median),
        unit: chosen[0].unit,
        range: [sumOf(chosen, ({ min }) => min), sumOf(chosen, ({ max }) => max)],
        floor: { value: sumOf(chosen, ({ floor }) => floor ?? 0), by: "of each" },
        ...predicted !== undefined && { model: sumOf(predicted, ({ microseconds }) => microseconds) },
      });
    }
  }
  return readings;
}

function sumOf<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + valueOf(item), 0);
}
