/**
 * Runs one trial. A run of `train --checkpoint` is ended or disturbed at some moment, and the files that it leaves
 * are checked. The next run then resumes, and its model is compared with that of an undisturbed run.
 * @module
 */
import { dirname, join } from "@std/path";
import { loadCheckpoint } from "../../src/training/checkpoint.ts";
import { Mlp } from "../../src/mlp.ts";
import { drawImages, type Folder, inFolder, type Outcome, setFile } from "../tasks/support.ts";

/** The names of the files that killed processes leave, and that the next run removes. */
const LEFT = /\.(part|lock)$/;

/** The signal that ends a run, or a full disk. */
export type Disturbance = "SIGKILL" | "SIGTERM" | "SIGHUP" | "full disk";

/** The state of the disturbed run when it ended, for the counts of the summary. */
export type Moment = "before its first file" | "under way" | "after its last checkpoint" | "after its end";

/** The reference data that all trials share. */
export interface Course {
  /** The time that a run takes, in milliseconds. */
  readonly milliseconds: number;
  /** The SHA-256 of the model of an undisturbed run. */
  readonly model: string;
  /** The SHA-256 of the model of an earlier run, which exists when each trial begins. */
  readonly older: string;
  /** The bytes of the earlier model and of the data set. */
  readonly files: { readonly older: Uint8Array; readonly set: Uint8Array };
}

const RUN = ["--data", "set.npz", "--backend", "wasm", "--threads", "1", "-q", "--epochs", "60"];

const OUTPUTS = ["-o", "disk/m.npz", "--checkpoint", "disk/c.npz"];

/** Runs once without a disturbance, to measure the time and the expected model. */
export async function prepareCourse(): Promise<Course> {
  let course: Course | undefined;
  await inFolder(async (folder) => {
    const set = setFile(drawImages({ rows: 300 }));
    await folder.write("set.npz", set);
    expectEnd(await folder.run("train", ...RUN, "--seed", "2", "-o", "older.npz"), 0);
    let milliseconds = 0;
    for (const name of ["first", "second"]) { // the first run fills the caches; the second is measured
      const started = performance.now();
      expectEnd(await folder.run("train", ...RUN, "-o", `${name}.npz`, "--checkpoint", `${name}_c.npz`), 0);
      milliseconds = performance.now() - started;
    }
    const older = await folder.read("older.npz"), model = await digest(join(folder.path, "second.npz"));
    course = {
      milliseconds,
      model,
      older: await digest(join(folder.path, "older.npz")),
      files: { older, set },
    };
  });
  return course!;
}

/**
 * Runs a trial.
 *
 * @param options `at` is the moment as a share of the time that a run takes
 * @throws {Error} if anything was lost or left over, with its description
 */
export async function runTrial(
  course: Course,
  { disturbance, at }: { readonly disturbance: Disturbance; readonly at: number },
): Promise<Moment> {
  let moment: Moment | undefined;
  await inFolder(async (folder) => {
    const disk = join(folder.path, "disk");
    await Deno.mkdir(disk);
    await folder.write("set.npz", course.files.set);
    if (disturbance === "full disk") await command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
    try {
      await folder.write("disk/m.npz", course.files.older);
      moment = await disturbedRun(folder, course, { disturbance, at });
      await nextRun(folder, course);
    } finally {
      if (disturbance === "full disk") await command("umount", disk);
    }
  });
  return moment!;
}

