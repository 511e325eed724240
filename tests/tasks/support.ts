/** Runs the tasks as processes with the permissions of `deno.json`, each test in a new folder. @module */
import { fromFileUrl, join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { createRandom } from "../../src/random.ts";
import { isGranted } from "../support/permissions.ts";

/** The project's folder. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The end of the name of each test of a task. */
export const NEEDS = "(needs --allow-read --allow-write --allow-run)";

/** The tasks that train networks and use them. */
export type TaskName =
  | "train"
  | "sweep"
  | "eval"
  | "predict"
  | "export"
  | "gui"
  | "learn"
  | "info"
  | "explain";

/** The result of a process. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The folder of a test, in which the task is started. */
export interface Folder {
  /** Its absolute path. */
  readonly path: string;
  /** Writes a file. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Reads a file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The names of the files, sorted. */
  names(): string[];
  /** Runs a task to its end. */
  run(task: TaskName, ...args: string[]): Promise<Outcome>;
  /** Runs a task to its end, with other environment variables. */
  runIn(env: Readonly<Record<string, string>>, task: TaskName, ...args: string[]): Promise<Outcome>;
  /** Runs a task to its end, with these bytes on stdin. */
  feed(bytes: Uint8Array<ArrayBuffer>, task: TaskName, ...args: string[]): Promise<Outcome>;
  /** Starts a task. */
  start(task: TaskName, ...args: string[]): Deno.ChildProcess;
  /** Returns the folder with tasks that can open at most so many files. */
  withFiles(most: number): Folder;
  /** Starts a task whose stdin is a pipe. */
  startFed(task: TaskName, ...args: string[]): Deno.ChildProcess;
}

/** Registers a test of the tasks; it is ignored if it may not start processes and write files. */
export function taskTest(sentence: string, body: (folder: Folder) => Promise<void>): void {
  Deno.test({
    name: `${sentence} ${NEEDS}`,
    // The tests use POSIX signals, pipes and paths.
    ignore: !isGranted({ name: "read" }, { name: "write" }, { name: "run" }) || Deno.build.os === "windows",
    sanitizeOps: true,
    sanitizeResources: true,
    fn: () => inFolder(body),
  });
}

/** Runs `body` with a new folder, and removes the folder. */
export async function inFolder(body: (folder: Folder) => Promise<void>): Promise<void> {
  // The tasks print the path as the system resolves it, without symbolic links.
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "mlpcuda_test_" }));
  try {
    await body(openFolder(path));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

function openFolder(path: string, most?: number): Folder {
  const commandOf = (
    task: TaskName,
    args: string[],
    { stdin = "null", env = {} }: { stdin?: "null" | "piped"; env?: Readonly<Record<string, string>> } = {},
  ) => {
    const [, ...granted] = config.tasks[task].command.split(" ");
    const all = [...granted, ...args];
    const limited = ["-c", `ulimit -n ${most}; exec "$@"`, "sh", Deno.execPath(), ...all];
    return new Deno.Command(most === undefined ? Deno.execPath() : "sh", {
      args: most === undefined ? all : limited,
      cwd: ROOT,
      env: { INIT_CWD: path, NO_COLOR: "1", ...env },
      stdin,
      stdout: "piped",
      stderr: "piped",
    });
  };
  return {
    path,
    write: (name, bytes) => Deno.writeFile(join(path, name), bytes),
    read: (name) => Deno.readFile(join(path, name)),
    withFiles: (most) => openFolder(path, most),
    names: () => [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
    start: (task, ...args) => commandOf(task, args).spawn(),
    startFed: (task, ...args) => commandOf(task, args, { stdin: "piped" }).spawn(),
    run: async (task, ...args) => outcomeOf(await commandOf(task, args).output()),
    runIn: async (env, task, ...args) => outcomeOf(await commandOf(task, args, { env }).output()),
    feed: async (bytes, task, ...args) => {
      const process = commandOf(task, args, { stdin: "piped" }).spawn();
      const output = process.output();
      await new Blob([bytes]).stream().pipeTo(process.stdin);
      return outcomeOf(await output);
    },
  };
}

function outcomeOf({ code, stdout, stderr }: Deno.CommandOutput): Outcome {
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The options of `drawImages`. */
export interface ImageSpec {
  /** The number of training images. */
  readonly rows?: number;
  /** The number of test images; no test set for 0. */
  readonly testRows?: number;
  /** The shape of the images. */
  readonly shape?: readonly number[];
  /** The number of classes. */
  readonly classes?: number;
  /** The share of labels that are independent of their image. */
  readonly wrong?: number;
}

/** Returns a set's arrays of images: noise with a bright spot at the place of the class; `int64` labels. */
export function drawImages(spec: ImageSpec = {}): Record<string, NpzInput> {
  const { rows = 240, testRows = 60, shape = [5, 4], classes = 3, wrong = 0 } = spec;
  const random = createRandom(1, 102);
  const pixels = shape.reduce((a, b) => a * b, 1);
  const draw = (count: number) => {
    const labels = Array.from({ length: count }, (_, row) => row % classes);
    const x = Uint8Array.from({ length: count * pixels }, (_, at) => {
      const spot = labels[Math.floor(at / pixels)] * Math.floor(pixels / classes);
      return Math.floor(random.next() * 120) + (at % pixels === spot ? 135 : 0);
    });
    const y = labels.map((label) => random.next() < wrong ? random.below(classes) : label);
    return {
      x: { shape: [count, ...shape], values: x },
      y: { shape: [count], values: BigInt64Array.from(y, BigInt) },
    };
  };
  const train = draw(rows);
  if (testRows === 0) return { x_train: train.x, y_train: train.y };
  const test = draw(testRows);
  return { x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y };
}

/** Returns rows whose target values are a product of their inputs. */
export function drawRegression(): Record<string, NpzInput> {
  const random = createRandom(1, 103);
  const draw = (count: number) => {
    const x = Float32Array.from({ length: count * 2 }, () => random.normal());
    const y = Float32Array.from({ length: count }, (_, row) => x[2 * row] * x[2 * row + 1]);
    return { x: { shape: [count, 2], values: x }, y: { shape: [count, 1], values: y } };
  };
  const train = draw(400), test = draw(100);
  return { x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y };
}

/** Returns the bytes of a set's file. */
export function setFile(arrays: Record<string, NpzInput> = drawImages()): Uint8Array<ArrayBuffer> {
  return formatNpz(arrays);
}

/** Splits a text that ends with a line break into lines. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** Parses the objects that `--json` prints, one on each line. */
export function jsonOf({ stdout }: Outcome): Record<string, unknown>[] {
  return linesOf(stdout).map((line) => JSON.parse(line));
}
