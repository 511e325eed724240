/**
 * The stages of the check of a GPU, the most important first, so that the last ones are skipped if time runs out.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { projectPath } from "../../tasks/terminal/paths.ts";
import { CACHE, type Job, peerFlags, pythonWith, script, succeeds } from "../peers.ts";
import { run, type RunOptions, runToEnd } from "../run.ts";
import { median, timedEpochs } from "../summary.ts";
import { LARGE, networkName, SMALL, weightsOf } from "./jobs.ts";
import { BENCHES, instrument, MODEL, wasBuilt } from "./instrument_stages.ts";
import type { Reading } from "./reading.ts";
import { type DeviceInfo, STEP } from "./result.ts";
import { NOTHING, type Setting, type Stage } from "./stage.ts";

/**
 * The mean test accuracy of the default job over seeds 1 to 5 on the CPU (docs/speed.md), and the largest allowed
 * difference of a GPU's.
 */
const KNOWN_ACCURACY = 0.9815, ACCURACY_MARGIN = 0.0015;

/** The executable of the kernels' tests, built for a GPU. */
const KERNELS_TEST = "cuda/build/gpu/kernels_test";

/** All stages. */
export const STAGES: readonly Stage[] = [
  {
    name: "build",
    required: true,
    needsDevice: false,
    limit: 240,
    excuse: ({ isGiven }) => isGiven ? "the library is given" : undefined,
    obstacle: async () => await succeeds(["nvcc", "--version"]) ? undefined : "nvcc not found",
    async work(_, options) {
      // One call, which builds everything at the same time.
      const jobs = `-j${navigator.hardwareConcurrency}`;
      const programs = [KERNELS_TEST, MODEL, ...BENCHES.map((name) => `cuda/build/gpu/bench/${name}`)];
      const targets = programs.map((path) => path.slice("cuda/".length));
      await runToEnd(["make", "-C", "cuda", jobs, "libmlpcuda.so", ...targets], options);
      return NOTHING;
    },
  },
  measurement("device", { limit: 60, needsDevice: false }),
  instrument("constants", "constants"),
  instrument("phases", "phases"),
  instrument("kernels alone", "kernels"),
  {
    name: "kernels",
    required: true,
    needsDevice: true,
    limit: 60,
    excuse: kernelsAreEmulated,
    obstacle: noKernelsTest,
    async work(_, options) {
      await runToEnd([KERNELS_TEST], options);
      return NOTHING;
    },
  },
  {
    name: "conformance",
    required: true,
    needsDevice: true,
    limit: 150,
    obstacle: ({ library }) => {
      const isTested = ["cuda/libmlpcuda.so", "cuda/libmlpcuda_emulated.so"].map(projectPath).includes(
        library,
      );
      return Promise.resolve(isTested ? undefined : "the tests use only the libraries in cuda/");
    },
    async work({ quick, library }, options, device) {
      const backend = device?.emulated ? "cuda-emulated" : "cuda";
      const path = quick ? "tests/backends/write_inputs_test.ts" : "tests/backends";
      const { stdout } = await runToEnd(conformanceCommand(library, backend, path), {
        ...options,
        env: { MLPCUDA_REQUIRE: backend, NO_COLOR: "1" },
      });
      checkCounts(stdout);
      return NOTHING;
    },
  },
  measurement("bits", { limit: 60 }),
  measurement("memory", { limit: 60 }),
  measurement("steps", { limit: 60 }),
  {
    name: "training",
    required: true,
    needsDevice: true,
    limit: 60,
    work: async (setting, options) => ({ readings: await trainToFile(setting, options) }),
  },
  measurement("large", { limit: 60 }),
  // A check with little time compares with these peers. Even if each takes as long as it may, the others have time.
  peer("PyTorch, CUDA graphs", { file: "pytorch_gpu_mlp.py", module: "torch", flags: ["--mode", "graphs"] }),
  peer("JAX, jit of lax.scan", { file: "jax_mlp.py", module: "jax" }),
  peer("CuPy, as NumPy is written", { file: "cupy_mlp.py", module: "cupy" }),
  sanitizer("memcheck", 60),
  sanitizer("synccheck", 60),
  sanitizer("initcheck", 60),
  {
    name: "accuracy of five seeds",
    required: true,
    needsDevice: true,
    limit: 60,
    excuse: ({ quick }) => quick ? "a tiny run does not train long enough" : undefined,
    obstacle: ({ isMnist }) => Promise.resolve(isMnist ? undefined : "MNIST not found"),
    work: async (setting, options) => ({ readings: await trainSeeds(setting, options) }),
  },
  measurement("inference", { limit: 30 }),
  // The slowest required stage: with fewer than half of the present epochs, it took 25 s on an H100.
  sanitizer("racecheck", 150),
  peer("PyTorch, eager", { file: "pytorch_gpu_mlp.py", module: "torch", flags: ["--mode", "eager"] }),
  ...LARGE.flatMap((hidden) => [128, 1024].map((batchSize) => largePeer(hidden, batchSize))),
  peer("PyTorch, compiled", { file: "pytorch_gpu_mlp.py", module: "torch", flags: ["--mode", "compile"] }),
];

