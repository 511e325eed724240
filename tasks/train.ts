/** `deno task train`: trains a network and saves it. @module */
import { openBackend } from "../src/backends/open.ts";
import type { Checkpoint } from "../src/training/checkpoint_parts.ts";
import type { TrainConfig } from "../src/training/config.ts";
import { evaluate } from "../src/training/evaluate.ts";
import { Mlp } from "../src/mlp.ts";
import { train, type TrainEvent } from "../src/training/train.ts";
import { backendLines, type Trained, trainedOf } from "./shared/backend_lines.ts";
import { openData } from "./shared/data.ts";
import { dataOptionsOf } from "./shared/data_options.ts";
import { initOf, likeInputs, openStart } from "./shared/init_option.ts";
import { commandText } from "./report/command_text.ts";
import { isSameFile } from "./shared/kept_files.ts";
import { backendOptionsOf, DEFAULT_MODEL } from "./shared/options.ts";
import { refuseToOverwrite } from "./shared/output.ts";
import { noFiles, openRunFiles, refuseSameFile } from "./shared/run_files.ts";
import { aloneOrOnRanks, type Member, slicesLine } from "./shared/ranks.ts";
import { unlessAborted } from "./terminal/interrupt.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { shownPath, userPath } from "./terminal/paths.ts";
import { progressText } from "./terminal/progress.ts";
import type { Screen } from "./terminal/screen.ts";
import {
  checkDifferences,
  isMissing,
  readCheckpoint,
  readWithDifferences,
  restartsItself,
} from "./shared/resumed_run.ts";
import { recipeLine, withRecipe } from "./shared/recipes.ts";
import { checkRun, chooseRun } from "./shared/run_choice.ts";
import { dataNotes } from "./shared/run_notes.ts";
import {
  checkTeacherLoss,
  checkTeacherOptions,
  openTeacher,
  taught,
  teacherLines,
  withTeacher,
} from "./shared/teacher.ts";
import {
  checkConfig,
  checkPatience,
  configOf,
  configText,
  layersOf,
  networkText,
} from "./shared/training.ts";
import { COMMAND } from "./train/command.ts";
import { confusionLines, fasterLines, lossLines, nextCommand } from "./train/after.ts";
import { noRecords, openRecords, refuseRecords } from "./train/records.ts";
import { endOf, type PrintedJob, printer, resultJson, resultText } from "./train/results.ts";

type Context = TaskContext<typeof COMMAND["groups"]>;

/** A run that is about to start. */
interface Job extends PrintedJob {
  readonly mlp: Mlp;
  readonly config: Partial<TrainConfig>;
  readonly resume: Checkpoint | undefined;
}

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

/** The body of the task. */
export async function main(context: Context): Promise<void> {
  const { signal, screen } = context;
  screen.outliveStdout(); // training continues if the reader of stdout ends
  try {
    await aloneOrOnRanks(context, (member) => trainAndSave(context, member));
  } catch (error) {
    if (signal.aborted && error === signal.reason) screen.note("Nothing is saved: no step was done");
    throw error;
  }
}

