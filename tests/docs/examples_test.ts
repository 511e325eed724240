/** Runs the examples and commands of docs/. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { resolve } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { openBackend } from "../../src/backends/open.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { isGranted } from "../support/permissions.ts";
import { inFolder, ROOT, taskTest } from "../tasks/support.ts";
import { blockOf, codeLines, documents, textOf } from "./documents.ts";

const canRun = isGranted({ name: "read" }, { name: "write" }, { name: "run" });

Deno.test({
  name: "TypeScript in README.md and docs/ passes the type checker (needs --allow-read --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }),
  fn: async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--doc-only", ...documents()],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  },
});

taskTest(
  "TypeScript in docs/ runs, and needs no more than the files of its folder",
  async ({ path: cwd }) => {
    const shown = documents().filter((path) => path !== "README.md" && /^```ts$/m.test(textOf(path)));
    const blocks = shown.flatMap((path) => textOf(path).match(/^```ts$/gm)!);
    assert(shown.length >= 3 && blocks.length >= 8, `${blocks.length} programs in ${shown}`);
    const files = shown.map((path) => join(ROOT, path));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--doc", "--no-check", "--no-prompt", `--config=${join(ROOT, "deno.json")}`],
        ...[`--allow-read=${cwd}`, `--allow-write=${cwd}`, ...files],
      ],
      cwd,
      env: { NO_COLOR: "1", XDG_RUNTIME_DIR: cwd },
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, output);
    assertMatch(output, new RegExp(`ok \\| ${blocks.length} passed`), output);
  },
);

taskTest("README.md and docs/ show options that the tasks have", async (folder) => {
  const shown = codeLines("sh").map((line) =>
    /^(?:deno task|mlpcuda) (train|eval|predict|export|gui|learn|info|explain) ([^#]*)/.exec(line)
  );
  const help: Record<string, string> = {};
  let options = 0;
  for (const [line, task, rest] of shown.filter((found) => found !== null)) {
    help[task] ??= (await folder.run(task as "train", "--help")).stdout;
    for (const [option] of rest.matchAll(/(?<=^|\s)--?[a-z][a-z-]*/g)) {
      assertMatch(help[task], new RegExp(`(^|[ ,])${option}([ ,]|$)`, "m"), line);
      options++;
    }
  }
  assert(options > 10, "No document shows options");
});

taskTest(
  "docs/tasks.md installs mlpcuda, which runs in any folder and has the permissions of the tasks",
  async ({ path }) => {
    const [, line] = /\n(deno install (?:.*\\\n)*.*)\n/.exec(textOf("docs/tasks.md")) ?? [];
    assert(line !== undefined, "docs/tasks.md does not install anything");
    const env = { HOME: path, DENO_INSTALL_ROOT: join(path, "root"), NO_COLOR: "1" };
    const shell = async (command: string, cwd: string) => {
      const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command], cwd, env })
        .output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    await shell(line, ROOT);
    const command = join(path, "root/bin/mlpcuda"), folder = join(path, "empty");
    await Deno.mkdir(folder);
    assertEquals(await shell(`${command} --version`, folder), `mlpcuda ${config.version}\n`);
    assertMatch(await shell(`${command} explain`, folder), /y1 = relu\(x W1ᵀ \+ b1\)/);

    // Paths in deno.json are relative to the project's folder; only `deno task` needs INIT_CWD.
    const { ffi, env: names } = config.permissions.mlpcuda, gui = config.tasks.gui.command;
    const script = await Deno.readTextFile(command);
    const flag = (name: string) => new RegExp(`--allow-${name}=([^' ]+)`).exec(script)?.[1].split(",").sort();
    assertEquals(flag("ffi"), ffi.map((file) => resolve(ROOT, file)).sort());
    assertEquals(flag("env"), names.filter((name) => name !== "INIT_CWD").sort());
    for (const name of ["net", "run", "sys"]) {
      assertEquals(flag(name), new RegExp(`--allow-${name}=(\\S+)`).exec(gui)?.[1].split(",").sort());
    }
  },
);

/** Returns whether this machine has Python with NumPy. */
function hasNumPy(): boolean {
  if (!canRun) return false;
  try {
    return new Deno.Command("python3", { args: ["-c", "import numpy"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Trains the network of the documents, saves it and its test rows in a folder, and returns the class of each row. */
async function prepareNetwork(cwd: string) {
  const digits = drawDigits({ count: 2000, testCount: 500 }), test = digits.test!;
  const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], digits.train);
  for await (const _ of train(mlp, digits.train, { epochs: 2, backend: "wasm" }));
  await mlp.save(join(cwd, "model/model.npz"));
  await Deno.mkdir(join(cwd, "data"));
  const x_test = { shape: [500, 28, 28], values: test.inputs as Uint8Array<ArrayBuffer> };
  await Deno.writeFile(join(cwd, "data/mnist.npz"), formatNpz({ x_test }));

  await using backend = await openBackend("wasm");
  await using predictor = await backend.createPredictor(mlp, mlp.parameters);
  await predictor.place(test.inputs);
  const outputs = await predictor.run();
  const classes = Array.from({ length: 500 }, (_, row) => {
    const probabilities = outputs.subarray(10 * row, 10 * (row + 1));
    return probabilities.indexOf(Math.max(...probabilities));
  });
  return { mlp, classes };
}

/** Runs a program to its end, and returns its output. */
async function outputOf(program: string, args: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Returns the whole numbers in a text. */
const numbersIn = (text: string) => text.match(/\d+/g)?.map(Number);

const numPyTest = { ignore: !hasNumPy(), sanitizeOps: true, sanitizeResources: true };

Deno.test({
  name:
    "docs/formats.md's Python rebuilds the network (needs python3 with numpy, --allow-read --allow-write --allow-run)",
  ...numPyTest,
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      const { classes } = await prepareNetwork(cwd);
      const found = await outputOf("python3", ["-c", blockOf("docs/formats.md", "python")], cwd);
      assertEquals(numbersIn(found), classes);
    }),
});

Deno.test({
  name:
    "docs/models.md's NumPy reads an exported network (needs python3 with numpy, --allow-read --allow-write --allow-run)",
  ...numPyTest,
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      const { mlp, classes } = await prepareNetwork(cwd);
      await Deno.writeFile(join(cwd, "digits.npz"), exportNetwork(mlp, "npz"));
      const [, section] = textOf("docs/models.md").split("### Load in NumPy");
      const [, block] = /\n```python\n(.*?)```/s.exec(section)!;
      assertEquals(numbersIn(await outputOf("python3", ["-c", block], cwd)), classes);
    }),
});

taskTest("docs/models.md's JavaScript reads an exported network", async ({ path: cwd }) => {
  const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
  await Deno.writeFile(join(cwd, "digits.js"), exportNetwork(mlp, "js"));
  await Deno.writeTextFile(join(cwd, "program.js"), blockOf("docs/models.md", "js ignore"));
  const stdout = await outputOf(Deno.execPath(), ["run", "--no-prompt", "program.js"], cwd);
  assertEquals(stdout.match(/0\.1\b/g)?.length, 10); // black pixels give no class an advantage, because the bias is 0
});
