/** `deno task info`: shows the backends of this machine, and describes a saved network. @module */
import { type BackendOptions, BACKENDS, openBackend } from "../src/backends/open.ts";
import { openCpu } from "../src/backends/native/cpu.ts";
import { openCuda } from "../src/backends/native/cuda.ts";
import { ABI_VERSION, INSTRUCTION_SETS, type InstructionSet } from "../src/backends/native/ffi.ts";
import { openWebgpu } from "../src/backends/webgpu/backend.ts";
import { BackendError } from "../src/errors.ts";
import { buildPlan } from "../src/plan/build.ts";
import { resolveConfig } from "../src/training/config.ts";
import { dense } from "../src/plan/layers.ts";
import type { Mlp } from "../src/mlp.ts";
import type { Steered, TrainingRecord } from "../src/mlp_parts.ts";
import config from "../deno.json" with { type: "json" };
import { loadModel } from "./shared/model.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DEFAULT_MODEL,
  FOREIGN_OPTIONS,
  JSON_OPTION,
  TRUST_OPTION,
} from "./shared/options.ts";
import { inputScalingText } from "./shared/input_scale.ts";
import { scalingText } from "./shared/run_notes.ts";
import { type Command, dashed } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { amount, count, percent } from "./terminal/numbers.ts";

const COMMAND = {
  name: "info",
  summary: "Shows which backends open on this machine. With --model, also describes a saved network.",
  groups: {
    run: {
      title: "Model and backends",
      options: {
        model: { kind: "text", value: "PATH", help: `model to describe, such as ${DEFAULT_MODEL}` },
        ...FOREIGN_OPTIONS,
        ...TRUST_OPTION,
        threads: BACKEND_OPTIONS.threads,
        isa: BACKEND_OPTIONS.isa,
        device: BACKEND_OPTIONS.device,
        ...JSON_OPTION,
      },
      aliases: { model: ["m"] },
    },
  },
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { given: { run }, screen } = context;
  for (const option of ["layers", "normalize", "trustSizes"] as const) {
    if (run[option] !== undefined && run.model === undefined) {
      throw new UsageError(`${dashed(option)} needs --model`);
    }
  }
  const mlp = run.model === undefined ? undefined : await loadModel(run.model, {
    ...context,
    layers: run.layers,
    normalize: run.normalize,
    trustSizes: run.trustSizes,
  });
  const backends = await Promise.all(BACKENDS.map((name) => describeBackend(name, backendOptionsOf(run))));
  const versions = {
    mlpcuda: config.version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    target: Deno.build.target,
  };
  if (run.json) {
    return screen.row(JSON.stringify({ ...versions, backends, ...(mlp && { model: modelJson(mlp) }) }));
  }
  screen.row(`mlpcuda ${versions.mlpcuda}, Deno ${versions.deno}, V8 ${versions.v8}, ${versions.target}`);
  for (const { name, device, reason, notes = [] } of backends) {
    screen.row(`${name.padEnd(10)} ${device ?? `not available: ${reason}`}`);
    for (const note of notes) screen.row(`${"".padEnd(10)} ${note}`);
  }
  if (mlp) { for (const line of ["", ...modelLines(mlp)]) screen.row(line); }
}

/** The description of a backend: its device and notes about it, or the reason that it cannot be opened. */
interface Description {
  readonly name: string;
  readonly device?: string;
  readonly reason?: string;
  readonly notes?: readonly string[];
}

async function describeBackend(
  name: (typeof BACKENDS)[number],
  options: BackendOptions,
): Promise<Description> {
  try {
    if (name === "cuda") return await describeCuda(options);
    if (name === "webgpu") return await describeWebgpu();
    if (name === "cpu") return await describeCpu(options);
    await using backend = await openBackend(name, options);
    return { name, device: backend.device };
  } catch (error) {
    return { name, reason: (error as Error).message };
  }
}

async function describeCuda(options: BackendOptions): Promise<Description> {
  await using backend = openCuda(options);
  const { facts, library, device } = backend, inGibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  const notes = [
    `library ${library}, interface version ${ABI_VERSION}`,
    `memory ${inGibibytes(facts.freeBytes)} of ${inGibibytes(facts.totalBytes)} GiB free`,
    pathNote(backend),
  ];
  return { name: "cuda", device, notes };
}

async function describeCpu(options: BackendOptions): Promise<Description> {
  await using backend = openCpu(options);
  const sets = (Object.keys(INSTRUCTION_SETS) as InstructionSet[]).filter((instructionSet) =>
    instructionSet !== "auto" && canOpen({ ...options, instructionSet })
  );
  const notes = [
    `library ${backend.library}, interface version ${ABI_VERSION}`,
    `instruction sets ${sets.join(", ")}`,
    pathNote(backend),
  ];
  return { name: "cpu", device: backend.device, notes };
}

