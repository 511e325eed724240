/** Runs the programs and commands of README.md, and checks its statements. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { resolve } from "node:path";
import config from "../deno.json" with { type: "json" };
import { openBackend } from "../src/backends/open.ts";
import { drawDigits } from "../src/data/digits.ts";
import { formatNpz } from "../src/formats/npz.ts";
import { ACTIVATIONS } from "../src/plan/activations.ts";
import { buildPlan } from "../src/plan/build.ts";
import { formatPlan } from "../src/plan/format.ts";
import { dense, parseLayers } from "../src/plan/layers.ts";
import { Mlp } from "../src/mlp.ts";
import { resolveConfig } from "../src/training/config.ts";
import { train } from "../src/training/train.ts";
import { isGranted } from "./support/permissions.ts";
import { serveProject } from "./support/served.ts";
import { inFolder, ROOT, taskTest } from "./tasks/support.ts";

const canRead = isGranted({ name: "read" }), canWrite = isGranted({ name: "write" });
const canRun = isGranted({ name: "run" }), canServe = isGranted({ name: "net", host: "127.0.0.1" });
const sanitized = { sanitizeOps: true, sanitizeResources: true };

/** The URL of the project's `mod.ts`. */
const MODULE = toFileUrl(join(ROOT, "mod.ts")).href;

function readme(): string {
  return Deno.readTextFileSync(join(ROOT, "README.md"));
}

/** Returns the first block of a language, such as `ts`. */
function blockOf(language: string): string {
  const [, block] = new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, "s").exec(readme()) ?? [];
  assert(block !== undefined, `README.md has no ${language} block`);
  return block;
}

/** Runs a program with Deno, in `cwd`. */
async function runProgram(
  program: string,
  { cwd, flags = [], env = {} }: { cwd: string; flags?: string[]; env?: Record<string, string> },
) {
  await Deno.writeTextFile(join(cwd, "program.ts"), program);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, "program.ts"],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Returns the README's program, with `mod.ts` imported from another place. */
function programWith(specifier: string): string {
  const program = blockOf("ts");
  assertStringIncludes(program, '"./mod.ts"');
  return program.replace('"./mod.ts"', JSON.stringify(specifier));
}

/** Checks the output of the README's program. */
function assertTrained(stdout: string): void {
  const epochs = Array.from(
    { length: 5 },
    (_, at) => String.raw`epoch ${at + 1}: loss \d\.\d{4} in \d+\.\d\d s\n`,
  );
  const rest = String.raw`[789]\d\.\d ±\d\.\d % of the test digits are right\nthe first one is a \d\n`;
  assertMatch(stdout, new RegExp(`^${epochs.join("")}${rest}$`));
}

const FILES = ["--allow-read=model", "--allow-write=model"];

taskTest(
  "README.md has a program that passes the type checker and needs only access to its file",
  async ({ path: cwd }) => {
    const { code, stdout, stderr } = await runProgram(programWith(MODULE), {
      cwd,
      flags: ["--check", ...FILES],
    });
    assertEquals(code, 0, stderr);
    assertTrained(stdout);
    assertEquals((await Mlp.load(join(cwd, "model/digits.npz"))).outFeatures, 10);
  },
);

Deno.test({
  name: "README.md has a program that runs with mod.ts from a URL " +
    "(needs --allow-read --allow-write --allow-run --allow-net=127.0.0.1)",
  ignore: !(canRead && canWrite && canRun && canServe),
  ...sanitized,
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      await using served = serveProject();
      const { host, asked } = served;
      const { code, stdout, stderr } = await runProgram(programWith(`http://${host}/mod.ts`), {
        cwd,
        flags: [`--allow-import=${host}`, ...FILES],
        env: { DENO_DIR: join(cwd, "cache"), NO_PROXY: "127.0.0.1" },
      });
      assertEquals(code, 0, stderr);
      assertTrained(stdout);
      assertEquals(asked.filter((path) => path !== "/mod.ts" && !/^\/src\/.*\.(ts|wgsl)$/.test(path)), []);
    }),
});

taskTest(
  "mod.ts does nothing on import, and needs no permission to train",
  async ({ path: cwd }) => {
    // Without XDG_RUNTIME_DIR, a library of the Vulkan drivers prints that it is not set.
    const log = join(cwd, "permissions.jsonl"), env = { DENO_AUDIT_PERMISSIONS: log, XDG_RUNTIME_DIR: cwd };
    const imported = `import ${JSON.stringify(MODULE)};\n`;
    assertEquals(await runProgram(imported, { cwd, env }), { code: 0, stdout: "", stderr: "" });
    const trained = await runProgram(programWith(MODULE).split("await mlp.save")[0], { cwd, env });
    assertEquals([trained.code, trained.stderr], [0, ""]);
    assertMatch(trained.stdout, /of the test digits are right\n$/);
    // The program's own modules are loaded without a permission; any other request would be listed here.
    const asked = await Deno.readTextFile(log).catch(() => "");
    assertEquals(asked, "");
  },
);

