import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { crc32 } from "../../src/formats/crc32.ts";
import { sha256Now } from "../../src/formats/sha256.ts";
import { Mlp } from "../../src/mlp.ts";
import { imagesIn, rowsIn, scoresIn, sectionIn, sectionsIn, tableIn, textOf } from "../report/parse.ts";
import { readerOf } from "../support/streams.ts";
import { epochsOf, LONG, signalled, startRun, writeSet } from "./runs.ts";
import { drawImages, drawRegression, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

const DATA = ["--data", "set.npz"] as const;
const textIn = async (folder: Folder, name: string) => new TextDecoder().decode(await folder.read(name));
const metricsIn = async (folder: Folder, name: string): Promise<Record<string, unknown>[]> =>
  linesOf(await textIn(folder, name)).map((line) => JSON.parse(line));

/** Runs a task that must succeed. */
async function done(folder: Folder, ...args: Parameters<Folder["run"]>) {
  const outcome = await folder.run(...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

taskTest(
  "train --report writes a report of the saved model and its epochs, and how to repeat them",
  async (folder) => {
    const set = drawImages({ wrong: 0.3 });
    await folder.write("set.npz", setFile(set));
    const args = [...DATA, "--epochs", "3", "-o", "m.npz", "--backend", "reference", "--report", "it's.html"];
    const { stderr } = await done(folder, "train", ...args);
    assertStringIncludes(stderr, "\nreport   it's.html\n");
    const report = await textIn(folder, "it's.html"), bytes = await folder.read("m.npz");
    const mlp = await Mlp.parse(bytes),
      x = set.x_test.values as Uint8Array,
      y = [...set.y_test.values as BigInt64Array];
    const p = mlp.predict(x),
      correct = y.filter((label, row) => {
        const own = [...p.subarray(3 * row, 3 * row + 3)];
        return own.indexOf(Math.max(...own)) === Number(label);
      }).length;
    assertEquals(scoresIn(report).correct, `${correct} of 60`);
    assertEquals(
      scoresIn(report).loss,
      (y.reduce((sum, label, row) => sum - Math.log(p[3 * row + Number(label)]), 0) / 60).toFixed(4),
    );
    assertEquals(rowsIn(sectionIn(report, "Training")).length, 3);
    assertEquals(rowsIn(sectionIn(report, "Training"))[2][3], scoresIn(report).loss);
    const section = sectionIn(report, "How to reproduce it");
    const command =
      "deno task train --data set.npz --epochs 3 -o m.npz --backend reference --report 'it'\\''s.html'";
    assertEquals(textOf(/<code>(.*?)<\/code>/.exec(section)![1]), command);
    const crcOf = (inputs: Uint8Array, labels: readonly bigint[]) =>
      crc32(new Uint8Array(Uint32Array.from(labels, Number).buffer), crc32(inputs)).toString(16).padStart(
        8,
        "0",
      );
    const train = crcOf(set.x_train.values as Uint8Array, [...set.y_train.values as BigInt64Array]);
    assertEquals(tableIn(section), [
      ["model", `m.npz, SHA-256 ${sha256Now(bytes)}`],
      ["training set", `set.npz, 240 rows, CRC-32 ${train}`],
      ["test set", `set.npz, 60 rows, CRC-32 ${crcOf(x, y)}`],
      ["backend", tableIn(section)[3][1]],
      ["program", `mlpcuda ${config.version}, Deno ${Deno.version.deno}`],
      ["trained", "3 epochs on 240 rows of set.npz with reference, seed 1"],
    ]);
    assertMatch(tableIn(section)[3][1], /^reference on /);
    assert((await imagesIn(sectionIn(report, "Worst mistakes"))).length > 0);
  },
);

taskTest(
  "eval --report writes the same report each time, about the set that it evaluates",
  async (folder) => {
    await folder.write("set.npz", setFile(drawRegression()));
    await done(folder, "train", ...DATA, "--epochs", "2", "-o", "m.npz", "-q");
    const args = ["--model", "m.npz", ...DATA, "--set", "train", "--report", "r.html"];
    const { stdout } = await done(folder, "eval", ...args);
    const first = await textIn(folder, "r.html");
    const [, r2] = /^R² +(\S+)/m.exec(stdout)!, scores = scoresIn(first);
    assertEquals([scores["R²"], scores.rows], [r2, "400"]);
    assertEquals(sectionsIn(first).includes("Training"), false);
    assertStringIncludes(first, "<title>m.npz: training set</title>");
    const again = await done(folder, "eval", ...args, "--json");
    assertEquals(jsonOf(again).length, 1);
    const second = await textIn(folder, "r.html");
    assertEquals(second.replace(" --json", ""), first);
    assertEquals(await textIn(folder, "r.previous.html"), first);
  },
);

taskTest(
  "train reports on the validation rows, or on the training rows, if there is no test set",
  async (folder) => {
    await folder.write("set.npz", setFile(drawImages({ testRows: 0 })));
    const train = async (...args: string[]) => {
      await done(
        folder,
        "train",
        ...DATA,
        "--epochs",
        "1",
        "-o",
        "m.npz",
        "-q",
        "--report",
        "r.html",
        ...args,
      );
      return scoresIn(await textIn(folder, "r.html"));
    };
    assertEquals((await train()).rows, "240");
    const { rows, loss } = await train("--validation-split", "0.25", "--metrics", "m.jsonl");
    assertEquals([rows, loss], [
      "60",
      Number((await metricsIn(folder, "m.jsonl"))[1].validationLoss).toFixed(4),
    ]);
  },
);

taskTest("train --metrics writes the settings, and each epoch while training runs", async (folder) => {
  const set = drawImages();
  await folder.write("set.npz", setFile(set));
  const { stdout } = await done(
    folder,
    "train",
    ...DATA,
    "--epochs",
    "2",
    "-o",
    "m.npz",
    "--json",
    "--metrics",
    "m.jsonl",
  );
  const [settings, ...epochs] = await metricsIn(folder, "m.jsonl"),
    printed = jsonOf({ stdout, code: 0, stderr: "" });
  assertEquals([settings.format, settings.version, settings.mlpcuda, settings.from], [
    "mlpcuda metrics",
    1,
    config.version,
    1,
  ]);
  assertEquals(
    settings.command,
    "deno task train --data set.npz --epochs 2 -o m.npz --json --metrics m.jsonl",
  );
  assertEquals([settings.layers, settings.inputShape], ["128:relu,64:relu,3:softmax", [5, 4]]);
  const labels = Uint32Array.from(set.y_train.values as BigInt64Array, Number);
  const crc = crc32(new Uint8Array(labels.buffer), crc32(set.x_train.values as Uint8Array));
  assertEquals(settings.dataset, { source: "set.npz", rows: 240, crc32: crc });
  assertEquals(settings.config, (await Mlp.parse(await folder.read("m.npz"))).training!.config as unknown);
  const further = epochs.map((
    { learningRate, step, rowsPerSecond: _, ended },
  ) => [learningRate, step, ended]);
  assertEquals(further, [[0.001, 2, undefined], [0.001, 4, "finished"]]);
  const shared = epochs.map(({ learningRate: _, step: __, rowsPerSecond: ___, ended: ____, ...rest }) =>
    rest
  );
  assertEquals(shared, printed.slice(0, 2));
});

taskTest("train --resume continues the metrics of the run, and its report has all epochs", async (folder) => {
  await folder.write("set.npz", setFile());
  const run = (epochs: string, ...args: string[]) =>
    folder.run(
      "train",
      ...DATA,
      "--epochs",
      epochs,
      "-o",
      "m.npz",
      "-q",
      "--checkpoint",
      "c.npz",
      "--metrics",
      "m.jsonl",
      ...args,
    );
  assertEquals((await run("2")).code, 0);
  const before = await metricsIn(folder, "m.jsonl");
  await Deno.writeTextFile(`${folder.path}/m.jsonl`, '{"epoch":3,"trainLoss":9}\n{"epoch":4,"tra', {
    append: true,
  });
  const { code, stderr } = await run("4", "--resume", "c.npz", "--report", "r.html");
  assertEquals(code, 0, stderr);
  const lines = await metricsIn(folder, "m.jsonl");
  assertEquals(lines.slice(0, 3), before);
  assertEquals([lines[3].from, ...lines.slice(4).map(({ epoch }) => epoch)], [3, 3, 4]);
  const rows = rowsIn(sectionIn(await textIn(folder, "r.html"), "Training"));
  const epochs = lines.filter(({ epoch }) => epoch !== undefined);
  assertEquals(
    rows.map(([epoch, loss]) => [epoch, loss]),
    epochs.map(({ epoch, trainLoss }) => [String(epoch), Number(trainLoss).toFixed(4)]),
  );
  await folder.write("other.npz", setFile(drawImages({ wrong: 0.5 })));
  const other = [
    "train",
    "--data",
    "other.npz",
    "-q",
    "-o",
    "o.npz",
    "--checkpoint",
    "d.npz",
  ] as const;
  await done(folder, ...other, "--epochs", "1");
  const refused = await folder.run(...other, "--epochs", "2", "--resume", "d.npz", "--metrics", "m.jsonl");
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.stderr,
    'Cannot save to "m.jsonl": the metrics there are of another run than the resumed one',
  );
  assertEquals(await metricsIn(folder, "m.jsonl"), lines);
  await done(folder, ...other, "--epochs", "2", "--resume", "d.npz", "--metrics", "m.jsonl", "--force");
  assertEquals((await metricsIn(folder, "m.jsonl")).map(({ from, epoch }) => from ?? epoch), [2, 2]);
  assertEquals(await metricsIn(folder, "m.previous.jsonl"), lines);
});

taskTest("train and eval refuse paths of reports and metrics before they begin", async (folder) => {
  await folder.write("set.npz", setFile());
  await folder.write("notes.html", new TextEncoder().encode("<h1>My notes</h1>"));
  await folder.write("list.jsonl", new TextEncoder().encode('{"a":1}\n'));
  await Deno.mkdir(`${folder.path}/folder`);
  const before = folder.names(), out = ["train", ...DATA, "-o", "m.npz"] as const;
  const cases: [args: Parameters<Folder["run"]>, code: number, message: string][] = [
    [[...out, "--report", "notes.html"], 1, 'Cannot save to "notes.html": the file there is not a report'],
    [
      [...out, "--metrics", "list.jsonl"],
      1,
      'Cannot save to "list.jsonl": the file there is not a file of metrics',
    ],
    [[...out, "--report", "folder"], 1, 'Cannot save to "folder": it is a folder'],
    [
      [...out, "--report", "set.npz/r.html"],
      1,
      'Cannot save to "set.npz/r.html": a part of the path is a file',
    ],
    [[...out, "--report", "m.npz"], 2, "--report and --output name the same file, each needs its own"],
    [[...out, "--report", "a", "--metrics", "./a"], 2, "--metrics and --report name the same file"],
    [["eval", "--report", "notes.html"], 1, 'Cannot save to "notes.html": the file there is not a report'],
  ];
  for (const [args, code, message] of cases) {
    const outcome = await folder.run(...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
    assertStringIncludes(outcome.stderr, message);
  }
  assertEquals(folder.names(), before);
  await done(
    folder,
    ...out,
    "--epochs",
    "1",
    "-q",
    "--report",
    "notes.html",
    "--metrics",
    "list.jsonl",
    "--force",
  );
  assertEquals(await textIn(folder, "notes.previous.html"), "<h1>My notes</h1>");
  assertEquals(await textIn(folder, "list.previous.jsonl"), '{"a":1}\n');
});

taskTest("train saves the model, and fails, if the report cannot be written in the end", async (folder) => {
  await writeSet(folder);
  const run = startRun(folder, ...LONG, "--json", "-o", "m.npz", "--report", "out/r.html");
  await run.seen('"epoch":1');
  await Deno.rename(`${folder.path}/out`, `${folder.path}/moved`);
  await Deno.writeTextFile(`${folder.path}/out`, "");
  run.process.kill("SIGTERM");
  const { code, stdout, stderr } = await run.end();
  assertEquals(code, 1);
  assertMatch(stderr, /error: Cannot save to "out\/r\.html": a part of the path is a file, not a folder\n/);
  const { model } = JSON.parse(linesOf(stdout).at(-1)!);
  assertEquals([model, await epochsOf(folder, "m.npz") > 0], ["m.npz", true]);
});

taskTest("train goes on without metrics if their reader ends, saves the model, and fails", async (folder) => {
  await writeSet(folder);
  const pipe = `${folder.path}/pipe`,
    head = new Deno.Command("sh", {
      args: ["-c", 'mkfifo "$0" && echo made && head -n 3 < "$0"', pipe],
      stdout: "piped",
    }).spawn();
  const reader = readerOf(head.stdout);
  await reader.until("made");
  const run = startRun(folder, ...LONG, "--json", "-o", "m.npz", "--metrics", "pipe");
  await run.noted("warning: ");
  run.process.kill("SIGTERM");
  const { code, stderr } = await run.end(), lines = linesOf(await reader.until()).slice(1);
  assertEquals(lines.map((line) => JSON.parse(line)).map(({ from, epoch }) => [from, epoch]), [
    [1, undefined],
    [undefined, 1],
    [undefined, 2],
  ]);
  assertEquals((await head.status).code, 0);
  assertEquals(code, 1);
  assertEquals(stderr.split("warning: Cannot write the metrics").length, 2);
  assertMatch(stderr, /error: Cannot write the metrics "pipe": /);
  assertEquals(await epochsOf(folder, "m.npz") > 2, true);
});

taskTest("train reports an interrupted run", async (folder) => {
  await writeSet(folder);
  const files = ["-o", "m.npz", "--report", "r.html", "--metrics", "m.jsonl"] as const;
  const { code } = await signalled(folder, "SIGTERM", ...LONG, ...files);
  assertEquals(code, 143);
  const epochs = (await metricsIn(folder, "m.jsonl")).slice(1), report = await textIn(folder, "r.html");
  assertEquals(epochs.at(-1)!.ended, "interrupted");
  assertStringIncludes(sectionIn(report, "Training"), `<p>${epochs.length.toLocaleString("en-US")} epoch`);
  assertStringIncludes(report, sha256Now(await folder.read("m.npz")));
});

taskTest(
  "train tells the curve of the loss, the most frequent confusions and the next command",
  async (folder) => {
    const set = drawImages({ wrong: 0.3 });
    await folder.write("set.npz", setFile(set));
    const { stderr, stdout } = await done(folder, "train", ...DATA, "--epochs", "3", "-o", "m.npz");
    const [loss, confused, next] = linesOf(stderr).slice(-3);
    const rows = linesOf(stdout).slice(1, 4).map((line) => line.trim().split(/ +/)[1]);
    assertMatch(loss, new RegExp(`^loss {5}[▁-█]{3} ${rows[0]} → ${rows[2]}$`));
    assertEquals(next, "next     deno task eval --model m.npz --data set.npz --report report.html");
    const [{ confusion }] = jsonOf(await done(folder, "eval", "--model", "m.npz", ...DATA, "--json"));
    const found = (confusion as number[]).map((rows, at) => ({
      rows,
      label: Math.floor(at / 3),
      guess: at % 3,
    }))
      .filter(({ rows, label, guess }) => rows > 0 && label !== guess).sort((a, b) => b.rows - a.rows).slice(
        0,
        3,
      )
      .map(({ rows, label, guess }) =>
        `${label} taken for ${guess}: ${rows === 1 ? "once" : `${rows} times`}`
      );
    assertEquals(confused, `confused ${found.join("; ")}`);
    await done(folder, "eval", ...next.split("eval ")[1].split(" "));
  },
);