async function trainAndSave(
  { given, screen, signal, program, args }: Context,
  { ranks, isFirst, ...member }: Member,
): Promise<void> {
  const { run } = given, restarts = await restartsItself(run);
  const { recipe, hidden, config: chosen } = withRecipe(given.config);
  const { config: settled, model: begun } = initOf(chosen, restarts ? {} : run);
  const output = userPath(run.output ?? DEFAULT_MODEL);
  const checkpoint = run.checkpoint === undefined ? undefined : userPath(run.checkpoint);
  const { checkpointEvery: every = 1 } = run;
  if (run.checkpointEvery !== undefined && checkpoint === undefined) {
    throw new UsageError("--checkpoint-every needs --checkpoint", { hint: "such as --checkpoint run.npz" });
  }
  const layers = given.network.layers === undefined ? undefined : layersOf(given.network.layers);
  const { data, layers: layersText, normalize, ...meaning } = given.network;
  const { data: options, ...scaled } = await dataOptionsOf(meaning);
  const wanted = { ...settled, ...scaled }, own = { layers, settings: wanted };
  const startsAnew = await member.fromFirst(restarts && await isMissing(userPath(run.resume!)));
  const resumed = startsAnew ? undefined : run.resume;
  if (resumed === undefined) checkConfig(wanted);
  checkTeacherOptions(given.teacher, wanted);
  const written = checkpoint === undefined ? [output] : [output, checkpoint];
  if (checkpoint !== undefined) refuseSameFile(output, checkpoint);
  if (isFirst) await unlessAborted(signal, refuseRecords(run, { output, checkpoint }));
  const read = resumed === undefined
    ? undefined
    : readCheckpoint(userPath(resumed), screen, { trustSizes: meaning.trustSizes });
  const { resume, damaged } = read === undefined ? {} : await unlessAborted(signal, read);
  if (startsAnew) screen.note(`${shownPath(checkpoint!)} does not exist yet: training starts anew`);
  else if (resume && begun !== undefined) {
    screen.note(`${shownPath(userPath(resumed!))} exists: training goes on from it, not from --init`);
  }
  let replaced: Mlp | undefined;
  for (const path of isFirst ? written : []) {
    // A damaged file may be replaced: its earlier version is kept already.
    if (damaged !== undefined && await isSameFile(path, damaged)) continue;
    const model = await unlessAborted(signal, refuseToOverwrite(path, run.force ?? false));
    if (path === output) replaced = model;
  }
  const shown = run.quiet ? {} : { screen };
  // A run that restarts itself has its model of --init in its checkpoint.
  const [model, means] = resume && begun !== undefined ? [] : [begun, normalize];
  const start = await openStart(model, {
    signal,
    program,
    ...shown,
    layers: layersText,
    normalize: means,
    trustSizes: meaning.trustSizes,
  });
  const teacher = await openTeacher(given.teacher, resume, {
    signal,
    program,
    ...shown,
    trustSizes: meaning.trustSizes,
  });
  const like = resume ? { like: new Mlp(resume.mlp) } : likeInputs(start);
  const { inputScaling } = wanted, open = { screen, signal };
  // Rank 0 downloads a set that is missing.
  const { sets, lines: dataLines } = await member.firstAlone(
    data === undefined,
    () => readWithDifferences(resume, own, () => openData(data, open, { ...options, ...like, inputScaling })),
  );
  if (resume === undefined) checkPatience(wanted, sets.validation);
  await using files = isFirst ? await openRunFiles(written, { screen, damaged, restarts, every }) : noFiles();
  const compared = { ...sets, train: withTeacher(sets.train, teacher) };
  if (resume) checkDifferences(resume, compared, own);
  const { mlp, config, notes } = resume
    ? { mlp: new Mlp(resume.mlp), config: wanted, notes: [] }
    : chooseRun(sets.train, { layers, hidden, config: wanted, start });
  const settings = configOf({ ...resume?.config, ...config });
  if (!resume) checkRun(mlp, sets.train, settings.loss);
  checkTeacherLoss(teacher, settings);
  const lines = [
    ...notes,
    ...teacherLines(teacher, settings),
    ...dataNotes(mlp, sets.train, settings, sets.validation),
  ];
  const { backend: named = "auto" } = run;
  const onNote = (note: string) => run.quiet || screen.note(note);
  await using backend = await openBackend(named, { ...backendOptionsOf(run), ranks, onNote });
  const validation = settings.validationSplit > 0 ? undefined : sets.validation;
  const taughtSet = await taught(sets.train, teacher, { backend, signal });
  const job: Job = { mlp, train: taughtSet, validation, test: sets.test, config, settings, resume };
  if (!run.quiet) {
    const before = named === "auto"
      ? trainedBefore({ output, replaced }, { path: resumed, resume })
      : undefined;
    for (const line of [...backendLines(backend, before), ...dataLines, ...lines]) screen.note(line);
    if (recipe !== undefined) screen.note(recipeLine(recipe, settled, mlp.layers));
    screen.note(`network  ${networkText(mlp)}`);
    screen.note(`training ${configText(settings, resume)}`);
    for (const line of slicesLine(resumed, resume, ranks)) screen.note(line);
  }
  const command = commandText(program, COMMAND, args);
  await using records = isFirst ? await openRecords(run, job, { screen, backend, command }) : noRecords();
  await member.begin();

  // An epoch is saved before its row is printed: the row of an epoch with a checkpoint then means that it is safe.
  let last: TrainEvent | undefined;
  const losses: number[] = [];
  const print = printer(job, screen, run);
  try {
    for await (const event of train(mlp, job.train, { ...trainOptions(job, screen, run), backend, signal })) {
      last = event;
      losses.push(event.trainLoss);
      await files.keep(event);
      await records.add(event);
      if (event.ended === undefined) print(event);
    }
  } catch (error) {
    // After any error, the network has the parameters of the last epoch that succeeded.
    const path = last && await files.end(mlp, last, { isFinished: hasFinished(last) });
    if (last && path !== undefined) {
      screen.note(`saved the model of epoch ${last.epoch} to ${shownPath(path)}`);
    }
    for (const { message } of files.faults) screen.error(message);
    throw error;
  }
  member.end();
  if (!isFirst) return;
  const end = last ?? endOf(resume, config.epochs);
  if (end === undefined) return screen.note("Nothing is saved: no step was done");
  const path = await files.end(mlp, last, { isFinished: hasFinished(end) });
  if (last?.ended) print(last);
  // With patience, the network may be that of an earlier epoch than the last one; calibration changes it after the last one.
  const isTested = last?.ended === "finished" && settings.patience === 0 && !settings.calibrate;
  const test = job.test && (isTested ? last?.test : await evaluate(mlp, job.test, { backend }));
  const saved = path === undefined ? undefined : shownPath(path);
  screen.row(run.json ? resultJson(backend, test, saved) : resultText(end, test, saved));
  const faults: Error[] = [...files.faults]; // the model is safe before the report is written
  await records.end(mlp, path).catch((error: Error) => faults.push(error));
  if (!run.quiet) {
    const isFinished = hasFinished(end),
      { report } = run,
      data = given.network,
      hasTest = job.test !== undefined;
    for (const line of [...lossLines(losses), ...confusionLines(test ?? last?.validation, mlp)]) {
      screen.note(line);
    }
    if (saved !== undefined) {
      const next = {
        program,
        model: saved,
        isFinished,
        data,
        checkpoint: run.checkpoint,
        every: run.checkpointEvery,
        report,
        hasTest,
      };
      screen.note(`next     ${nextCommand(mlp, next)}`);
    }
    const isDefault = isFinished && resume === undefined && layers === undefined;
    if (isDefault) {
      for (const line of fasterLines(mlp, { program, given: given.config })) screen.note(line);
    }
  }
  for (const { message } of faults.slice(1)) screen.error(message);
  if (faults.length > 0) throw faults[0];
}