/** Runs until the disturbance, and checks that every file is whole and nothing finished is lost. */
async function disturbedRun(
  folder: Folder,
  course: Course,
  { disturbance, at }: { readonly disturbance: Disturbance; readonly at: number },
): Promise<Moment> {
  const disk = join(folder.path, "disk"), filler = join(disk, "filler");
  const process = folder.start("train", ...RUN, ...OUTPUTS), output = process.output();
  const timer = setTimeout(() => {
    if (disturbance === "full disk") return fill(filler);
    try {
      process.kill(disturbance);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the process has ended already
    }
  }, at * course.milliseconds);
  const { code, stderr: bytes } = await output;
  clearTimeout(timer);
  const stderr = new TextDecoder().decode(bytes);
  const codes = { SIGKILL: [137, 0], SIGTERM: [143, 0], SIGHUP: [129, 0], "full disk": [0, 1] }[disturbance];
  expect(codes.includes(code), `it ended with ${code}: ${stderr}`);

  const left = names(disk);
  const isGraceful = code <= 1 || stderr.includes("Interrupted: ");
  expect(!isGraceful || !left.some((name) => LEFT.test(name)), `it left ${left.join(", ")}`);
  for (const name of left.filter((name) => name.endsWith(".npz"))) await checkWhole(join(disk, name));
  const model = await digest(join(disk, "m.npz"));
  expect([course.older, course.model].includes(model), "m.npz is neither the older model nor the new one");
  if (model === course.model) {
    expect(await digest(join(disk, "m.previous.npz")) === course.older, "the older model is lost");
  }
  if (code === 1) await takeRescued(folder, course, stderr);
  if (disturbance === "full disk") await Deno.remove(filler).catch(() => {});
  if (!left.includes("c.npz")) return "before its first file";
  const { progress, config } = await loadCheckpoint(join(disk, "c.npz"));
  if (model === course.model) return "after its end";
  return progress.epoch > config.epochs ? "after its last checkpoint" : "under way";
}

/** Resumes from the files that are left, and checks the result. */
async function nextRun(folder: Folder, course: Course): Promise<void> {
  const disk = join(folder.path, "disk");
  const resume = names(disk).includes("c.npz") ? ["--resume", "disk/c.npz", ...RUN.slice(0, -2)] : RUN;
  expectEnd(await folder.run("train", ...resume, ...OUTPUTS), 0);
  expect(
    await digest(join(disk, "m.npz")) === course.model,
    "the model has other bytes than that of an undisturbed run",
  );
  expect(
    await digest(join(disk, "m.previous.npz")) === course.older,
    "the older model is lost after the next run",
  );
  const left = names(disk).filter((name) => LEFT.test(name));
  expect(left.length === 0, `the next run left ${left.join(", ")}`);
}

/** Checks that the messages name the places of whole rescued files, and moves a checkpoint back to its place. */
async function takeRescued(folder: Folder, course: Course, stderr: string): Promise<void> {
  const places = [...stderr.matchAll(/^error: Cannot save to .*; the (model|checkpoint) is in "(.*)"$/gm)];
  expect(places.length > 0, `no second place is named: ${stderr}`);
  for (const [, kind, shown] of places) {
    const path = shown.startsWith("/") ? shown : join(folder.path, shown);
    await checkWhole(path);
    if (kind === "model") {
      expect(await digest(path) === course.model, "the rescued model is not the finished one");
    }
    if (!path.startsWith(folder.path)) await Deno.remove(dirname(path), { recursive: true });
  }
}

/** Fills the file system of a file. */
function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  try {
    for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
      const block = new Uint8Array(size);
      try {
        while (file.writeSync(block) > 0);
      } catch (error) {
        if (!(error as Error).message.includes("No space left")) throw error;
      }
    }
  } finally {
    file.syncSync();
  }
}

/** Checks that a file is a whole model, or a whole checkpoint if it is a file `c.*`. */
async function checkWhole(path: string): Promise<void> {
  if (/\/c\.[^/]*$/.test(path)) await loadCheckpoint(path);
  else await Mlp.load(path);
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  expect(success, `${name} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Returns true if this process may mount a file system. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
  try {
    await command("mount", "-t", "tmpfs", "tmpfs", folder);
    await command("umount", folder);
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(folder);
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function digest(path: string): Promise<string> {
  const bytes = await Deno.readFile(path).catch(() => undefined);
  if (bytes === undefined) return "no file";
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function expectEnd({ code, stderr }: Outcome, wanted: number): void {
  expect(code === wanted, `the run ended with ${code}: ${stderr}`);
}

function expect(condition: boolean, fault: string): void {
  if (!condition) throw new Error(fault);
}
