/** Tests `mlpcuda`, the program whose commands are the tasks. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { isGranted } from "../support/permissions.ts";
import { serveProject } from "../support/served.ts";
import { type Folder, inFolder, linesOf, type Outcome, ROOT, setFile, taskTest } from "./support.ts";

const NAMES = ["train", "sweep", "eval", "predict", "export", "gui", "learn", "info", "explain"] as const;
const MAIN = toFileUrl(join(ROOT, "tasks/main.ts")).href;
const FLAGS = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env=TERM,XDG_RUNTIME_DIR"];

/** Runs Deno in a folder. */
async function deno({ path }: Folder, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: path,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs the program in a folder. */
const mlpcuda = (folder: Folder, ...args: string[]) => deno(folder, ["run", ...FLAGS, MAIN, ...args]);

/** Joins the words of a text whose lines may be broken at other places. */
const wordsOf = (text: string) => text.split(/\s+/).join(" ");

taskTest("mlpcuda --help lists the commands with the descriptions of deno.json", async (folder) => {
  const { code, stdout, stderr } = await mlpcuda(folder, "--help");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^Usage: mlpcuda COMMAND \[options\]\n/);
  const shown = linesOf(stdout.split("\nCommands:\n")[1].split("\n\n")[0] + "\n");
  assertEquals(shown, NAMES.map((name) => `  ${name.padEnd(10)}${config.tasks[name].description}`));
  assertEquals((await mlpcuda(folder, "help")).stdout, stdout);
  const bare = await mlpcuda(folder);
  assertEquals([bare.code, bare.stdout, bare.stderr], [2, "", stdout]);
});

taskTest("mlpcuda --version prints the version", async (folder) => {
  for (const option of ["--version", "-V"]) {
    assertEquals(await mlpcuda(folder, option), {
      code: 0,
      stdout: `mlpcuda ${config.version}\n`,
      stderr: "",
    });
  }
});

for (const name of NAMES) {
  taskTest(
    `mlpcuda ${name} --help prints the help of \`deno task ${name}\` with its own name`,
    async (folder) => {
      const { code, stdout } = await mlpcuda(folder, name, "--help");
      const task = await folder.run(name, "--help");
      assertEquals([code, task.code], [0, 0]);
      assertMatch(task.stdout, new RegExp(`^Usage: deno task ${name} \\[options\\]`));
      assertEquals(wordsOf(stdout), wordsOf(task.stdout).replaceAll("deno task", "mlpcuda"));
      for (const args of [["help", name], ["--help", name], [name, "-h"]]) {
        assertEquals((await mlpcuda(folder, ...args)).stdout, stdout);
      }
    },
  );
}

const REFUSED: [args: string[], message: string, hint: string][] = [
  [["trian"], 'Unknown command "trian"', "did you mean `mlpcuda train`?"],
  [["help", "expl"], 'Unknown command "expl"', "did you mean `mlpcuda explain`?"],
  [["zzz", "--epochs", "1"], 'Unknown command "zzz"', "run `mlpcuda --help` for the commands"],
  [["toString"], 'Unknown command "toString"', "run `mlpcuda --help` for the commands"],
  [["--debg"], 'Unknown option "--debg"', "did you mean --debug?"],
  [["--epochs", "5"], 'Unknown option "--epochs"', "run `mlpcuda --help` for the options"],
  [["train", "--epoch", "5"], 'Unknown option "--epoch"', "did you mean --epochs?"],
  [["train", "x"], 'Unexpected argument "x"', "run `mlpcuda train --help` for the options"],
];

taskTest("mlpcuda refuses unknown words with 2, and suggests the nearest", async (folder) => {
  for (const [args, message, hint] of REFUSED) {
    assertEquals(await mlpcuda(folder, ...args), {
      code: 2,
      stdout: "",
      stderr: `error: ${message}\n  hint: ${hint}\n`,
    });
  }
});

