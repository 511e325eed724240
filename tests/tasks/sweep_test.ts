/** `deno task sweep`: the files of a sweep, and its going on. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { sha256Now } from "../../src/formats/sha256.ts";
import { shardOf } from "../../tasks/sweep/shard.ts";
import { readerOf } from "../support/streams.ts";
import { drawImages, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

const DATA = ["--data", "set.npz", "--backend", "wasm"];
const GRID = [
  "--layers",
  "8:relu,3:softmax|6:relu,3:softmax",
  "--lr",
  "0.01,0.03",
  "--seed",
  "1-2",
  "--epochs",
  "2",
];

const TWO = ["--committee", "2"];

async function writeSet(folder: Folder): Promise<void> {
  await folder.write("set.npz", setFile(drawImages({ rows: 200, wrong: 0.3 })));
}

async function swept(folder: Folder, ...args: string[]) {
  const outcome = await folder.run("sweep", ...DATA, ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Returns the rows of a folder. */
async function rowsOf(folder: Folder, name: string): Promise<Record<string, unknown>[]> {
  return linesOf(new TextDecoder().decode(await folder.read(join(name, "results.jsonl")))).map((line) =>
    JSON.parse(line)
  );
}

taskTest(
  "sweep trains the same files as train, and keeps a row for each network and the best one",
  async (folder) => {
    await writeSet(folder);
    const { stdout, stderr } = await swept(folder, ...GRID, "--out", "out");
    assertMatch(stderr, /ranking {2}the data has no validation set: .*--validation-split 0\.25/);
    assertMatch(stderr, /networks 8; \d+ at once, one thread each/);
    assertEquals(linesOf(stdout).length, 1 + 8 + 1 + 1 + 4); // networks, an empty line, and settings, both with a heading
    assertMatch(stdout, /\nlayers +lr +seeds +val acc +test acc\n.* ±\d+\.\d\d %/);
    assertEquals([...Deno.readDirSync(join(folder.path, "out"))].map(({ name }) => name).sort(), [
      "best.npz",
      "results.csv",
      "results.jsonl",
      "sweep.json",
    ]);
    const rows = await rowsOf(folder, "out"),
      csv = linesOf(new TextDecoder().decode(await folder.read("out/results.csv")));
    assertEquals(rows.map(({ member }) => member).sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(csv.length, 9);
    assertMatch(csv[0], /^member,layers,seed,learningRate,.*,validationLoss,.*,testAccuracy,/);
    const ranked = rows.toSorted((one, other) =>
      Number(other.validationAccuracy) - Number(one.validationAccuracy) ||
      Number(one.validationLoss) - Number(other.validationLoss)
    );
    const best = sha256Now(await folder.read("out/best.npz"));
    assertEquals(best, ranked[0].sha256);
    const [{ layers, learningRate, seed }] = ranked;
    const settings = [
      "--layers",
      `${layers}`,
      "--lr",
      `${learningRate}`,
      "--seed",
      `${seed}`,
      "--epochs",
      "2",
    ];
    const alone = await folder.run(
      "train",
      ...DATA,
      "--threads",
      "1",
      ...settings,
      "--validation-split",
      "0.25",
    );
    assertEquals(sha256Now(await folder.read("model/model.npz")), best, alone.stderr);
    const [, next] = /next {5}deno task train (.*)\n/.exec(stderr)!;
    assert(next.startsWith("--data set.npz --backend wasm --layers ") && next.includes(" --epochs 2"), next);
  },
);

taskTest("sweep goes on after a kill, and trains only the networks that are not done", async (folder) => {
  await writeSet(folder);
  const members = 12,
    long = ["--layers", "3:softmax", "--seed", `1-${members}`, "--epochs", "300", "--threads", "1"];
  const process = folder.start("sweep", ...DATA, ...long, "--out", "out"), stdout = readerOf(process.stdout);
  await stdout.until("\n"); // the heading, which comes with the first row
  process.kill("SIGKILL");
  await process.status;
  await Promise.all([stdout.until(), process.stderr.cancel()]);
  const before = await rowsOf(folder, "out");
  assert(before.length > 0 && before.length < members, String(before.length));
  await Deno.writeTextFile(join(folder.path, "out/results.jsonl"), '{"member":4', { append: true }); // a torn row
  await swept(folder, ...long, "--out", "out", "--json");
  const rows = jsonOf(await swept(folder, ...long, "--out", "out", "--json"));
  assertEquals(rows.slice(0, before.length), before); // also their seconds, which another training would change
  assertEquals(
    rows.map(({ member }) => Number(member)).sort((a, b) => a - b),
    [...Array(members).keys()].map((at) => at + 1),
  );
  assertEquals(await rowsOf(folder, "out"), rows);
  assertEquals(linesOf(new TextDecoder().decode(await folder.read("out/results.csv"))).length, members + 1);
});

taskTest("sweep refuses a folder of another sweep, and lists every difference", async (folder) => {
  await writeSet(folder);
  const one = ["--layers", "3:softmax", "--epochs", "1"];
  await swept(folder, ...one, "--seed", "1,2", "--out", "out");
  const other = [
    "--seed",
    "1-3",
    "--lr",
    "0.1",
    "--epochs",
    "2",
    "--layers",
    "3:softmax",
    "--validation-split",
    "0.5",
  ];
  const { code, stderr } = await folder.run("sweep", ...DATA, ...other, "--random", "2", "--out", "out");
  assertEquals(code, 1);
  for (
    const difference of [
      "--seed 1,2 there, 1,2,3 here",
      "--learning-rate not given there, 0.1 here",
      "--epochs 1 there, 2 here",
      "--validation-split 0.25 there, 0.5 here",
      "--random not given there, 2 with --random-seed 1 here",
    ]
  ) assert(stderr.includes(difference), stderr);
  assert(!stderr.includes("--layers"), stderr);
  await Deno.remove(join(folder.path, "out", "sweep.json"));
  const foreign = await folder.run("sweep", ...DATA, ...one, "--out", "out");
  assertMatch(foreign.stderr, /it has a file results\.jsonl, but no sweep\.json/);
  // A best network that was replaced is trained again.
  const again = [...one, "--seed", "1,2", "--out", "other"];
  await swept(folder, ...again);
  const best = await folder.read("other/best.npz");
  await folder.write("other/best.npz", new Uint8Array(3));
  assertMatch(
    (await swept(folder, ...again)).stderr,
    /network \d: the file is not in the folder, so that it is trained again/,
  );
  assertEquals(await folder.read("other/best.npz"), best);
});

taskTest(
  "sweep --shard trains a part, and --merge joins the parts to the results of the whole",
  async (folder) => {
    await writeSet(folder);
    await swept(folder, ...GRID, ...TWO, "--out", "parts", "--shard", "1/2");
    const half = await folder.run("sweep", "--merge", "parts", "--out", "half");
    assertMatch(half.stderr, /missing {2}4 of 8 networks are not in these folders/);
    const env = { SLURM_ARRAY_TASK_ID: "11", SLURM_ARRAY_TASK_MIN: "10", SLURM_ARRAY_TASK_MAX: "11" };
    const second = await folder.runIn(
      env,
      "sweep",
      ...DATA,
      ...GRID,
      ...TWO,
      "--out",
      "parts",
      "--shard",
      "env",
    );
    assertEquals(second.code, 0, second.stderr);
    assertEquals([...Deno.readDirSync(join(folder.path, "parts"))].map(({ name }) => name).sort(), [
      "shard-1-of-2",
      "shard-2-of-2",
    ]);
    const merged = await folder.run(
      "sweep",
      "--merge",
      "half",
      "parts/shard-2-of-2",
      "parts/shard-1-of-2",
      "--out",
      "all",
      ...TWO,
    );
    assertEquals(merged.code, 0, merged.stderr);
    await swept(folder, ...GRID, "--out", "whole");
    const again = await swept(folder, ...GRID, "--out", "whole", ...TWO); // now the second best network is needed, too
    assertMatch(again.stderr, /network \d, \d: the file is not in the folder, so that it is trained again/);
    assertMatch(
      again.stderr,
      /committee of the 2 best networks \(\d, \d\), test accuracy .*, saved whole\/committee\.npz/,
    );
    const bits = async (name: string) =>
      (await rowsOf(folder, name)).map(({ seconds: _, ...row }) => row).sort((one, other) =>
        Number(one.member) - Number(other.member)
      );
    assertEquals(await bits("all"), await bits("whole"));
    assertEquals(await folder.read("all/best.npz"), await folder.read("whole/best.npz"));
    assertEquals(await folder.read("all/committee.npz"), await folder.read("whole/committee.npz"));
    const evaluated = await folder.run("eval", "--model", "all/committee.npz", ...DATA);
    assertEquals(evaluated.code, 0, evaluated.stderr);
    const other = await folder.run(
      "sweep",
      ...DATA,
      "--layers",
      "3:softmax",
      "--epochs",
      "1",
      "--out",
      "other",
    );
    assertEquals(other.code, 0, other.stderr);
    const refused = await folder.run("sweep", "--merge", "whole", "other");
    assertEquals(refused.code, 1);
    assertMatch(
      refused.stderr,
      /Cannot join "other" with "whole": they are different sweeps: .*--seed 1,2 there, not given/,
    );
  },
);

taskTest("sweep refuses settings before it trains, with the options that are at fault", async (folder) => {
  await writeSet(folder);
  const refused = async (args: readonly string[], code: number, text: string) => {
    const outcome = await folder.run("sweep", "--data", "set.npz", ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
    assert(outcome.stderr.includes(text), outcome.stderr);
  };
  await refused(["--lr", "1e-4..1e-2"], 2, "needs the number of its values");
  await refused(["--layers", "3:softmax|2:softmax"], 1, "Network 2: ");
  await refused(["--validation-split", "0,0.1"], 2, "leaves no rows to rank networks by");
  await refused(["--nesterov=true,false"], 2, "Network 1: --nesterov needs");
  await refused(["--seed", "1-3", "--committee", "3"], 2, "--committee needs --out");
  const depths = ["--layers", "3:softmax|4:relu,3:softmax", "--committee", "2", "--out", "out"];
  await refused(depths, 2, "--committee: its networks need the same number of layers");
  await refused(["out"], 2, 'Unexpected argument "out"');
  await refused(["--backend", "cuda"], 2, "needs auto, cpu or wasm");
  await refused(["--seed", "1-1000", "--epochs", "1-1000"], 2, "at most 100000 members");
});

taskTest(
  "sweep names the first network whose settings do not fit the data, and writes nothing",
  async (folder) => {
    await folder.write("values.csv", new TextEncoder().encode("a,target\n1,2.5\n2,3.5\n3,4.25\n4,5.75\n"));
    for (
      const [setting, message] of [
        ["--calibrate=false,true", 'error: Network 2: --calibrate needs loss "cross-entropy"'],
        ["--augment=false,true", "error: Network 2: Cannot augment values.csv"],
        ["--class-weights=none|balanced", "error: Network 2: --class-weights needs class labels"],
      ]
    ) {
      const { code, stderr } = await folder.run(
        "sweep",
        ...["--data", "values.csv", "--epochs", "1", "--backend", "wasm", "--out", "out", setting],
      );
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, message);
      assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["values.csv"]);
    }
  },
);

