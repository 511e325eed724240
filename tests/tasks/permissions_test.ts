/** The permissions of the tasks: each task runs with those of docs/permissions.md, and without each of them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { tableRows } from "../docs/documents.ts";
import { isGranted } from "../support/permissions.ts";
import { readerOf } from "../support/streams.ts";
import { TASK_PERMISSIONS } from "./permission_list.ts";
import { drawImages, type Folder, inFolder, type Outcome, ROOT, setFile, taskTest } from "./support.ts";

type TaskName = keyof typeof config.tasks;

/** Returns the flags of a task, by the permission: `--allow-read`, or `--allow-env=TERM`. Denied ones are left out. */
function flagsOf(command: string): Map<string, string> {
  const flags = new Map<string, string>(),
    add = (name: string, value: string) => {
      const before = flags.get(name);
      flags.set(
        name,
        before === undefined ? value : before === "" || value === "" ? "" : `${before},${value}`,
      );
    };
  const [, set] = / -P=(mlpcuda|sweep) /.exec(command) ?? [];
  if (set) {
    for (const [name, values] of Object.entries(config.permissions[set as "mlpcuda" | "sweep"])) {
      add(name, values === true ? "" : (values as readonly string[]).join());
    }
  }
  for (const [, name, value = ""] of command.matchAll(/ --allow-([a-z]+)(?:=(\S+))?/g)) add(name, value);
  for (const [, name] of command.matchAll(/ --deny-([a-z]+)/g)) flags.delete(name);
  return flags;
}

/** Starts a task with these flags and no others. */
function start(
  folder: Folder,
  task: string,
  flags: Map<string, string>,
  args: readonly string[],
  denied: readonly (readonly [name: string, value: string])[] = [],
): Deno.ChildProcess {
  const allowed = [...flags].map(([name, value]) => `--allow-${name}${value === "" ? "" : `=${value}`}`);
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      ...allowed,
      ...denied.map(([name, value]) => `--${name}=${value}`),
      join(ROOT, "tasks", `${task}.ts`),
      ...args,
    ],
    cwd: folder.path,
    env: { NO_COLOR: "1", INIT_CWD: folder.path },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a task; a server is ended when it has printed everything. */
async function run(...given: Parameters<typeof start>): Promise<Outcome> {
  const process = start(...given), [, task] = given;
  const stdout = readerOf(process.stdout), stderr = readerOf(process.stderr);
  const isServed = (task === "gui" || task === "learn") && (await stdout.until("\n")).endsWith("\n");
  if (isServed) {
    const last = task === "learn" ? "Ctrl-C stops" : "Q on the page";
    await stderr.until(given[3].includes("--open") ? "Cannot open the browser" : last);
    process.kill("SIGINT");
  }
  const texts = [await stdout.until(), await stderr.until()], { code } = await process.status;
  return { code: isServed && code === 130 ? 0 : code, stdout: texts[0], stderr: texts[1] };
}

/** Writes networks and a data set. */
async function writeFiles(folder: Folder): Promise<void> {
  const shape = [4, 4], mlp = Mlp.create([dense(3, "softmax")], { inputShape: shape, inputScale: 1 / 255 });
  await folder.write("m.npz", mlp.format());
  const drawn = Mlp.create([dense(4, "relu"), dense(10, "softmax")], {
    inputShape: [28, 28],
    inputScale: 1 / 255,
  });
  await folder.write("drawn.npz", drawn.format());
  await folder.write("set.npz", setFile(drawImages({ rows: 6, testRows: 3, shape, classes: 3 })));
}

Deno.test("deno.json gives each task the permissions of the list, and all but read and write only for named things", () => {
  for (const [task, { permissions }] of Object.entries(TASK_PERMISSIONS)) {
    const flags = flagsOf(config.tasks[task as TaskName].command);
    assertEquals([...flags.keys()].sort(), permissions.map(({ name }) => name).sort(), task);
    for (const [name, value] of flags) {
      assert(value !== "" || name === "read" || name === "write", `${task}: ${name}`);
    }
  }
});

Deno.test({
  name:
    "docs/permissions.md has every permission of every task, and what happens without it (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: () => {
    const listed = Object.entries(TASK_PERMISSIONS).flatMap(([task, { permissions }]) =>
      permissions.map(({ name, use, without }) => [`\`${task}\``, name, use, without])
    );
    const rows = tableRows("docs/permissions.md").filter((row) => row.length === 4 && row[0].startsWith("`"));
    assertEquals(rows, listed);
  },
});

