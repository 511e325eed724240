/** Training with several processes that an mpirun starts, for each MPI of this machine. @module */
import { join } from "@std/path";
import { CPU_LIBRARY, REQUIRED } from "../support/backends.ts";
import { within } from "../support/deadline.ts";
import { isGranted } from "../support/permissions.ts";
import { isReadable } from "../support/shared_files.ts";
import { type Folder, inFolder, type Outcome, ROOT } from "../tasks/support.ts";

/** An MPI as Debian installs it, beside others. */
interface Mpi {
  /** The name that a test's name has. */
  readonly name: string;
  /** The end of the names of its programs. */
  readonly suffix: string;
  /** The options of its mpirun for more processes than processors. */
  readonly options: readonly string[];
}

/** The MPIs that are tested. */
const MPIS: readonly Mpi[] = [
  { name: "MPICH", suffix: "mpich", options: [] },
  { name: "Open MPI", suffix: "openmpi", options: ["--oversubscribe"] },
];

/** The seconds after which a run that should have ended is taken for one that hangs. */
const LIMIT = 100;

/** A process of a run. */
export interface RunningRanks {
  /** Resolves when stdout has a text. */
  sees(text: string): Promise<void>;
  /** Returns the numbers of the processes that train. */
  processes(): Promise<number[]>;
  /** Resolves when none of these processes is left; mpirun may end a moment before them. */
  areGone(): Promise<void>;
  /** Resolves to the result at the end. */
  readonly outcome: Promise<Outcome>;
}

/** Runs `train` with several processes in the folder of a test. The first argument is the file of the model. */
export interface Runner {
  /** The folder, in which the options name files. */
  readonly folder: Folder;
  /** The name of the MPI. */
  readonly mpi: string;
  /** Runs `train --ranks mpi` with these options on `size` processes to its end. */
  run(size: number, ...args: string[]): Promise<Outcome>;
  /** Runs one process for each list of options. */
  runEach(...lists: readonly (readonly string[])[]): Promise<Outcome>;
  /** Runs a script with the path of the library as its argument, beside another rank that ends before MPI has started. */
  runBesideEnded(script: string): Promise<Outcome>;
  /** Starts `train --ranks mpi` with these options on `size` processes. */
  start(size: number, ...args: string[]): RunningRanks;
  /** Runs it on two processes, with the library of another MPI; `undefined` if no other is installed. */
  runWithOther(...args: string[]): Promise<Outcome> | undefined;
}

const NEEDED = [{ name: "read" }, { name: "write" }, { name: "run" }] as const;

/** Returns what this machine lacks for an MPI; `undefined` if nothing. */
function missing({ suffix }: Mpi): string | undefined {
  if (!isGranted(...NEEDED)) return "--allow-read, --allow-write and --allow-run";
  if (!isReadable(CPU_LIBRARY)) return "cpu/libmlpcpu.so";
  for (const program of [`mpicc.${suffix}`, `mpirun.${suffix}`]) {
    const folders = ["/usr/bin", "/usr/local/bin"];
    if (!folders.some((folder) => isReadable(`${folder}/${program}`))) return program;
  }
}

/** Registers a test for each MPI. If this machine lacks it, the test is ignored, and its name says what it needs. */
export function mpiTest(sentence: string, body: (runner: Runner) => Promise<void>): void {
  for (const mpi of MPIS) {
    const needs = missing(mpi);
    Deno.test({
      name: `${sentence} (${mpi.name}${needs === undefined ? "" : `: needs ${needs}`})`,
      ignore: needs !== undefined && !REQUIRED.includes("mpi"),
      fn: () => inFolder(async (folder) => await body(await runnerOf(mpi, folder))),
    });
  }
}

