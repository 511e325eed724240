/**
 * Runs the tasks in environments with other locales, time zones and permissions of new files: the bytes of all files and the
 * text on the terminal are the same. A clock that stands still takes the place of time.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { inFolder, NEEDS, ROOT, type TaskName } from "./support.ts";
import { isGranted } from "../support/permissions.ts";

interface Environment {
  /** The value of `LC_ALL` and `LANG`. */
  readonly locale: string;
  /** The time zone. */
  readonly zone: string;
  /** The permissions that new files do not get. */
  readonly umask: number;
}

const ENVIRONMENTS: readonly Environment[] = [
  { locale: "C", zone: "UTC", umask: 0o022 },
  { locale: "tr_TR.UTF-8", zone: "Asia/Kathmandu", umask: 0o077 },
  { locale: "de_DE.UTF-8", zone: "America/St_Johns", umask: 0o022 },
];

/** Texts that locales compare, sort or change to upper case in different ways. */
const NAMES = ["\u0131\u015f\u0131k", "\u0130yi", "ii", "\u00c4pfel", "Zebra", "I"];

/** Returns a table with numbers, a column of texts and a label. */
function tableText(): string {
  const rows = Array.from({ length: 48 }, (_, row) => {
    const name = NAMES[row % NAMES.length], other = NAMES[(row * 5 + 1) % NAMES.length];
    return `${row % NAMES.length + row / 64},${(row * 7919) % 10000},${other},${name}`;
  });
  return ["\u0130sim,\u0131s\u0131,renk,t\u00fcr", ...rows, ""].join("\n");
}

const TRAIN =
  "--data set.csv --test-split 0.25 --epochs 2 --layers 128:relu,6:softmax --backend wasm --threads 1 " +
  "-o model.npz --checkpoint checkpoint.npz --report report.html --metrics metrics.jsonl";

/** The commands, each with the file for its output. */
const COMMANDS: readonly [task: TaskName, args: string, output: string][] = [
  ["train", TRAIN, "train.txt"],
  ["export", "model.npz -o model.js", "export.txt"],
  ["predict", "set.csv --model model.npz --json --backend wasm --threads 1", "predict.json"],
];

/** Runs the commands in an environment; returns the bytes of each file as text, and its permissions. */
async function filesOf(
  { locale, zone, umask }: Environment,
): Promise<Map<string, { text: string; mode: number }>> {
  const files = new Map<string, { text: string; mode: number }>();
  await inFolder(async ({ path, names }) => {
    const clock = join(path, "clock.ts"), mask = umask.toString(8).padStart(3, "0");
    await Deno.writeTextFile(clock, "performance.now = () => 1000;");
    await Deno.writeTextFile(join(path, "set.csv"), tableText());
    for (const [task, args, output] of COMMANDS) {
      const [deno, run, ...granted] = config.tasks[task].command.split(" ");
      assertEquals([deno, run], ["deno", "run"]);
      const command = [Deno.execPath(), "run", `--preload=${clock}`, ...granted, ...args.split(" ")];
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `umask ${mask} && exec "$@"`, "sh", ...command],
        cwd: ROOT,
        env: { INIT_CWD: path, NO_COLOR: "1", LC_ALL: locale, LANG: locale, LANGUAGE: locale, TZ: zone },
      }).output();
      const errors = new TextDecoder().decode(stderr);
      assertEquals(code, 0, errors);
      files.set(output, {
        text: `${new TextDecoder().decode(stdout)}${errors}`.replaceAll(path, ""),
        mode: 0,
      });
    }
    for (const name of names().filter((name) => !["clock.ts", "set.csv"].includes(name))) {
      const text = new TextDecoder("latin1").decode(await Deno.readFile(join(path, name)));
      files.set(name, { text, mode: (await Deno.stat(join(path, name))).mode! & 0o777 });
    }
  });
  return files;
}

Deno.test({
  name:
    `the tasks write the same files in every locale and time zone, with the permissions of the umask ${NEEDS}`,
  ignore: !isGranted({ name: "read" }, { name: "write" }, { name: "run" }) || Deno.build.os === "windows",
  fn: async () => {
    const [first, ...others] = await Promise.all(ENVIRONMENTS.map(filesOf));
    const written = ["checkpoint.npz", "metrics.jsonl", "model.d.ts", "model.js", "model.npz", "report.html"];
    assertEquals([...first.keys()].filter((name) => first.get(name)!.mode > 0).sort(), written);
    for (const [index, files] of [first, ...others].entries()) {
      const { locale, umask } = ENVIRONMENTS[index];
      assertEquals([...files.keys()], [...first.keys()]);
      for (const [name, { text, mode }] of files) {
        const expected = first.get(name)!.text;
        if (text !== expected) assertEquals(text, expected, `${name} with ${locale}`);
        if (mode > 0) assertEquals([name, mode], [name, 0o666 & ~umask]);
      }
    }
  },
});
