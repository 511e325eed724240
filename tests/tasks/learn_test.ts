import { assert, assertEquals, assertMatch } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { measureStep } from "../../tasks/shared/step_times.ts";
import { drawImages, type Folder, jsonOf, setFile, taskTest } from "./support.ts";

/** Writes an untrained network of digits, and one of three letters with a set. */
async function writeModels(folder: Folder): Promise<void> {
  const spec = { inputShape: [28, 28], inputScale: 1 / 255 };
  const digits = Mlp.create([dense(8, "relu"), dense(10, "softmax")], {
    ...spec,
    classNames: [..."0123456789"],
  });
  const letters = Mlp.create([dense(8, "relu"), dense(3, "softmax")], {
    ...spec,
    classNames: ["a", "b", "c"],
  });
  await folder.write("digits.npz", digits.format());
  await folder.write("letters.npz", letters.format());
  await folder.write("set.npz", setFile(drawImages({ shape: [28, 28] })));
}

taskTest(
  "export --learn writes the learning page, and learn --model serves the same file",
  async (folder) => {
    await writeModels(folder);
    const outcome = await folder.run("export", "digits.npz", "--learn", "-o", "learn.html", "--json");
    assertEquals(outcome.code, 0, outcome.stderr);
    const [{ bytes, largestDifference, ...rest }] = jsonOf(outcome),
      written = await folder.read("learn.html");
    assertEquals(rest, {
      path: "learn.html",
      format: "html",
      learn: true,
      precision: "float16",
      changed: 0,
      testRows: 200,
    });
    assertEquals(bytes, written.length);
    assert(Number(largestDifference) < 1e-3);
    const process = folder.start("learn", "--model", "digits.npz", "--port", "0");
    const reader = process.stdout.getReader(), { value } = await reader.read();
    const url = new TextDecoder().decode(value).trim();
    assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const served = new Uint8Array(await (await fetch(url)).arrayBuffer());
    assert(
      served.length === written.length && served.every((byte, i) => byte === written[i]),
      "the bytes differ",
    );
    process.kill("SIGINT");
    await reader.cancel();
    await process.stderr.cancel();
    assertEquals((await process.status).code, 130);
  },
);

Deno.test("measureStep() gives the time of a step and its device, and the reason if a backend does not open", async () => {
  const mlp = Mlp.create([dense(8, "relu"), dense(10, "softmax")], {
    inputShape: [28, 28],
    inputScale: 1 / 255,
  });
  const time = await measureStep(mlp, "reference");
  assert("device" in time && time.milliseconds > 0);
  assertEquals(time.device, "reference, CPU, one thread, float64");
  const native = await measureStep(mlp, "cuda"); // few machines have it
  assertMatch(
    "device" in native ? native.device : native.reason,
    /^cuda, |^the backend cuda does not open here; `deno task info` says why$/,
  );
});

taskTest("export --learn takes the rows of --data for other classes than digits", async (folder) => {
  await writeModels(folder);
  const { code, stdout, stderr } = await folder.run(
    "export",
    "letters.npz",
    "--learn",
    "-o",
    "a.html",
    "--data",
    "set.npz",
  );
  assertEquals(code, 0, stderr);
  assertMatch(
    stdout,
    /^a\.html: [\d,]+ bytes, the learning page with the network as float16 and 60 test rows\n$/,
  );
});

taskTest(
  "export --learn and learn refuse what the page cannot show, and options that exclude each other",
  async (folder) => {
    await writeModels(folder);
    await folder.write(
      "table.npz",
      Mlp.create([dense(4, "relu"), dense(3, "softmax")], { inputShape: [5] }).format(),
    );
    for (
      const [code, message, task, ...args] of [
        [
          1,
          "Cannot make the learning page: the classes of this network are not the digits",
          "export",
          "letters.npz",
          "--learn",
          "-o",
          "b.html",
        ],
        [
          1,
          "Cannot make the learning page: the classes of this network are not the digits",
          "learn",
          "--model",
          "letters.npz",
        ],
        [1, 'Cannot load "none.npz": no such file or folder', "learn", "--model", "none.npz"],
        [
          1,
          "The learning page cannot show this network: its inputs have shape [5], the page needs centered images of 28×28 bytes, bright on dark",
          "export",
          "table.npz",
          "--learn",
          "-o",
          "b.html",
          "--data",
          "set.npz",
        ],
        [2, "--learn needs the format html", "export", "digits.npz", "--learn", "-o", "b.onnx"],
        [
          2,
          "--rows and --learn exclude each other: the learning page has up to 200 test rows",
          "export",
          "digits.npz",
          "--learn",
          "-o",
          "b.html",
          "--rows",
          "5",
        ],
        [2, "--layers needs --model", "learn", "--layers", "4:relu,10:softmax"],
      ] as const
    ) {
      const outcome = await folder.run(task, ...args);
      assertEquals(outcome.code, code, outcome.stderr);
      assert(outcome.stderr.includes(`error: ${message}\n`), outcome.stderr);
    }
  },
);
