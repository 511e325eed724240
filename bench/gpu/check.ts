/**
 * Builds, tests and times the CUDA library on this machine's GPU, stage by stage, each in a separate process. After
 * every stage, it writes the results so far to `.cache/bench/gpu.json`, and to `gpu.json` in the folder `$OUT` if
 * that is set. It skips the stages for which no time is left, and lists their names. See ../README.md.
 * @module
 */
import { drawDigits } from "../../src/data/digits/digits.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { formatNpz, parseNpz } from "../../src/formats/npz.ts";
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath, shownPath, userPath } from "../../tasks/terminal/paths.ts";
import { projectVersion } from "../machine.ts";
import { CACHE } from "../peers.ts";
import { runToEnd } from "../run.ts";
import { type DeviceInfo, type GpuResult, notPassed, type StageResult, textTable } from "./result.ts";
import type { Setting, Stage } from "./stage.ts";
import { STAGES } from "./stages.ts";

const COMMAND = {
  name: "gpu-check",
  summary: "Builds, tests and times the CUDA library on this machine's GPU.",
  groups: {
    check: {
      title: "Check",
      options: {
        data: {
          kind: "text",
          value: "PATH",
          help: "MNIST as an .npz (default data/mnist.npz; if that is missing, drawn digits)",
        },
        python: { kind: "text", value: "PATH", help: "the Python of the peers (default python3)" },
        seconds: { kind: "integer", default: 470, min: 1, help: "time limit of the whole check" },
        quick: { kind: "boolean", default: false, help: "use tiny sizes, to test this program" },
        only: { kind: "text", value: "TEXT", help: "run only the stages whose name contains this text" },
      },
    },
  },
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** The folder of results and models; git ignores it. */
const RESULT = `${CACHE}/gpu.json`;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: Context): Promise<void> {
  const options = withDefaults(COMMAND.groups.check.options, given.check), begun = performance.now();
  const left = () => Math.floor(options.seconds - (performance.now() - begun) / 1000);
  await Deno.mkdir(CACHE, { recursive: true });
  const named = Deno.env.get("MLPCUDA_LIBRARY");
  const setting: Setting = {
    quick: options.quick,
    library: named ? userPath(named) : projectPath("cuda/libmlpcuda.so"),
    isGiven: Boolean(named),
    python: options.python,
    ...await findData(options),
  };
  const clocks: { start?: string; end?: string } = { start: await readClocks(signal) };
  const stages: StageResult[] = [], date = new Date().toISOString(), version = await projectVersion();
  let device: DeviceInfo | undefined;
  const result = (): GpuResult => ({
    date,
    version,
    quick: options.quick,
    data: setting.isMnist ? "MNIST" : "drawn digits",
    ...device && { device },
    clocks,
    stages,
  });
  for (const stage of STAGES) {
    const { name } = stage;
    if (options.only !== undefined && name !== "device" && !name.includes(options.only)) continue;
    const done = await runStage(stage, { setting, device, seconds: left(), signal });
    device ??= done.device;
    stages.push(done.result);
    const { status, reason, seconds } = done.result, took = `${seconds.toFixed(1)} s`;
    screen.note(`${status.padEnd(11)} ${name}, ${reason === undefined ? took : `${took}: ${reason}`}`);
    await write(result());
  }
  clocks.end = await readClocks(signal);
  await write(result());
  screen.note(`wrote ${shownPath(RESULT)}`);
  screen.row(`${device?.description ?? "no GPU"}, ${date}, mlpcuda ${version}`);
  for (const line of textTable(result())) screen.row(line);
  const unproven = notPassed(result());
  if (unproven.length > 0) throw new TaskError(`The check has failed: not passed are ${unproven.join(", ")}`);
  if (device === undefined) throw new TaskError("The check has failed: no GPU was opened");
}

/** Runs a stage, unless this run does not need it or cannot run it. */
async function runStage(
  { name, required, needsDevice, limit, excuse, obstacle, work }: Stage,
  { setting, device, seconds: left, signal }: {
    readonly setting: Setting;
    readonly device: DeviceInfo | undefined;
    readonly seconds: number;
    readonly signal: AbortSignal;
  },
): Promise<{ result: StageResult; device?: DeviceInfo }> {
  const begun = performance.now();
  const end = (status: StageResult["status"], reason?: string, readings: StageResult["readings"] = []) => ({
    result: { name, required, status, reason, seconds: (performance.now() - begun) / 1000, readings },
  });
  const excused = await excuse?.(setting, device);
  if (excused !== undefined) return end("not needed", excused);
  const reason = needsDevice && device === undefined ? "no GPU" : await obstacle?.(setting, device);
  if (reason !== undefined) return end("skipped", reason);
  if (left < 5) return end("out of time", "no time was left");
  try {
    const found = await work(setting, { timeout: Math.min(limit, left), signal }, device);
    return { ...end("passed", found.reason, found.readings), device: found.device };
  } catch (error) {
    signal.throwIfAborted();
    const { message } = error as Error, late = (error as { outOfTime?: boolean }).outOfTime === true;
    return end(late ? "out of time" : "failed", message);
  }
}

/** Returns the data set to train on: MNIST if the file exists, otherwise digits that this program draws. */
async function findData(
  { data, quick }: { readonly data?: string; readonly quick: boolean },
): Promise<Pick<Setting, "data" | "rows" | "isMnist">> {
  const path = data === undefined ? projectPath("data/mnist.npz") : userPath(data);
  const bytes = quick ? undefined : await Deno.readFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound && data === undefined) return undefined;
    throw error;
  });
  if (bytes !== undefined) {
    const { shape: [rows] } = await (await parseNpz(bytes, { name: path })).read("y_train");
    return { data: path, rows, isMnist: true };
  }
  const rows = quick ? 400 : 60_000, drawn = drawDigits({ count: rows, testCount: quick ? 100 : 10_000 });
  const arrays = (part: string, { inputs, labels = new Uint32Array() }: Dataset) => ({
    [`x_${part}`]: { shape: [labels.length, 28, 28], values: inputs as Uint8Array },
    [`y_${part}`]: { shape: [labels.length], values: Uint8Array.from(labels) },
  });
  const file = `${CACHE}/digits.npz`;
  await Deno.writeFile(file, formatNpz({ ...arrays("train", drawn.train), ...arrays("test", drawn.test!) }));
  return { data: file, rows, isMnist: false };
}

/**
 * Returns the GPU's name, driver, clocks in MHz, temperature and power, as nvidia-smi reports them; `undefined`
 * without nvidia-smi.
 */
async function readClocks(signal: AbortSignal): Promise<string | undefined> {
  const fields = "name,driver_version,pstate,clocks.sm,clocks.mem,temperature.gpu,power.draw";
  try {
    const { stdout } = await runToEnd(
      ["nvidia-smi", `--query-gpu=${fields}`, "--format=csv,noheader"],
      { timeout: 20, signal },
    );
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Writes the result, and copies it to `$OUT`, a folder that the task's permission flags cannot name. */
async function write(result: GpuResult): Promise<void> {
  await Deno.writeTextFile(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
  const out = Deno.env.get("OUT");
  if (!out) return;
  const { success, stderr } = await new Deno.Command("cp", { args: [RESULT, userPath(out)] }).output();
  if (!success) throw new TaskError(`Cannot write to OUT: ${new TextDecoder().decode(stderr).trim()}`);
}