/** Returns the checkpoint that a run continues, or else the model that it replaces, with the backend that trained it. */
function trainedBefore(
  { output, replaced }: { readonly output: string; readonly replaced: Mlp | undefined },
  { path, resume }: { readonly path: string | undefined; readonly resume: Checkpoint | undefined },
): Trained | undefined {
  if (resume && path !== undefined) return { path: userPath(path), backend: resume.backend };
  return trainedOf(output, replaced);
}

/** Returns whether training ended by itself, and was not interrupted. */
function hasFinished({ ended }: Pick<TrainEvent, "ended">): boolean {
  return ended === "finished" || ended === "patience";
}

/** Returns the options of `train()` for a job. */
function trainOptions(
  { config, settings: { epochs }, validation, test, resume }: Job,
  screen: Screen,
  run: { readonly quiet?: boolean; readonly threads?: number },
) {
  const epochsBefore = (resume?.progress.epoch ?? 1) - 1;
  let started: number | undefined;
  return {
    ...config,
    validation,
    test,
    resume,
    threads: backendOptionsOf(run).threads,
    onProgress: (progress: { epoch: number; step: number; steps: number }) => {
      if (run.quiet) return;
      started ??= performance.now();
      const seconds = (performance.now() - started) / 1000;
      screen.progress(progressText({ ...progress, epochs, seconds, epochsBefore }));
    },
  };
}
