/** Runs the commands of README.md and docs/, in the order of each document, on small files of the same names. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { isGranted } from "../support/permissions.ts";
import { type Folder, type TaskName, taskTest } from "../tasks/support.ts";
import { FILES } from "./command_files.ts";
import { commandsOf, wordsOf } from "./commands.ts";
import { documents } from "./documents.ts";

/** Commands that are not run here, each with the reason. */
const EXCEPTIONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^make /, "builds libraries or runs all tests; tests/cpu_make_test.ts and the CI run make"],
  [/^deno task (train|gui) .*--augment|^deno task train --augment/, "tests/training/train_augment_test.ts"],
  [/^deno task gui\b/, "serves until it is stopped; tests/tasks/gui_test.ts"],
  [/^deno task (drawn|speedrun)\b/, "measures on MNIST; tests/bench"],
  [/^deno task learn\b/, "serves until it is stopped; tests/tasks/learn_test.ts"],
  [/mpirun /, "needs MPI; tests/ranks"],
  [/^deno task sweep .*--shard env/, "needs the variables of a Slurm array; tests/tasks/sweep_test.ts"],
  [/^deno run .*program\.ts$/, "tests/docs/readme_test.ts runs the program, and from a server, too"],
  [/^deno run .*examples\/\w+\.ts$/, "tests/docs/programs_test.ts"],
  [/^export PATH=/, "installs Deno; the CI runs make deno"],
  [/^deno bundle |^deno run .* serve\.ts$/, "tests/docs/use_test.ts"],
  [/^deno run .*read\.ts docs\/seven\.png$/, "tests/docs/tutorial_test.ts"],
  [/^deno task (test|check)$/, "runs all tests, or checks all files"],
  [/^deno install /, "tests/docs/examples_test.ts"],
  [
    /^mlpcuda train --data digits/,
    "draws 60,000 digits; tests/docs/examples_test.ts runs the installed command",
  ],
  [
    /^(deno test|deno task test:|cd tests|\(?cd tests\/fixtures|python3 make_)/,
    "runs tests, or makes their fixtures with PyTorch",
  ],
  [/^python3 -/, "needs Python with packages; the files that it makes are made by command_files.ts"],
];

/** Options with a path that the command writes. */
const WRITES = /^(-o|--output|--csv|--checkpoint|--report|--metrics)$/;

const exceptionOf = (command: string) => EXCEPTIONS.find(([pattern]) => pattern.test(command));

/**
 * Returns the words of a command of a task as the test runs them: the default data set is a small one, and training has one
 * thread and one epoch, or one more than before.
 */
function boundedWords([task, ...words]: readonly string[]): string[] {
  const at = words.indexOf("--epochs"), epochs = words.includes("--resume") ? "2" : "1";
  const rest = at < 0 ? words : [...words.slice(0, at), ...words.slice(at + 2)];
  if (words.includes("--merge")) return [task, ...words];
  const isTraining = task === "train" || task === "sweep";
  const needsData = (isTraining || task === "eval") && !words.includes("--data");
  const bounds = isTraining ? ["--epochs", epochs, "--threads", "1"] : [];
  return [task, ...rest, ...needsData ? ["--data", "data/mnist.npz"] : [], ...bounds];
}

/** Writes the files that a command reads and that do not exist yet. */
async function writeMissing(folder: Folder, path: string, words: readonly string[]): Promise<void> {
  const named = words.filter((_, at) => !WRITES.test(words[at - 1] ?? "")).map((word) =>
    word.replace(/^photos\/.*/, "photos")
  );
  const isDefault = /^(predict|eval)$/.test(words[0]) && !words.includes("--model");
  for (const name of [...named, ...isDefault ? ["model/model.npz"] : []]) {
    const make = FILES[`${path} ${name}`] ?? FILES[name];
    // Several commands replace the default model, and the next ones need that of digits.
    const isKept = name !== "model/model.npz" && await exists(join(folder.path, name));
    if (make === undefined || isKept) continue;
    for (const [file, bytes] of Object.entries(make())) {
      await Deno.mkdir(join(folder.path, dirname(file)), { recursive: true });
      await folder.write(file, await bytes);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Runs a command of a document. */
async function runCommand(folder: Folder, path: string, command: string): Promise<void> {
  const [program, ...all] = wordsOf(command);
  if (program === "printf") {
    const { code } = await new Deno.Command("sh", { args: ["-c", command], cwd: folder.path }).output();
    return assertEquals(code, 0, command);
  }
  const words = program === "mlpcuda" ? all : all.slice(1);
  assert(
    program === "mlpcuda" || (program === "deno" && all[0] === "task"),
    `${path}: ${command} is not run`,
  );
  if (words[0] === "help") return assertEquals((await folder.run(words[1] as TaskName, "--help")).code, 0);
  const [task, ...args] = boundedWords(words);
  await writeMissing(folder, path, [task, ...args]);
  const { code, stderr } = await folder.run(task as TaskName, ...args);
  assertEquals(code, 0, `${path}: ${command}\n${stderr}`);
}

const DOCUMENTS = isGranted({ name: "read" }) ? documents() : [];
for (
  const document of DOCUMENTS.filter((name) => commandsOf(name).some((command) => !exceptionOf(command)))
) {
  taskTest(`${document}'s commands run`, async (folder) => {
    for (const command of commandsOf(document)) {
      if (!exceptionOf(command)) await runCommand(folder, document, command);
    }
  });
}

Deno.test(
  "Every command of the documents is run or has a reason why not, and every reason is needed (needs --allow-read)",
  {
    ignore: !isGranted({ name: "read" }),
  },
  () => {
    const commands = DOCUMENTS.flatMap(commandsOf), used = commands.map(exceptionOf);
    assertEquals(EXCEPTIONS.filter((exception) => !used.includes(exception)).map(([pattern]) => pattern), []);
    assert(used.filter((exception) => exception === undefined).length > 30);
  },
);
