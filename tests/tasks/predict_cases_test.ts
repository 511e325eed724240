/** Predictions for files of people, if this machine has them. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { isGranted } from "../support/permissions.ts";
import { type Folder, inFolder, jsonOf, linesOf, NEEDS } from "./support.ts";

const CASES = fromFileUrl(new URL("../../../shared/cases", import.meta.url));

const isHere = (() => {
  if (!isGranted({ name: "read" }, { name: "write" }, { name: "run" }) || Deno.build.os === "windows") {
    return false;
  }
  try {
    return Deno.statSync(CASES).isDirectory;
  } catch {
    return false;
  }
})();

function caseTest(sentence: string, body: (folder: Folder) => Promise<void>): void {
  Deno.test({
    name: `${sentence} ${NEEDS.replace("needs", "needs ../shared/cases,")}`,
    ignore: !isHere,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: () => inFolder(body),
  });
}

async function train(folder: Folder, data: string, ...args: string[]): Promise<void> {
  const trained = await folder.run("train", "--data", `${CASES}/${data}`, "-o", "m.npz", "-q", ...args);
  assertEquals(trained.code, 0, trained.stderr);
}

const predict = (folder: Folder, ...paths: string[]) =>
  folder.run("predict", "-m", "m.npz", "--json", ...paths.map((path) => `${CASES}/${path}`));

caseTest("predict takes rows of a table of whole numbers with fractions and large values", async (folder) => {
  await train(folder, "whole_table.npz", "--epochs", "30");
  const rows = await predict(folder, "whole_table_row_half.npy", "whole_table_row_300.npy");
  assertEquals([rows.code, jsonOf(rows).length], [0, 2], rows.stderr);
});

caseTest("predict takes pictures of every format, in folders and alone", async (folder) => {
  await train(folder, "dark_on_light.npz", "--epochs", "60");
  const found = await predict(folder, "folders/test");
  assertEquals(jsonOf(found).length, 10);
  assertStringIncludes(found.stderr, " of 10 correct)\n");
  const three = jsonOf(await predict(folder, "three.jpg", "three.webp"));
  assertEquals(three.map(({ guess }) => guess), [3, 3]);
});

caseTest("predict makes a submission for a table of pixels", async (folder) => {
  await train(folder, "kaggle_train.csv", "--epochs", "5");
  const args = ["-m", "m.npz", "--csv", "out.csv", "--id", "ImageId", `${CASES}/kaggle_train.csv`];
  const { code, stderr } = await folder.run("predict", ...args);
  assertEquals(code, 0, stderr);
  const lines = linesOf(new TextDecoder().decode(await folder.read("out.csv")));
  assertEquals([lines[0], lines[1].split(",")[0], lines[100].split(",")[0]], ["ImageId,Label", "1", "100"]);
});