/** Returns whether the cpu backend opens with these options. */
function canOpen(options: BackendOptions): boolean {
  try {
    openCpu(options).close();
    return true;
  } catch (error) {
    if (error instanceof BackendError) return false;
    throw error;
  }
}

/** Returns how a native backend would run the network of the default job. */
function pathNote(backend: Pick<ReturnType<typeof openCuda>, "describePlan">): string {
  const layers = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
  const inputScale = 1 / 255, outFeatures = 10;
  const plan = buildPlan(layers, resolveConfig(), { inFeatures: 784, inputScale, labels: true, outFeatures });
  const path = backend.describePlan(plan, {
    inputs: new Uint8Array(784),
    inputShape: [784],
    inputScale,
    labels: new Uint32Array(1),
    outFeatures,
    source: "an empty image",
  });
  return `784 → 128 → 64 → 10 would run as: ${path}`;
}

async function describeWebgpu(): Promise<Description> {
  await using backend = await openWebgpu();
  const { info, limits, features } = backend.adapter,
    megabytes = (bytes: number) => count(Math.floor(bytes / 1e6));
  const named = Object.entries({ vendor: info.vendor, architecture: info.architecture, device: info.device });
  const notes = [
    `adapter ${named.filter(([, value]) => value !== "").map((pair) => pair.join(" ")).join(", ")}`,
    `a binding holds ${megabytes(limits.maxStorageBufferBindingSize)} MB, ` +
    `a buffer ${megabytes(limits.maxBufferSize)} MB, ` +
    `a workgroup ${count(limits.maxComputeInvocationsPerWorkgroup)} invocations ` +
    `and ${count(limits.maxComputeWorkgroupStorageSize)} bytes`,
    `features ${[...features].sort().join(", ")}`,
  ];
  return { name: "webgpu", device: backend.device, notes };
}

function modelJson(
  { inputShape, inputScale, layers, classNames, parameterCount, thresholds, training }: Mlp,
) {
  return { inputShape, inputScale, layers, classNames, parameterCount, thresholds, training };
}

function modelLines(mlp: Mlp): string[] {
  const lines = [...mlp.summary().split("\n"), `inputs × ${mlp.inputScale}`];
  if (mlp.classNames) lines.push(`classes ${mlp.classNames.join(", ")}`);
  const { thresholds } = mlp;
  if (thresholds) {
    const { probability, energy, together } = thresholds;
    const compared = mlp.outFeatures > 2
      ? "the two most probable classes have"
      : "the more probable class has";
    lines.push(
      `sure from ${percent(probability)} with an energy of at least ${amount(energy)}; ` +
        `unlike its training if not sure and ${compared} less than ${percent(together)}`,
    );
  }
  return mlp.training ? [...lines, ...trainingLines(mlp.training, mlp)] : lines;
}

/** Returns the line with the settings that a person changed during the training. */
function steeredLines(steered: readonly Steered[]): string[] {
  if (steered.length === 0) return [];
  const changes = steered.map(({ step, setting, before, value }) =>
    `${setting} from ${before} to ${value} after step ${count(step)}`
  );
  return [
    `changed during the training: ${changes.join(", ")}; these settings alone do not give this network`,
  ];
}

/** Returns the lines that describe how a network was trained. */
function trainingLines(record: TrainingRecord, { columns }: Mlp): string[] {
  const { dataset, epochs, backend, config, inputScaling, inputNegative, targetScaling } = record;
  return [
    ...record.committee === undefined ? [] : [
      `committee of ${record.committee} networks, the mean of their outputs; the following is about the best of them`,
    ],
    `trained for ${epochs} of ${config.epochs} epochs on ${
      count(dataset.rows)
    } rows of ${dataset.source}, by ${backend}`,
    ...config.average > 0 ? [`parameters averaged over the steps by ${config.average}`] : [],
    ...inputScaling ? [`inputs: ${inputScalingText(inputScaling, config, columns)}`] : [],
    ...inputNegative === undefined ? [] : ["inputs: negated in training, because their background is light"],
    ...targetScaling ? [`targets standardized in training: ${scalingText(targetScaling)}`] : [],
    ...record.temperature === undefined
      ? []
      : [`calibrated: the last layer was divided by a temperature of ${amount(record.temperature)}`],
    Object.entries(config).map(([name, value]) => `${name} ${value}`).join(", "),
    ...steeredLines(record.steered ?? []),
  ];
}