for (const [task, { args, permissions }] of Object.entries(TASK_PERMISSIONS)) {
  taskTest(
    `${task} runs with its permissions, and without each of them says so or ends with one error`,
    async () => {
      const all = flagsOf(config.tasks[task as TaskName].command);
      const cases = [undefined, ...permissions];
      // Two at a time, each in a folder of its own.
      for (let at = 0; at < cases.length; at += 2) {
        await Promise.all(
          cases.slice(at, at + 2).map((removed) =>
            inFolder(async (folder) => {
              await writeFiles(folder);
              const flags = new Map([...all].filter(([name]) => name !== removed?.name));
              const { code, stdout, stderr } = await run(folder, task, flags, removed?.args ?? args);
              const text = `${task} without ${removed?.name ?? "nothing"}: ${code}\n${stdout}${stderr}`;
              assertEquals(code, removed?.ends ? 1 : 0, text);
              if (removed) assertMatch(stderr, removed.denied, text);
              else assert(!/permission|--allow-/.test(stderr), text);
              assert(!/^\s+at |NotCapable|Deno requests|[Uu]ncaught/m.test(stdout + stderr), text);
            })
          ),
        );
      }
    },
  );
}

taskTest(
  "train refuses a file that it cannot save later, before it trains, with the reason",
  async (folder) => {
    await writeFiles(folder);
    await Deno.mkdir(join(folder.path, "out"));
    const { args } = TASK_PERMISSIONS.train,
      given = args.map((arg) => arg === "new.npz" ? "out/new.npz" : arg);
    const cases: [write: string, denied: [string, string][], reason: string][] = [
      ["out/new.npz", [], "write permission for the file, but not for its folder, where it is written first"],
      ["out", [["deny-write", "out/new.npz"]], "no write permission"],
    ];
    await Promise.all(cases.map(async ([write, denied, reason]) => {
      const flags = new Map([...flagsOf(config.tasks.train.command), ["write", write]]);
      const { code, stderr } = await run(folder, "train", flags, given, denied);
      const error = `error: Cannot save to "out/new.npz": this process has ${reason}\n`;
      assertEquals([code, stderr], [
        1,
        `${error}  hint: run it as \`deno task train\`, which grants --allow-write\n`,
      ]);
    }));
  },
);

taskTest(
  "sweep and export go on if they may read only the named files, and say what they pass over",
  async (folder) => {
    await writeFiles(folder);
    const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
    await folder.write("digits.npz", mlp.format());
    await Deno.mkdir(join(folder.path, "out"));
    const { args } = TASK_PERMISSIONS.sweep;
    const cases: [task: "sweep" | "export", args: string[], said: RegExp][] = [
      [
        "sweep",
        args.map((arg) => arg === "swept" ? "out/swept" : arg),
        /; one after the other, because workers need --allow-read for the files of this program, /,
      ],
      [
        "export",
        ["digits.npz", "-o", "out/page.html"],
        /^passed over --allow-read: \S*data\/mnist\.npz is not used$/m,
      ],
    ];
    await Promise.all(cases.map(async ([task, args, said]) => {
      const named: [string, string][] = [["read", "set.npz,digits.npz,out"], ["write", "out"]];
      const flags = new Map([...flagsOf(config.tasks[task].command), ...named]);
      const { code, stdout, stderr } = await run(folder, task, flags, args);
      assertEquals([code, /ncaught|Requires/.test(stdout + stderr)], [0, false], stderr);
      assertMatch(stderr, said);
    }));
  },
);

taskTest("train() of a program needs only the files that the program names", async (folder) => {
  await writeFiles(folder);
  await Deno.mkdir(join(folder.path, "out"));
  const program = `
    import { dense, loadDataset, Mlp, train } from ${JSON.stringify(toFileUrl(join(ROOT, "mod.ts")).href)};
    const { train: rows } = await loadDataset("set.npz");
    const mlp = Mlp.create([dense(3, "softmax")], rows);
    for await (const _ of train(mlp, rows, { epochs: 1, backend: "wasm", threads: 1 }));
    await mlp.save("out/model.npz");`;
  await folder.write("program.ts", new TextEncoder().encode(program));
  const read = "--allow-read=set.npz,out", write = "--allow-write=out";
  const cases: [flags: string[], stderr: RegExp][] = [
    [[read, write], /^$/],
    [[write], /NotCapable: Requires read access to "set\.npz"/],
    [[read], /NotCapable: Requires write access to "out"/],
  ];
  await Promise.all(cases.map(async ([flags, wanted]) => {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-config", "--no-prompt", ...flags, "program.ts"],
      cwd: folder.path,
      env: { NO_COLOR: "1" },
    }).output();
    assertMatch(new TextDecoder().decode(stderr), wanted);
  }));
});
