import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatNpy } from "../../src/formats/npy.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { bar, barsMlp, png } from "./bars.ts";
import { drawRegression, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

const npy = (values: Uint8Array | Float32Array<ArrayBuffer>, ...shape: number[]) =>
  formatNpy({ values: values as Uint8Array<ArrayBuffer>, shape });

async function prepare(folder: Folder): Promise<void> {
  await folder.write("m.npz", barsMlp().format());
  await folder.write("up.png", await png(bar("upright")));
  await folder.write("flat.png", await png(bar("flat")));
  await folder.write("blank.png", await png(bar("none")));
}

const PREDICT = ["predict", "--model", "m.npz"] as const;

taskTest("predict prints a row for each image, dark on light or light on dark", async (folder) => {
  await prepare(folder);
  const inverted = bar("flat").map((value) => 255 - value);
  await folder.write("two.npy", npy(Uint8Array.of(...bar("upright"), ...inverted), 2, 60, 80));
  const { code, stdout, stderr } = await folder.run(...PREDICT, "up.png", "flat.png", "blank.png", "two.npy");
  assertEquals([code, stderr.split("  ")[0]], [0, "backend"]);
  const [heading, ...rows] = linesOf(stdout).map((line) => line.split(/ {2,}/).map((text) => text.trim()));
  assertEquals(heading, ["image", "guess", "probability", "runner-up"]);
  assertEquals(rows.map(([name, guess]) => [name, guess]), [
    ["up.png", "upright"],
    ["flat.png", "flat"],
    ["blank.png", "no ink: nothing to classify"],
    ["two.npy[0]", "upright"],
    ["two.npy[1]", "flat"],
  ]);
  assertMatch(linesOf(stdout)[1], /^up\.png +upright +9\d\.\d\d % +flat \(\d\.\d\d %\)$/);
});

taskTest("predict marks the images of which the network is not sure", async (folder) => {
  await prepare(folder);
  const image = new Uint8Array(784);
  image[28 * 5 + 14] = 128;
  await folder.write("rows.npy", npy(image, 1, 784));
  const { stdout } = await folder.run(...PREDICT, "rows.npy");
  assertMatch(linesOf(stdout)[1], /^rows\.npy\[0\] +upright +53\.\d\d % +flat \(46\.\d\d %\) +not sure$/);
});

taskTest(
  "predict marks images that are not like anything that a network with thresholds was trained on",
  async (folder) => {
    await prepare(folder);
    const write = async (energy: number, together: number) => {
      const mlp = barsMlp();
      mlp.thresholds = { probability: 0.5, energy, together };
      await folder.write("m.npz", mlp.format());
    };
    await write(100, 1);
    const unlike = await folder.run(...PREDICT, "up.png", "--top", "1");
    assertMatch(
      linesOf(unlike.stdout)[1],
      /^up\.png +upright +9\d\.\d\d % +not like anything I was trained on$/,
    );
    const [object] = jsonOf(await folder.run(...PREDICT, "--json", "up.png"));
    assertEquals([object.sure, object.known, object.verdict], [
      false,
      false,
      "not like anything I was trained on",
    ]);
    await write(100, 0.9);
    assertMatch(linesOf((await folder.run(...PREDICT, "up.png")).stdout)[1], /not sure$/);
    await write(-100, 0.9);
    const [sure] = jsonOf(await folder.run(...PREDICT, "--json", "up.png"));
    assertEquals([sure.sure, sure.known, sure.verdict], [true, true, "sure"]);
  },
);

taskTest("predict --json prints an object for each image, with all probabilities", async (folder) => {
  await prepare(folder);
  const [up, blank, ...more] = jsonOf(await folder.run(...PREDICT, "--json", "up.png", "blank.png"));
  assertEquals([blank, more], [{ file: "blank.png", blank: true }, []]);
  const { probability, runnerUp, probabilities, ...rest } = up;
  assertEquals(rest, { file: "up.png", guess: 0, className: "upright", sure: true });
  const [first, second] = probabilities as number[];
  assertEquals([probability, runnerUp], [first, { label: 1, probability: second }]);
});

taskTest("predict - reads an image from stdin", async (folder) => {
  await prepare(folder);
  const { code, stdout } = await folder.feed(await png(bar("flat")), ...PREDICT, "-", "--top", "1");
  assertEquals(code, 0);
  assertMatch(stdout, /^image +guess +probability\nstdin +flat +\d\d\.\d\d %\n$/);
});

taskTest("predict shows the labels of a set next to the predictions", async (folder) => {
  await prepare(folder);
  const up = barsMlp().parameters["layer_1.weights"].subarray(0, 784).map((value) => 255 * Math.ceil(value));
  const x = { shape: [2, 28, 28], values: Uint8Array.of(...up, ...up) };
  const y = { shape: [2], values: Uint8Array.of(0, 1) };
  await folder.write("set.npz", formatNpz({ x_train: x, y_train: y, x_test: x, y_test: y }));
  const { stdout } = await folder.run(...PREDICT, "set.npz", "--rows", "1");
  assertMatch(
    stdout,
    /^image +label +guess +probability .*\nset\.npz\[1\] +flat +upright +\d\d\.\d\d % .*\n$/,
  );
  const [row] = jsonOf(await folder.run(...PREDICT, "set.npz", "--rows", "1", "--json"));
  assertEquals([row.trueLabel, row.guess], [1, 0]);
});

taskTest("predict prints the outputs of a network without probabilities", async (folder) => {
  await folder.write("set.npz", setFile(drawRegression()));
  const trained = await folder.run("train", "--data", "set.npz", "-o", "r.npz", "--epochs", "1", "-q");
  assertEquals(trained.code, 0, trained.stderr);
  await folder.write("row.npy", npy(Float32Array.of(0.5, -1), 2));
  const { stdout } = await folder.run("predict", "-m", "r.npz", "row.npy");
  const [value] = (await Mlp.parse(await folder.read("r.npz"))).predict(Float32Array.of(0.5, -1));
  const [, found] = /^image +outputs\nrow\.npy +(\S+)\n$/.exec(stdout) ?? [];
  assertEquals(Number(found).toFixed(4), value.toFixed(4));
  const [json] = jsonOf(await folder.run("predict", "-m", "r.npz", "row.npy", "--json"));
  assertEquals(Object.keys(json), ["file", "outputs"]);
});

taskTest("predict --show reports that it needs a terminal", async (folder) => {
  await prepare(folder);
  const { code, stdout, stderr } = await folder.run(...PREDICT, "up.png", "--show");
  assertEquals([code, linesOf(stdout).length], [0, 2]);
  assertStringIncludes(stderr, "--show is ignored: stdout is not a terminal\n");
});

const REFUSED: [args: string[], code: number, message: string][] = [
  [[], 2, "error: An IMAGE is needed, found none\n  hint: run `deno task predict --help` for the options"],
  [["none.png"], 1, 'error: Cannot read "none.png": no such file'],
  [["m.npz"], 1, 'error: Cannot load "m.npz": it holds'],
  [["cut.png"], 1, 'error: Cannot read "cut.png": it is cut short'],
  [["."], 1, 'error: Cannot read "cut.png": it is cut short'],
  [["empty"], 1, 'error: Cannot read "empty": the folder has no pictures'],
  [
    ["up.png", "--raw"],
    1,
    'error: Cannot use "up.png": it is a picture of shape [60, 80], the network needs [28, 28]',
  ],
  [["up.png", "--rows", "9-1"], 2, 'error: --rows needs two rows such as 0-9, found "9-1"'],
  [["up.png", "--rows", "a"], 2, 'error: --rows needs two rows such as 0-9, found "a"'],
  [["up.png", "--show", "--json"], 2, "error: --show and --json exclude each other"],
  [["-", "-"], 2, "error: - can be given only once"],
  [["up.png", "--topp", "3"], 2, 'error: Unknown option "--topp"\n  hint: did you mean --top?'],
  [["up.png", "--model", "none.npz"], 1, 'error: Cannot load "none.npz": no such file'],
];

taskTest("predict refuses an invalid command line before it prints anything", async (folder) => {
  await prepare(folder);
  await folder.write("cut.png", (await png(bar("flat"))).subarray(0, 60));
  await Deno.mkdir(`${folder.path}/empty`);
  for (const [args, code, message] of REFUSED) {
    const model = args.includes("--model") ? [] : ["--model", "m.npz"];
    const images = args.length === 0 ? [] : ["up.png"];
    const { stdout, stderr, ...found } = await folder.run("predict", ...images, ...model, ...args);
    assertEquals([found.code, stdout], [code, ""], stderr);
    assertStringIncludes(stderr.replaceAll(folder.path, "FOLDER"), message);
  }
});