Deno.test("shardOf() reads I/N, Slurm's arrays, and RANK with WORLD_SIZE", () => {
  const of = (variables: Record<string, string>) => shardOf("env", (name) => variables[name]);
  assertEquals(shardOf("2/4"), { index: 2, count: 4 });
  assertEquals(of({ RANK: "0", WORLD_SIZE: "3" }), { index: 1, count: 3 });
  const array = { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_MAX: "9" };
  assertEquals(of({ ...array, SLURM_ARRAY_TASK_STEP: "2", SLURM_ARRAY_TASK_COUNT: "5", RANK: "0" }), {
    index: 4,
    count: 5,
  });
  for (
    const [text, variables] of [
      ["0/4", {}],
      ["5/4", {}],
      ["1", {}],
      ["env", {}],
      ["env", { RANK: "3", WORLD_SIZE: "3" }],
      ["env", { ...array, SLURM_ARRAY_TASK_COUNT: "3" }],
      ["env", { SLURM_ARRAY_TASK_ID: "7" }],
    ] as const
  ) {
    let message = "";
    try {
      shardOf(text, (name) => (variables as Record<string, string>)[name]);
    } catch (error) {
      message = (error as Error).message;
    }
    assertMatch(message, /^--shard (env )?needs /, text);
  }
});
