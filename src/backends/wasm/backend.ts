/**
 * The WebAssembly backend: SIMD kernels run by a team of workers over one shared memory. The same bits come out for every
 * number of threads, because each sum has one fixed order.
 * @module
 */
import type { Backend, NetworkSpec, Predictor, Tensors, Trainer, TrainState } from "../../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import { processorCount } from "../../host.ts";
import type { StepPlan } from "../../plan.ts";
import { canShareMemory } from "../../shared_memory.ts";
import { busyError, checkEpoch, checkInputs, checkParameters, checkState, closedError } from "../state.ts";
import type { Build } from "./module.ts";
import { type Prediction, preparePrediction } from "./prediction.ts";
import { bytesOf, fieldAt, PROGRAM, writeRecord } from "./records.ts";
import { createTeam, type Desk, type Team } from "./team.ts";
import { loadState, prepareTraining, ratesOf, readTensors, type Training } from "./training.ts";

/** What the WebAssembly backend can be told. */
export interface WasmOptions {
  /**
   * Workers; by default the number of processors. On a host without shared memory, or that starts no workers, there is one
   * thread whatever this says.
   */
  readonly threads?: number;
  /** Whether to share memory with workers; by default where the host allows it. */
  readonly shared?: boolean;
  /** Which build of the kernels to use; by default the fastest that the host can run. */
  readonly build?: Build;
}

/**
 * Opens the WebAssembly backend.
 *
 * @throws {RangeError} where `threads` is not a whole number from 1
 * @throws {BackendError} where the host's WebAssembly cannot run the kernels
 */