/**
 * Returns the command line that runs the tests in the folder `path` with this library, limited to `backend`, so that
 * a fault of another backend on this machine does not fail the check of the GPU.
 */
export function conformanceCommand(
  library: string,
  backend: "cuda" | "cuda-emulated",
  path: string,
): string[] {
  const flags = ["--no-prompt", "--allow-read", `--allow-ffi=${library}`, "--allow-env=MLPCUDA_REQUIRE"];
  return [Deno.execPath(), "test", ...flags, "--filter", `/\\(${backend.replace("-", " ")}[,)]/`, path];
}

/**
 * Checks that Deno's summary counts at least one test and no ignored ones.
 *
 * @throws {Error} if it counts no test or an ignored one
 */
export function checkCounts(stdout: string): void {
  const summary = stdout.match(/^ok \| (\d+) passed.*$/m);
  if (summary && Number(summary[1]) > 0 && !summary[0].includes("ignored")) return;
  throw new Error(
    `The suites need at least one test and none ignored, found ${summary?.[0] ?? "no summary"}`,
  );
}

/** Returns the command line of a task that may load this library, in place of those that its permission set names. */
function denoCommand(task: "train", library: string): string[] {
  const [, subcommand, ...flags] = config.tasks[task].command.split(" ");
  return [Deno.execPath(), subcommand, `--allow-ffi=${library}`, ...flags];
}

/** Returns a stage that runs a measurement of `measure.ts`. */
function measurement(
  name: string,
  { limit, needsDevice = true }: { readonly limit: number; readonly needsDevice?: boolean },
): Stage {
  return {
    name,
    required: true,
    needsDevice,
    limit,
    async work({ quick, library }, options) {
      const flags = ["--no-prompt", "--allow-read", `--allow-ffi=${library}`, "--allow-env=MLPCUDA_LIBRARY"];
      const { stdout } = await runToEnd(
        [Deno.execPath(), "run", ...flags, "bench/gpu/measure.ts", name, ...quick ? ["--quick"] : []],
        { ...options, env: { MLPCUDA_LIBRARY: library } },
      );
      return JSON.parse(stdout);
    },
  };
}

function kernelsAreEmulated(_: Setting, device: DeviceInfo | undefined): string | undefined {
  return device?.emulated ? "the device is emulated, and `make cuda-test` tests that" : undefined;
}

async function noKernelsTest(): Promise<string | undefined> {
  return await wasBuilt(KERNELS_TEST) ? undefined : `${KERNELS_TEST} was not built`;
}

/**
 * Returns the command line of the kernels' tests under a tool of compute-sanitizer. The tests provoke driver errors
 * on purpose, so the tool is told not to report calls that fail.
 */
export function sanitizerCommand(tool: string): string[] {
  const flags = ["--tool", tool, "--report-api-errors", "no", "--error-exitcode", "1"];
  return ["compute-sanitizer", ...flags, KERNELS_TEST, "quick"];
}

/** Returns the stage that runs the kernels' tests under a tool of compute-sanitizer. */
function sanitizer(tool: string, limit: number): Stage {
  return {
    name: `compute-sanitizer ${tool}`,
    required: true,
    needsDevice: true,
    limit,
    excuse: kernelsAreEmulated,
    async obstacle() {
      if (!await succeeds(["compute-sanitizer", "--version"])) return "compute-sanitizer not found";
      return await noKernelsTest();
    },
    async work(_, options) {
      await runToEnd(sanitizerCommand(tool), options);
      return NOTHING;
    },
  };
}

