import { assertEquals, assertStringIncludes } from "@std/assert";
import { bar, barsMlp, png } from "./bars.ts";
import { type Folder, jsonOf, linesOf, taskTest } from "./support.ts";

const PREDICT = ["predict", "--model", "m.npz"] as const;

/** Writes a network, and a folder of class folders with two upright bars and one flat bar, one of the former in a wrong folder. */
async function prepare(folder: Folder): Promise<void> {
  await folder.write("m.npz", barsMlp().format());
  for (const name of ["bars", "bars/flat", "bars/upright"]) await Deno.mkdir(`${folder.path}/${name}`);
  await folder.write("bars/flat/1.png", await png(bar("flat")));
  await folder.write("bars/flat/2.png", await png(bar("upright")));
  await folder.write("bars/upright/1.png", await png(bar("upright")));
}

const cellsOf = (stdout: string) => linesOf(stdout).map((line) => line.split(/ {2,}/).slice(0, 3));

taskTest(
  "predict predicts the pictures of a folder, whose class folders are their labels",
  async (folder) => {
    await prepare(folder);
    const { code, stdout, stderr } = await folder.run(...PREDICT, "bars");
    assertEquals(code, 0, stderr);
    assertEquals(cellsOf(stdout).map((cells) => cells.map((cell) => cell.trim())), [
      ["image", "label", "guess"],
      ["bars/flat/1.png", "flat", "flat"],
      ["bars/flat/2.png", "flat", "upright"],
      ["bars/upright/1.png", "upright", "upright"],
    ]);
    assertStringIncludes(stderr, "accuracy 66.67 % [20.77, 93.85] (2 of 3 correct)\n");
    const chosen = await folder.run(...PREDICT, "bars", "--rows", "1-2", "--json");
    assertEquals(jsonOf(chosen).map(({ file }) => file), ["bars/flat/2.png", "bars/upright/1.png"]);
  },
);

taskTest("eval on a folder reads pictures as predict does", async (folder) => {
  await prepare(folder);
  const { code, stdout, stderr } = await folder.run(
    "eval",
    "-m",
    "m.npz",
    "--data",
    "bars",
    "--set",
    "train",
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "ink of images of 80×60 pixels centered on 28×28 gray");
  assertStringIncludes(stdout, "accuracy 66.67 % [20.77, 93.85] (2 of 3)\n");
});

taskTest("predict says that a folder's class folders are not classes of the network", async (folder) => {
  await prepare(folder);
  await Deno.rename(`${folder.path}/bars/upright`, `${folder.path}/bars/vertical`);
  const { stderr } = await folder.run(...PREDICT, "bars");
  const note = 'bars has folders such as "vertical", which are not classes of the network\n';
  assertStringIncludes(stderr, note);
  assertStringIncludes(stderr, "(1 of 2 correct)\n");
});

taskTest("predict --csv --id identifies pictures by their file names", async (folder) => {
  await prepare(folder);
  const { stdout } = await folder.run(
    ...PREDICT,
    "bars/upright",
    "bars/flat/1.png",
    "--csv",
    "-",
    "--id",
    "file",
  );
  assertEquals(stdout, "file,Label\n1.png,upright\n1.png,flat\n");
});

taskTest("predict --keep-going leaves out files that cannot be read, and names them", async (folder) => {
  await prepare(folder);
  await folder.write("bars/flat/0.png", (await png(bar("flat"))).subarray(0, 60));
  const ended = await folder.run(...PREDICT, "bars");
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertStringIncludes(ended.stderr, 'error: Cannot read "bars/flat/0.png": it is cut short');
  const { code, stdout, stderr } = await folder.run(...PREDICT, "bars", "--keep-going");
  assertEquals([code, linesOf(stdout).length], [1, 4]);
  assertStringIncludes(stderr, 'error: Cannot read "bars/flat/0.png": it is cut short');
  assertStringIncludes(stderr, "error: Cannot predict all inputs: 1 file left out\n");
  const none = await folder.run(...PREDICT, "bars/flat/0.png", "--keep-going", "--csv", "out.csv");
  assertStringIncludes(none.stderr, "error: Cannot predict: no input could be read\n");
  assertEquals([none.code, folder.names()], [1, ["bars", "m.npz"]]);
});

taskTest("predict --keep-going leaves out files that do not exist, and names them", async (folder) => {
  await prepare(folder);
  const args = ["none.png", "bars/flat/1.png", "--json", "--keep-going"];
  const { code, stdout, stderr } = await folder.run(...PREDICT, ...args);
  assertEquals([code, linesOf(stdout).length], [1, 1]);
  assertStringIncludes(stderr, 'error: Cannot read "none.png": no such file or folder\n');
  assertStringIncludes(stderr, "error: Cannot predict all inputs: 1 file left out\n");
});

taskTest("predict says that a folder lacks the set that was asked for", async (folder) => {
  await prepare(folder);
  const { code, stderr } = await folder.run(...PREDICT, "bars", "--set", "validation");
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    'Cannot read "bars": the folder has no pictures in class folders, or no set "validation"',
  );
});

taskTest("predict --json has the label of a picture without ink", async (folder) => {
  await prepare(folder);
  await folder.write("bars/flat/1.png", await png(bar("none")));
  const outcome = await folder.run(...PREDICT, "bars", "--json", "--rows", "0");
  assertEquals(jsonOf(outcome), [{ file: "bars/flat/1.png", trueLabel: 1, blank: true }]);
});