export async function openWasm(options: WasmOptions = {}): Promise<Backend> {
  const threads = options.threads ?? processorCount();
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new RangeError(
      `Backend "wasm" needs a whole number of threads from 1 to ${MAX_THREADS}, found ${threads}`,
    );
  }
  const shared = options.shared ?? canShareMemory();
  const team = await createTeam({ threads, shared, build: options.build });
  const opened = new Set<{ close(): Promise<void> }>();
  let closed = false;
  const open = () => {
    if (closed) throw closedError("wasm", "backend");
  };
  const keep = <T extends { close(): Promise<void> }>(made: T): T => {
    opened.add(made);
    return made;
  };
  const close = async () => {
    if (closed) return;
    closed = true;
    team.close();
    for (const each of opened) await each.close();
  };
  return {
    name: "wasm",
    device: deviceOf(team),
    async createTrainer(plan, dataset, state) {
      open();
      return keep(await createTrainer(team, plan, dataset, state));
    },
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async createPredictor(network, tensors) {
      open();
      return keep(createPredictor(team, network, tensors));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** More threads than any host has; a number beyond it is a mistake. */
const MAX_THREADS = 256;

function deviceOf({ threads, alone, build }: Team): string {
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  const simd = build === "relaxed" ? "relaxed SIMD" : "SIMD";
  return `CPU, ${count}${alone ? ` (${alone})` : ""}, WebAssembly ${simd}`;
}

/** A training that lies before a team. */
interface Laid {
  readonly training: Training;
  readonly desk: Desk;
  /** The integers of its program. */
  readonly fields: Int32Array;
}

async function layOut(team: Team, plan: StepPlan, dataset: Dataset): Promise<Laid> {
  const training = prepareTraining(plan, dataset, team), { memory, program } = training;
  const desk = await team.open(memory);
  return { training, desk, fields: new Int32Array(memory.buffer, program.address, bytesOf(PROGRAM) / 4) };
}

async function createTrainer(
  team: Team,
  plan: StepPlan,
  dataset: Dataset,
  state: TrainState,
): Promise<Trainer> {
  checkState(plan, state);
  let laid = await layOut(team, plan, dataset);
  const at = (name: keyof typeof PROGRAM) => fieldAt(0, PROGRAM, name) / 4;
  let step = 0, busy = false, closed = false;
  const ready = () => {
    if (closed) throw closedError("wasm", "trainer");
    if (busy) throw busyError("wasm", "trainer");
    if (laid.desk.failure) throw laid.desk.failure;
  };
  const load = ({ training, desk }: Laid, from: TrainState) => {
    loadState(training, plan, from);
    for (const layer of training.transposed) desk.kernels.prepareLayer(layer);
    step = from.step;
  };
  const close = () => {
    if (!closed) laid.desk.close();
    closed = true;
    return Promise.resolve();
  };
  load(laid, state);
  return {
    get stepsDone() {
      return Atomics.load(laid.fields, at("step"));
    },
    async runEpoch(order, learningRates, { signal } = {}) {
      ready();
      const { training: { memory, program, update }, desk, fields } = laid;
      const steps = checkEpoch(plan, countOf(dataset), order, learningRates);
      new Uint32Array(memory.buffer, program.order, order.length).set(order);
      const rates = new Float32Array(memory.buffer, program.rates, steps * 4);
      learningRates.forEach((rate, i) => rates.set(ratesOf(update, rate, step + i + 1), i * 4));
      const lossSum = new Float64Array(memory.buffer, program.lossSum, 1);
      lossSum[0] = 0;
      const start = { count: order.length, steps, step: 0, rows: 0, correct: 0, ended: 0, diverged: 0 };
      writeRecord(memory, program.address, PROGRAM, { ...start, stop: 0 });
      const stop = () => Atomics.store(fields, at("stop"), 1);
      busy = true;
      signal?.addEventListener("abort", stop);
      try {
        if (steps > 0 && !signal?.aborted) await desk.run(program.address);
      } finally {
        signal?.removeEventListener("abort", stop);
        busy = false;
      }
      const done = fields[at("step")];
      step += done;
      const [rows, correct] = [fields[at("rows")], fields[at("correct")]];
      return { lossSum: lossSum[0], correct, rows, steps: done, diverged: fields[at("diverged")] !== 0 };
    },
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async readState() {
      ready();
      return { step, tensors: readTensors(laid.training) };
    },
    // deno-lint-ignore require-await -- as above
    async writeState(from) {
      ready();
      load(laid, from);
    },
    async writeInputs(inputs) {
      ready();
      checkInputs(inputs, dataset.inputs);
      if (laid.training.replaceInputs(inputs)) return;
      busy = true;
      try {
        const next = await layOut(team, plan, { ...dataset, inputs });
        if (closed) {
          next.desk.close();
          throw closedError("wasm", "trainer");
        }
        load(next, { step, tensors: readTensors(laid.training) });
        next.fields[at("step")] = laid.fields[at("step")];
        laid.desk.close();
        laid = next;
      } finally {
        busy = false;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createPredictor(team: Team, network: NetworkSpec, tensors: Tensors): Predictor {
  let parameters = tensors, prepared: Prediction | undefined, busy = false, closed = false;
  const ready = () => {
    if (closed) throw closedError("wasm", "predictor");
    if (busy) throw busyError("wasm", "predictor");
  };
  const alone = async <T>(work: () => Promise<T>) => {
    ready();
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  };
  const place = async (inputs: Dataset["inputs"]) => {
    prepared?.close();
    prepared = undefined;
    prepared = await preparePrediction(team, network, inputs);
    prepared.load(parameters);
  };
  const close = () => {
    closed = true;
    prepared?.close();
    prepared = undefined;
    return Promise.resolve();
  };
  checkParameters(network, tensors);
  return {
    // deno-lint-ignore require-await -- what is refused rejects the promise
    async load(from) {
      ready();
      checkParameters(network, from);
      parameters = from;
      prepared?.load(parameters);
    },
    place: (inputs) => alone(() => place(inputs)),
    run: (inputs) =>
      alone(async () => {
        if (inputs) await place(inputs);
        return await prepared?.run() ?? new Float32Array();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
