/**
 * The CPU backend. It records plans in the shared library of `cpu/`, which runs complete epochs on the processors. Every
 * number of threads and every instruction set give the same bits, because each sum has one fixed order.
 * @module
 */
import type { Backend } from "../backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { DEFORM_IMAGES, type Deformation } from "../../deform_images.ts";
import type { StepPlan } from "../../plan/plan.ts";
import { createBackend } from "../lifecycle.ts";
import { type Ranks, SLICES } from "../ranks/ranks.ts";
import { checkThreads, MAX_THREADS } from "../threads.ts";
import { createDeformer } from "./deform.ts";
import { INSTRUCTION_SETS, type InstructionSet } from "./ffi.ts";
import { type Library, type LibraryOptions, opening, openLibrary } from "./library.ts";
import type { Path, PlacedRows } from "./recording.ts";
import { checkStatus, nativeError } from "./status.ts";
import {
  createPredictor,
  createTrainer,
  describeTraining,
  type DeviceFacts,
  type Host,
  queryDevice,
} from "./work.ts";

/** Options of the CPU backend. */
export interface CpuOptions extends Partial<LibraryOptions> {
  /** The number of threads; by default one for each processor that this process may use. */
  readonly threads?: number;
  /** The instruction set; by default the fastest that the processor has. It does not change the results. */
  readonly instructionSet?: InstructionSet;
  /** The execution path of plans; by default the fastest that is possible. */
  readonly path?: Exclude<Path, "persistent">;
  /** The processes with which to train. They stay connected when the backend is closed. */
  readonly ranks?: Ranks;
  /** Inputs that `shareRows` has copied to the library. Trainers and predictors read them there, in place of copying them. */
  readonly rows?: PlacedRows;
}

/** The CPU backend, with its library and processor. */
export interface CpuBackend extends Backend {
  /** The path of the loaded library. */
  readonly library: string;
  /** Properties of the processor. */
  readonly facts: DeviceFacts;
  /** Describes how the library would run a plan. Only the kind of the data set matters, not its values. */
  describePlan(plan: StepPlan, dataset: Dataset): string;
}

/**
 * Opens the CPU backend.
 *
 * @throws {RangeError} if `threads` is not a whole number from 1
 * @throws {TypeError} if there is no such instruction set
 * @throws {BackendError} if the library is missing or cannot be used, if the processor lacks the instructions that it needs,
 * or if the number of ranks is not 1, 2, 4 or 8
 */
export function openCpu(options: CpuOptions = {}): CpuBackend {
  const { threads, instructionSet = "auto", path = "auto", named = true, ranks, rows } = options;
  if (threads !== undefined) checkThreads("cpu", threads);
  if (!Object.hasOwn(INSTRUCTION_SETS, instructionSet)) {
    const names = Object.keys(INSTRUCTION_SETS).join(", ");
    throw new TypeError(`Backend "cpu" has no instruction set "${instructionSet}", needs one of ${names}`);
  }
  const device = INSTRUCTION_SETS[instructionSet];
  const library = openLibrary("cpu", { library: options.library, named });
  let facts: DeviceFacts, group: Deno.PointerObject | undefined;
  try {
    facts = queryDevice(library, device);
    group = ranks && createGroup(library, ranks);
  } catch (error) {
    library.close();
    throw error;
  }
  const count = threads ?? Math.min(ranks?.processors ?? facts.multiprocessors, MAX_THREADS);
  const host: Host = { library, device, path, threads: count, group, rows };
  const deformer = createDeformer(library, device);
  return createBackend({
    name: "cpu",
    fields: (checkOpen) => ({
      device: `${facts.name}, ${count === 1 ? "1 thread" : `${count} threads`}${ranksText(ranks)}`,
      ...ranks && { ranks },
      library: library.path,
      facts,
      [DEFORM_IMAGES]: (deformation: Deformation) => {
        checkOpen();
        return deformer.deformImages(deformation);
      },
      describePlan(plan: StepPlan, dataset: Dataset) {
        checkOpen();
        return describeTraining(host, plan, dataset);
      },
    }),
    createTrainer: (plan, dataset) => createTrainer(host, plan, dataset),
    createPredictor: (plan) => createPredictor(host, plan),
    async close() {
      await deformer.close();
      if (group) library.symbols.mlp_group_destroy(group);
      library.close();
    },
  });
}

function createGroup(library: Library, ranks: Ranks): Deno.PointerObject {
  const status = new Int32Array(1), error = new Uint8Array(512);
  const transport = ranks.transport as Deno.PointerValue;
  if (SLICES % ranks.size !== 0) {
    const needs = `the number of processes needs to divide the ${SLICES} slices of a batch`;
    throw nativeError(opening("cpu"), `${needs}, found ${ranks.size}`, "ranks");
  }
  const group = library.symbols.mlp_group_create(transport, SLICES, status, error, error.length);
  checkStatus(opening("cpu"), status[0], error);
  return group as Deno.PointerObject;
}

function ranksText(ranks: Ranks | undefined): string {
  if (ranks === undefined) return "";
  return ranks.size === 1
    ? `, 1 rank on ${ranks.library}`
    : ` in each of ${ranks.size} ranks on ${ranks.library}`;
}