taskTest(
  "README.md installs mlpcuda, which runs in any folder with the permissions of the tasks",
  async ({ path }) => {
    const [, line] = /\n(deno install (?:.*\\\n)*.*)\n/.exec(readme()) ?? [];
    assert(line !== undefined, "README.md does not install anything");
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
    assertStringIncludes(await shell(`${command} explain`, folder), "y1 = relu(x W1ᵀ + b1)");

    // Paths in deno.json are relative to the project's folder; only `deno task` sets INIT_CWD.
    const { ffi, env: names } = config.permissions.mlpcuda, gui = config.tasks.gui.command;
    const script = await Deno.readTextFile(command);
    const flag = (name: string) => new RegExp(`--allow-${name}=([^' ]+)`).exec(script)?.[1].split(",").sort();
    assertEquals(flag("ffi"), ffi.map((file) => resolve(ROOT, file)).sort());
    assertEquals(flag("env"), names.filter((name) => name !== "INIT_CWD").sort());
    for (const name of ["net", "run"]) {
      assertEquals(flag(name), new RegExp(`--allow-${name}=(\\S+)`).exec(gui)?.[1].split(",").sort());
    }
  },
);

/** Returns true if this machine has Python with NumPy. */
function hasNumPy(): boolean {
  if (!canRun) return false;
  try {
    return new Deno.Command("python3", { args: ["-c", "import numpy"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "README.md has Python code that rebuilds the network (needs python3 with numpy, --allow-read --allow-write --allow-run)",
  ignore: !(canRead && canWrite && canRun && hasNumPy()),
  ...sanitized,
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      const digits = drawDigits({ count: 2000, testCount: 500 }), test = digits.test!;
      const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], digits.train);
      for await (const _ of train(mlp, digits.train, { epochs: 2, backend: "wasm" }));
      await mlp.save(join(cwd, "model/model.npz"));
      await Deno.mkdir(join(cwd, "data"));
      const x_test = { shape: [500, 28, 28], values: test.inputs as Uint8Array<ArrayBuffer> };
      await Deno.writeFile(join(cwd, "data/mnist.npz"), formatNpz({ x_test }));

      const { code, stdout, stderr } = await new Deno.Command("python3", {
        args: ["-c", blockOf("python")],
        cwd,
      })
        .output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      const found = new TextDecoder().decode(stdout).match(/\d+/g)?.map(Number);

      await using backend = await openBackend("wasm");
      await using predictor = await backend.createPredictor(mlp, mlp.parameters);
      await predictor.place(test.inputs);
      const outputs = await predictor.run();
      const wanted = Array.from({ length: 500 }, (_, row) => {
        const probabilities = outputs.subarray(10 * row, 10 * (row + 1));
        return probabilities.indexOf(Math.max(...probabilities));
      });
      assertEquals(found, wanted);
    }),
});

const reading = { ignore: !canRead, ...sanitized };

Deno.test("README.md links to files that exist (needs --allow-read)", reading, () => {
  const links = [...readme().matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target);
  const local = links.filter((target) => !/^[a-z]+:/.test(target));
  assert(local.length > 0, "README.md has no links to files");
  for (const target of local) assert(Deno.statSync(join(ROOT, target)), target);
});

Deno.test("README.md shows the plan of the default network (needs --allow-read)", reading, () => {
  const layers = parseLayers("128:relu,64:relu,10:softmax");
  const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  assertEquals(blockOf("text"), formatPlan(buildPlan(layers, resolveConfig(), input)));
});

Deno.test("README.md lists every activation (needs --allow-read)", reading, () => {
  for (const name of ACTIVATIONS) assertStringIncludes(readme(), `\`${name}\``);
});

Deno.test("README.md lists exactly the tasks of deno.json (needs --allow-read)", reading, () => {
  const named = new Set([...readme().matchAll(/deno task ([a-z][a-z:-]*)/g)].map(([, name]) => name));
  assertEquals([...named].sort(), Object.keys(config.tasks).sort());
});

Deno.test("README.md names only targets of the Makefile (needs --allow-read)", reading, () => {
  const makefile = Deno.readTextFileSync(join(ROOT, "Makefile"));
  for (const [, target] of readme().matchAll(/^(?:`)?make ([a-z]+)/gm)) {
    assertMatch(makefile, new RegExp(`^${target}:`, "m"));
  }
});

taskTest("README.md shows only options that the tasks have", async (folder) => {
  const shown = [...readme().matchAll(/^deno task (train|eval|predict|gui|info) ([^#\n]*)/gm)];
  assert(shown.length > 3, "README.md shows no command lines");
  const help = { train: "", eval: "", predict: "", gui: "", info: "" };
  for (const [, name, line] of shown) {
    const task = name as keyof typeof help;
    help[task] ||= (await folder.run(task, "--help")).stdout;
    for (const [option] of line.matchAll(/--?[a-z][a-z-]*/g)) {
      assertMatch(help[task], new RegExp(`(^|[ ,])${option}([ ,]|$)`, "m"), line);
    }
  }
});
