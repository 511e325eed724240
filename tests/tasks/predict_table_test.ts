import { assertEquals, assertStringIncludes } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { type Folder, jsonOf, linesOf, taskTest } from "./support.ts";

/** A network for a table with a column of texts: women and children survive. */
const SURVIVORS = new Mlp({
  inputShape: [3],
  inputScale: 1,
  layers: [dense(2, "softmax")],
  parameters: {
    "layer_1.weights": Float32Array.of(0, 0, 0, -9, 9, -0.5),
    "layer_1.bias": Float32Array.of(0, 9),
  },
  columns: [{ name: "Sex", categories: ["male", "female"] }, { name: "Age" }],
  labelColumns: ["Survived"],
  classNames: ["no", "yes"],
});

const PREDICT = ["predict", "--model", "m.npz"] as const;

async function prepare(folder: Folder, files: Readonly<Record<string, string>>): Promise<void> {
  await folder.write("m.npz", SURVIVORS.format());
  for (const [name, text] of Object.entries(files)) await folder.write(name, new TextEncoder().encode(text));
}

taskTest("predict finds the columns of a table by name, and compares known labels", async (folder) => {
  await prepare(folder, {
    "people.csv": 'Age,Survived,"Sex",Name\r\n40,no,male,"Ott, A"\r\n30,no,female,B\r\n5,yes,male,C\r\n',
  });
  const { code, stdout, stderr } = await folder.run(...PREDICT, "people.csv");
  assertEquals(code, 0, stderr);
  assertEquals(linesOf(stdout).map((line) => line.trim().split(/ +/).slice(0, 3)), [
    ["image", "label", "guess"],
    ["people.csv[0]", "no", "no"],
    ["people.csv[1]", "no", "yes"],
    ["people.csv[2]", "yes", "no"],
  ]);
  assertStringIncludes(stderr, "(1 of 3 correct)\n");
  const one = jsonOf(await folder.run(...PREDICT, "people.csv", "--rows", "2", "--json"));
  assertEquals(one.map(({ file, trueLabel, className }) => [file, trueLabel, className]), [
    ["people.csv[2]", 1, "no"],
  ]);
});

taskTest("predict --id takes the identifiers of a table, or numbers its rows and says so", async (folder) => {
  const table = "PassengerId,Sex,Age\n892,male,40\n893,female,30\n";
  await prepare(folder, { "test.csv": table });
  const args = [...PREDICT.slice(1), "--csv", "-", "--id"];
  const named = await folder.run("predict", "test.csv", ...args, "PassengerId");
  assertEquals(named.stdout, "PassengerId,Survived\n892,no\n893,yes\n");
  const bytes = new TextEncoder().encode(table);
  const numbered = await folder.feed(bytes, "predict", "-", ...args, "ImageId,Label");
  assertEquals(numbered.stdout, "ImageId,Label\n1,no\n2,yes\n");
  assertStringIncludes(numbered.stderr, 'stdin: no column "ImageId", so rows are numbered from 1\n');
  assertEquals(numbered.stderr.match(/ImageId/g)?.length, 1);
  const dropped = await folder.run("predict", "test.csv", ...args, "Id", "--missing", "drop");
  assertEquals([dropped.code, dropped.stdout], [1, ""]);
  assertStringIncludes(dropped.stderr, "error: Cannot number the rows");
});

taskTest("predict refuses a missing value, or leaves out its row", async (folder) => {
  await prepare(folder, { "test.tsv": "Id\tSex\tAge\n1\tmale\t40\n2\tmale\t\n3\tfemale\t30\n" });
  const refused = await folder.run(...PREDICT, "test.tsv");
  assertEquals([refused.code, refused.stdout], [1, ""]);
  assertStringIncludes(refused.stderr, 'Cannot read "test.tsv": it has no value in line 3, column 3 ("Age")');
  assertStringIncludes(refused.stderr, "\n  hint: --missing drop leaves out such rows");
  const dropped = await folder.run(...PREDICT, "test.tsv", "--missing", "drop", "--csv", "-", "--id", "Id");
  assertEquals(dropped.stdout, "Id,Survived\n1,no\n3,yes\n");
});

taskTest("predict streams a table that is larger than a batch", async (folder) => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `${i % 3 === 0 ? "female" : "male"},30`);
  await prepare(folder, { "large.csv": ["Sex,Age", ...rows].join("\n") });
  const { stdout } = await folder.run(...PREDICT, "large.csv", "--csv", "-", "--id", "Id,Class");
  const lines = linesOf(stdout);
  assertEquals(lines.length, 10_001);
  assertEquals(lines.slice(1).every((line, i) => line === `${i + 1},${i % 3 === 0 ? "yes" : "no"}`), true);
  await folder.write("bad.csv", new TextEncoder().encode(["Sex,Age", ...rows, "male,old"].join("\n")));
  const failed = await folder.run(...PREDICT, "bad.csv", "--csv", "out.csv");
  assertEquals([failed.code, folder.names()], [1, ["bad.csv", "large.csv", "m.npz"]]);
  assertStringIncludes(failed.stderr, "line 10,002");
});