taskTest("mlpcuda runs each command in the current folder, and returns its exit code", async (folder) => {
  await folder.write("set.npz", setFile());
  const train = ["train", "--data", "set.npz", "--epochs", "1", "--backend", "wasm", "-q"];
  assertEquals((await mlpcuda(folder, ...train)).code, 0);
  assertEquals(folder.names(), ["model", "set.npz"]);
  assertMatch(
    (await mlpcuda(folder, "eval", "--data", "set.npz", "--backend", "wasm")).stdout,
    /^loss .*\naccuracy /,
  );
  const { stdout } = await mlpcuda(folder, "predict", "set.npz", "--rows", "0-1", "--backend", "wasm");
  assertEquals(linesOf(stdout).length, 3);
  assertStringIncludes(
    (await mlpcuda(folder, "info", "-m", "model/model.npz")).stdout,
    "of set.npz, by wasm",
  );
  assertStringIncludes((await mlpcuda(folder, "explain")).stdout, "y1 = relu(x W1ᵀ + b1)");
});

taskTest("mlpcuda uses its own name in hints", async (folder) => {
  assertEquals(
    (await mlpcuda(folder, "eval", "--model", "none.npz")).stderr,
    'error: Cannot load "none.npz": no such file or folder\n' +
      "  hint: run `mlpcuda train` to make a model, or name one with --model\n",
  );
  assertStringIncludes(
    (await mlpcuda(folder, "gui", "--model", "none.npz")).stderr,
    "hint: run `mlpcuda train` to make a model, or `mlpcuda gui --demo` to try the page without a model\n",
  );
  await folder.write("set.npz", setFile());
  const flags = FLAGS.filter((flag) => flag !== "--allow-write");
  const { code, stderr } = await deno(folder, ["run", ...flags, MAIN, "train", "--data", "set.npz"]);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /this process has no write permission\n {2}hint: start or install mlpcuda with --allow-write\n$/,
  );
});

taskTest("mlpcuda loads only the command that is called, and no command loads another", async (folder) => {
  const { code, stdout, stderr } = await deno(folder, ["info", "--json", MAIN]);
  assertEquals(code, 0, stderr);
  const { modules }: {
    modules: { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] }[];
  } = JSON.parse(stdout);
  const commands = NAMES.map((name) => new URL(`${name}.ts`, MAIN).href);
  const imports = modules.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.filter(({ code }) => commands.includes(code?.specifier ?? ""))
      .map(({ code, isDynamic }) => [specifier, code!.specifier, isDynamic])
  );
  assertEquals(imports, commands.map((command) => [MAIN, command, true]));
});

Deno.test({
  name: "mlpcuda runs from a URL in an empty folder, with the import map and without " +
    "(needs --allow-read --allow-write --allow-run --allow-net=127.0.0.1)",
  ignore: !isGranted(
    ...["read", "write", "run"].map((name) => ({ name }) as Deno.PermissionDescriptor),
    { name: "net", host: "127.0.0.1" },
  ),
  sanitizeOps: true,
  sanitizeResources: true,
  fn: () =>
    inFolder(async (folder) => {
      await using served = serveProject();
      const url = `http://${served.host}`, main = `${url}/tasks/main.ts`;
      const env = {
        DENO_DIR: await Deno.makeTempDir({ dir: folder.path, prefix: "cache" }),
        NO_PROXY: "127.0.0.1",
      };
      const flags = ["--quiet", `--allow-import=${served.host}`, ...FLAGS];
      await folder.write("set.npz", setFile());
      const job = ["train", "--data", "set.npz", "--epochs", "1"];
      const trained = await deno(
        folder,
        ["run", ...flags, `--import-map=${url}/deno.json`, main, ...job],
        env,
      );
      assertEquals(trained.code, 0, trained.stderr);
      assertMatch(trained.stdout, /saved model\/model\.npz\n$/);
      assert(folder.names().includes("model"));
      const info = await deno(folder, ["run", ...flags, main, "info", "--model", "model/model.npz"], env);
      assertEquals([info.code, info.stderr], [0, ""]);
      assertStringIncludes(info.stdout, "240 rows of set.npz, by ");
      const others = /^\/(deno\.json|(src|tasks)\/(?!std\/).*)$/;
      assertEquals(served.asked.filter((path) => !others.test(path)), []);
    }),
});