/** Runs `deno task train`, timed from the start of the process. */
async function train(
  { library, data }: Setting,
  { epochs, seed, ...options }: RunOptions & { readonly epochs: number; readonly seed: number },
): Promise<{ seconds: number; epochSeconds: readonly number[]; testAccuracy: number }> {
  const given = { backend: "cuda", data, epochs, seed, output: `${CACHE}/gpu_model.npz` };
  const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [...denoCommand("train", library), ...flags, "--json", "--quiet", "--force"];
  const begun = performance.now();
  const outcome = await run(command, { ...options, env: { MLPCUDA_LIBRARY: library } });
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, epochSeconds: outcome.secondsPerEpoch, testAccuracy: outcome.testAccuracy };
}

async function trainToFile(setting: Setting, options: RunOptions): Promise<Reading[]> {
  const epochs = setting.quick ? 2 : 100;
  const { seconds, epochSeconds, testAccuracy } = await train(setting, { ...options, epochs, seed: 1 });
  const training = epochSeconds.reduce((sum, each) => sum + each, 0);
  return [
    { name: `${epochs} epochs, process start to saved model`, value: seconds, unit: "s" },
    { name: `${epochs} epochs, training alone`, value: training, unit: "s" },
    { name: "test accuracy after training", value: 100 * testAccuracy, unit: "%" },
  ];
}

async function trainSeeds(setting: Setting, options: RunOptions): Promise<Reading[]> {
  const found: number[] = [];
  for (const seed of [1, 2, 3, 4, 5]) {
    found.push((await train(setting, { ...options, epochs: 100, seed })).testAccuracy);
  }
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length,
    percent = (share: number) => 100 * share;
  if (!(Math.abs(mean - KNOWN_ACCURACY) <= ACCURACY_MARGIN)) {
    throw new Error(
      `The mean test accuracy is ${percent(mean)} %, it needs to be near ${percent(KNOWN_ACCURACY)} %`,
    );
  }
  const note = found.map((share) => percent(share).toFixed(2)).join(", ");
  return [{ name: "test accuracy, mean of seeds 1 to 5", value: percent(mean), unit: "%", note }];
}

interface Script {
  readonly file: string;
  readonly module: string;
  readonly flags?: readonly string[];
}

/** Returns the seconds of each epoch of a peer without the first epoch, which compiles and warms up. */
async function runPeer(
  { file, module, flags = [] }: Script,
  job: Omit<Job, "threads">,
  options: RunOptions,
): Promise<{ seconds: number; testAccuracy: number; version?: string }> {
  const python = await pythonWith(["numpy", module], job.python) ?? "python3";
  const shared = peerFlags({ ...job, threads: navigator.hardwareConcurrency });
  const outcome = await run([python, script(file), ...shared, ...flags], options);
  return { ...outcome, seconds: median(timedEpochs(outcome)) };
}

function needsModule(module: string): Stage["obstacle"] {
  return async ({ python }) =>
    await pythonWith(["numpy", module], python) === undefined ? `no Python with ${module}` : undefined;
}

/** Returns the stage of a peer on the default job. */
function peer(name: string, given: Script): Stage {
  return {
    name,
    required: false,
    needsDevice: true,
    limit: 60,
    obstacle: needsModule(given.module),
    async work({ data, rows, python }, options) {
      const job = { data, hidden: SMALL, epochs: 6, python };
      const { seconds, testAccuracy, version } = await runPeer(given, job, options);
      const value = seconds / Math.ceil(rows / 128) * 1e6, accuracy = (100 * testAccuracy).toFixed(1);
      const note = `${version}, ${accuracy} % of the test set after ${job.epochs} epochs`;
      return { readings: [{ name, value, unit: STEP, note }] };
    },
  };
}

/** Returns the stage of PyTorch with CUDA graphs on a large network. */
function largePeer(hidden: readonly number[], batchSize: number): Stage {
  const name = `${networkName(hidden)}, batch ${batchSize}, PyTorch with CUDA graphs`;
  const flags = ["--mode", "graphs", "--batch-size", `${batchSize}`];
  return {
    name,
    required: false,
    needsDevice: true,
    limit: 40,
    obstacle: async (setting, device) =>
      setting.quick ? "too large to be quick" : await needsModule("torch")?.(setting, device),
    async work({ data, rows, python }, options) {
      const job = { data, hidden, epochs: 4, python };
      const { seconds } = await runPeer({ file: "pytorch_gpu_mlp.py", module: "torch", flags }, job, options);
      return { readings: [{ name, value: 6 * rows * weightsOf(hidden) / seconds / 1e12, unit: "TFLOP/s" }] };
    },
  };
}
