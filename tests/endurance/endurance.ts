/**
 * Trains for thousands of epochs in a process of its own, and reads its memory, open files and threads meanwhile:
 *
 * ```
 * deno task test:endurance                                         2,000 epochs each on cpu, wasm and the CUDA emulation
 * deno task test:endurance --backends wasm --epochs 1000 --no-record
 * ```
 *
 * On cpu and wasm, a checkpoint is written after the epochs, the page is open, and drawings are predicted all the time. The
 * figures become `bench/results/endurance.json`. The exit code is 1 if memory, files or threads grow. Needs Linux.
 * @module
 */
import { join } from "@std/path";
import { startMeasuring, writeResult } from "../../bench/results.ts";
import { INK_SIDE, ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import { loadCheckpoint } from "../../src/training/checkpoint.ts";
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath } from "../../tasks/terminal/paths.ts";
import { type Line, LINE_EPOCHS, type LongRun } from "./long_run.ts";
import { type Reading, readProcess, slopeOf } from "./watched_process.ts";

/** The runs by name. */
const RUNS = {
  cpu: { backend: "cpu", rows: 2000, hidden: [128, 64], page: true },
  wasm: { backend: "wasm", rows: 2000, hidden: [128, 64], page: true },
  emulation: { backend: "cuda", library: "cuda/libmlpcuda_emulated.so", rows: 40, hidden: [8], page: false },
} as const satisfies Record<string, Omit<LongRun, "epochs" | "checkpoint">>;

/** The share of a run that is not part of the line, because the process still compiles code and fills caches. */
const WARM_UP = 0.3;

/** The growth of memory over a run that counts as none, in MB: the garbage collector moves it by as much. */
const FLAT_MB = 16;

/** Threads more than before that count as no growth: Deno starts some for files when it needs them, and keeps them a while. */
const MORE_THREADS = 4;

/**
 * The size of the part of V8's heap for new objects. By default it grows in steps of up to 16 MB, late in a run, too. With
 * `gc()`, the process collects garbage before each reading.
 */
const V8_FLAGS = "--v8-flags=--expose-gc,--min-semi-space-size=16,--max-semi-space-size=16";

/** Milliseconds between two drawings. */
const PAUSE = 50;

const COMMAND = {
  name: "test:endurance",
  summary:
    "Trains for thousands of epochs with the page open, and checks that memory, files and threads do not grow.",
  groups: {
    run: {
      title: "Runs",
      options: {
        backends: { kind: "text", value: "NAMES", help: "runs to do, by default cpu,wasm,emulation" },
        epochs: { kind: "integer", default: 2000, min: 1000, help: "epochs of each run" },
        data: {
          kind: "text",
          value: "PATH",
          help: "MNIST as an .npz, for its first rows; by default drawn digits",
        },
        noRecord: { kind: "boolean", default: false, help: "do not write bench/results/endurance.json" },
      },
    },
  },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { epochs, noRecord } = withDefaults(COMMAND.groups.run.options, given.run);
  const { backends = Object.keys(RUNS).join(","), data } = given.run;
  const start = await startMeasuring(), runs: Result[] = [], faults: string[] = [];
  for (const name of backends.split(",") as (keyof typeof RUNS)[]) {
    if (!Object.hasOwn(RUNS, name)) throw new TaskError(`Unknown run ${JSON.stringify(name)}`);
    signal.throwIfAborted();
    const result = await runLong(name, { epochs, data }, (text) => screen.progress(text));
    runs.push(result);
    const { growthMB, predictions, checkpoints } = result;
    const served = result.page ? `, ${predictions} predictions` : "";
    screen.row(
      `${name}: ${epochs} epochs, ${checkpoints} checkpoints${served}, memory ${
        growthMB.toFixed(1)
      } MB, of which objects ${result.heapGrowthMB.toFixed(1)} MB`,
    );
    faults.push(...faultsOf(result));
  }
  if (!noRecord) {
    const found = { flatMB: FLAT_MB, warmUp: WARM_UP, runs: runs.map(thinned) };
    screen.row(`wrote ${await writeResult("endurance", start, found)}`);
  }
  if (faults.length > 0) throw new TaskError(faults.join("; "));
}

/** The figures of a run. */
interface Result {
  readonly name: string;
  readonly page: boolean;
  readonly rows: number;
  readonly hidden: readonly number[];
  readonly source: string;
  readonly epochs: number;
  readonly seconds: number;
  readonly checkpoints: number;
  /** Predictions with an answer, and others. */
  readonly predictions: number;
  readonly errors: number;
  /** Lines that the stream of the page received. */
  readonly messages: number;
  /** The growth of memory over the run by the line that fits the readings after the warm-up, and its standard error. */
  readonly growthMB: number;
  readonly growthErrorMB: number;
  /** The growth of the live objects of JavaScript, in the same way; the page keeps the results of each epoch. */
  readonly heapGrowthMB: number;
  readonly epoch: readonly number[];
  readonly residentMB: readonly number[];
  readonly heapMB: readonly number[];
  readonly files: readonly number[];
  readonly threads: readonly number[];
}