/** Builds the library of an MPI if it is missing or old, and returns its path. */
async function libraryOf({ suffix }: Mpi): Promise<string> {
  const file = `build/libmlpmpi-${suffix}.so`;
  const { success, stderr } = await new Deno.Command("make", {
    args: ["-s", "-C", "cpu", "-f", "mpi.mk", `MPICC=mpicc.${suffix}`, `MPI_LIBRARY=${file}`],
    cwd: ROOT,
    env: { MAKEFLAGS: "", MAKELEVEL: "" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return join(ROOT, "cpu", file);
}

async function runnerOf(mpi: Mpi, folder: Folder): Promise<Runner> {
  const library = await libraryOf(mpi),
    other = MPIS.find((each) => each !== mpi && missing(each) === undefined);
  const otherLibrary = other && await libraryOf(other);
  const taskOf = (library: string) => [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "-P=mlpcuda", "--allow-write"],
    ...[`--allow-ffi=${library},${CPU_LIBRARY}`, "tasks/train.ts", "--ranks", "mpi"],
  ];
  const spawn = (parts: readonly (readonly string[])[], used = library) =>
    watch(
      folder.path,
      new Deno.Command(`mpirun.${mpi.suffix}`, {
        args: [...mpi.options, ...parts.flatMap((part, at) => at === 0 ? part : [":", ...part])],
        cwd: ROOT,
        env: {
          INIT_CWD: folder.path,
          NO_COLOR: "1",
          MLPCUDA_MPI_LIBRARY: used,
          OMPI_ALLOW_RUN_AS_ROOT: "1",
          OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
  // The absolute path of the model marks the processes of this test.
  const part = (size: number, [model, ...args]: readonly string[], used = library) => {
    return ["-n", `${size}`, ...taskOf(used), "--output", join(folder.path, model), ...args];
  };
  const start = (size: number, ...args: string[]) => spawn([part(size, args)]);
  return {
    folder,
    mpi: mpi.name,
    start,
    run: (size, ...args) => start(size, ...args).outcome,
    runEach: (...lists) => spawn(lists.map((args) => part(1, args))).outcome,
    runBesideEnded(script) {
      const alone = [
        Deno.execPath(),
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        `--allow-ffi=${library}`,
      ];
      return spawn([
        ["-n", "1", ...alone, "--allow-read", script, library],
        ["-n", "1", "sh", "-c", "exit 0"],
      ]).outcome;
    },
    runWithOther: (...args) =>
      otherLibrary === undefined ? undefined : spawn([part(2, args, otherLibrary)], otherLibrary).outcome,
  };
}

function watch(path: string, process: Deno.ChildProcess): RunningRanks {
  let stdout = "";
  const waiting = new Set<() => void>();
  const reading = (async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      stdout += text;
      for (const look of waiting) look();
    }
    for (const look of waiting) look();
  })();
  const outcome = (async () => {
    const stderr = await new Response(process.stderr).text(), { code } = await process.status;
    await reading;
    return { code, stdout, stderr };
  })();
  const kill = () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const limited = within(LIMIT, outcome).catch((error) => {
    kill();
    throw error;
  });
  limited.catch(() => {}); // a test that fails earlier does not wait for it
  return {
    outcome: limited,
    sees: (text) =>
      within(
        LIMIT,
        new Promise<void>((done) => {
          const look = () => stdout.includes(text) && done();
          waiting.add(look);
          look();
        }),
      ),
    processes: () => trainingIn(path),
    areGone: () =>
      within(
        10,
        (async () => {
          while ((await trainingIn(path)).length > 0) await new Promise((done) => setTimeout(done, 100));
        })(),
      ),
  };
}

/** Prints the processes whose options name a file in the folder $1, and whose program is deno. */
const PROCESSES = 'for file in $(grep -lF "$1" /proc/[0-9]*/cmdline); do process=${file%/cmdline}; ' +
  '[ "$(cat "$process/comm")" = deno ] && echo "${process#/proc/}"; done';

/** Returns the processes that train in a folder, in the order of their start. */
async function trainingIn(path: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", PROCESSES, "sh", path], stderr: "null" })
    .output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").map(Number).sort((a, b) =>
    a - b
  );
}