async function runLong(
  name: keyof typeof RUNS,
  { epochs, data }: { readonly epochs: number; readonly data?: string },
  show: (text: string) => void,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" }), began = performance.now();
  const run: LongRun = { ...RUNS[name], epochs, data, checkpoint: join(folder, "checkpoint.npz") };
  const readings: Reading[] = [], heapMB: number[] = [], page = createPage();
  try {
    await using child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--allow-all",
        V8_FLAGS,
        projectPath("tests/endurance/long_run.ts"),
        JSON.stringify(run),
      ],
      cwd: projectPath("."),
      stdout: "piped",
    }).spawn();
    let end: { readonly checkpoints: number; readonly source: string } | undefined;
    for await (const line of linesOf(child.stdout)) {
      if ("url" in line) page.open(line.url);
      else if ("epoch" in line) {
        readings.push(await readProcess(child.pid, line.epoch));
        heapMB.push(line.heapMB);
        show(`${name}: epoch ${line.epoch} of ${epochs}, ${readings[readings.length - 1].residentMB} MB`);
        if (line.epoch > epochs - LINE_EPOCHS && run.page) await page.close();
      } else end = line;
    }
    const { code } = await child.status;
    if (code !== 0 || !end) throw new TaskError(`The run on ${name} has ended with exit code ${code}`);
    const { progress } = await loadCheckpoint(run.checkpoint);
    if (progress.epoch !== epochs + 1) {
      throw new TaskError(`The last checkpoint of ${name} is of epoch ${progress.epoch}`);
    }
    const from = readings.findIndex(({ epoch }) => epoch > WARM_UP * epochs), span = (1 - WARM_UP) * epochs;
    const fit = (values: readonly number[]) =>
      slopeOf(values.slice(from).map((value, index) => [readings[from + index].epoch, value]));
    const residentMB = readings.map(({ residentMB }) => residentMB), { slope, error } = fit(residentMB);
    return {
      ...{ name, page: run.page, rows: run.rows, hidden: run.hidden, epochs, ...end, ...page.counts() },
      seconds: (performance.now() - began) / 1000,
      growthMB: slope * span,
      growthErrorMB: error * span,
      heapGrowthMB: fit(heapMB).slope * span,
      epoch: readings.map(({ epoch }) => epoch),
      ...{ residentMB, heapMB },
      files: readings.map(({ files }) => files),
      threads: readings.map(({ threads }) => threads),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns a result with ten of its readings, as it is written. */
function thinned(result: Result): Result {
  const step = Math.ceil(result.epoch.length / 10);
  const some = (values: readonly number[]) => values.filter((_, index) => (index + 1) % step === 0);
  const { epoch, residentMB, heapMB, files, threads } = result;
  return {
    ...result,
    ...{ epoch: some(epoch), residentMB: some(residentMB), heapMB: some(heapMB) },
    ...{ files: some(files), threads: some(threads) },
  };
}

/** Returns the things that have grown in a run. */
function faultsOf(
  { name, page, epoch, epochs, growthMB, errors, predictions, files, threads }: Result,
): string[] {
  const from = epoch.findIndex((at) => at > WARM_UP * epochs), faults: string[] = [];
  if (growthMB > FLAT_MB) faults.push(`the memory of ${name} grew by ${growthMB.toFixed(1)} MB`);
  if (page && (errors > 0 || predictions === 0)) {
    faults.push(`${errors} predictions of ${name} had no answer`);
  }
  for (const [what, counts] of [["open files", files], ["threads", threads]] as const) {
    const middle = from + Math.ceil((counts.length - from) / 2);
    const most = (part: readonly number[]) => Math.max(...part), more = what === "threads" ? MORE_THREADS : 0;
    if (most(counts.slice(middle)) > most(counts.slice(from, middle)) + more) {
      faults.push(`the ${what} of ${name} grew`);
    }
  }
  return faults;
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Line> {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Returns an open page: it reads the stream, and sends a drawing every 50 ms. */
function createPage() {
  let predictions = 0, errors = 0, messages = 0, isClosing = false, ending: Promise<unknown> | undefined;
  let quit = async () => {};
  const open = async (url: string) => {
    const page = await (await fetch(url)).text(),
      token = /name="token" content="(\w+)"/.exec(page)?.[1] ?? "";
    const post = (route: string, body: BodyInit, type: string) =>
      fetch(new URL(route, url), {
        method: "POST",
        headers: { [TOKEN_HEADER]: token, "content-type": type },
        body,
      });
    quit = async () => void await (await post(ROUTES.quit, "{}", "application/json")).body?.cancel();
    const watch = async () => {
      const { body } = await post(ROUTES.watch, "{}", "application/json");
      for await (const bytes of body!) messages += bytes.filter((byte) => byte === 10).length;
    };
    const draw = async () => {
      while (!isClosing) {
        const sheet = new Uint8Array(INK_SIDE * INK_SIDE), left = 40 + predictions % 100;
        for (let y = 40; y < 150; y++) sheet.fill(255, y * INK_SIDE + left, y * INK_SIDE + left + 15);
        const answer = await post(ROUTES.predict, sheet, "application/octet-stream")
          .then(async (response) => response.ok && (await response.json()).guess !== undefined, () => false);
        if (answer) predictions++;
        else errors++;
        await new Promise((done) => setTimeout(done, PAUSE));
      }
    };
    await Promise.all([watch(), draw()]);
  };
  return {
    open: (url: string) => void (ending = open(url)),
    async close(): Promise<void> {
      isClosing = true;
      await quit();
      await ending;
    },
    counts: () => ({ predictions, errors, messages }),
  };
}
