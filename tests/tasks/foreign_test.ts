/** Tasks take models of other programs. @module */
import { assertAlmostEquals, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { formatNpy } from "../../src/formats/npy.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { dense, formatLayers } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import outputs from "../fixtures/foreign/outputs.json" with { type: "json" };
import { type Folder, jsonOf, taskTest } from "./support.ts";

const FIXTURES = new URL("../fixtures/foreign/", import.meta.url);

async function copyFixture(folder: Folder, name: string): Promise<void> {
  await folder.write(name, await Deno.readFile(new URL(name, FIXTURES)));
}

async function writeRows(folder: Folder): Promise<void> {
  const values = Float32Array.from(outputs.rows.flat());
  await folder.write("rows.npy", formatNpy({ shape: [3, 4], values }));
}

const ASSUMED = "model    the file does not tell the activations: 5:relu,6:relu,3:linear is assumed; " +
  "for classes, the last is usually softmax (--layers 5:relu,6:relu,3:softmax)\n";

taskTest(
  "predict gives the outputs of a state_dict of PyTorch, and says what was assumed",
  async (folder) => {
    await copyFixture(folder, "state_dict.pt");
    await writeRows(folder);
    const outcome = await folder.run("predict", "--model", "state_dict.pt", "rows.npy", "--json");
    assertEquals(outcome.code, 0, outcome.stderr);
    assertStringIncludes(outcome.stderr, 'model    layers from "0", "3", "5" of a state_dict of PyTorch\n');
    assertStringIncludes(outcome.stderr, ASSUMED);
    assertStringIncludes(
      outcome.stderr,
      "model    the file does not tell the scale of inputs: they are used as they are\n",
    );
    for (const [row, { outputs: found }] of jsonOf(outcome).entries()) {
      outputs.sequential[row].forEach((value, o) => assertAlmostEquals((found as number[])[o], value, 1e-5));
    }
  },
);

taskTest("predict --layers gives the activations of a foreign model", async (folder) => {
  await copyFixture(folder, "sequential.safetensors");
  await writeRows(folder);
  const layers = ["--layers", "5:relu,6:relu,3:softmax"];
  const outcome = await folder.run(
    "predict",
    "-m",
    "sequential.safetensors",
    ...layers,
    "rows.npy",
    "--json",
  );
  assertEquals(outcome.code, 0, outcome.stderr);
  assertEquals(outcome.stderr.includes("activations"), false);
  const guesses = outputs.sequential.map((row) => row.indexOf(Math.max(...row)));
  assertEquals(jsonOf(outcome).map(({ guess }) => guess), guesses);
});

taskTest("eval evaluates scikit-learn's network under its class names", async (folder) => {
  await copyFixture(folder, "classifier_said.npz");
  const guesses = outputs.classifier.map((row) => row.indexOf(Math.max(...row)));
  await folder.write(
    "set.npz",
    formatNpz({
      x_train: { shape: [3, 4], values: Float32Array.from(outputs.rows.flat()) },
      y_train: { shape: [3], values: Uint8Array.from(guesses) },
    }),
  );
  const args = ["--model", "classifier_said.npz", "--data", "set.npz", "--set", "train", "--json"];
  const outcome = await folder.run("eval", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  assertEquals(jsonOf(outcome)[0].accuracy, 1);
});

taskTest("info --model describes pickled dictionaries of layers", async (folder) => {
  await copyFixture(folder, "cupy_dicts.npz");
  const { stdout, stderr } = await folder.run("info", "--model", "cupy_dicts.npz");
  assertStringIncludes(stdout, "5:relu,3:softmax on inputs [4]\n");
  assertStringIncludes(stderr, "model    weights from pickled dictionaries of layers\n");
});

taskTest(
  "export writes a state_dict with its activations and normalization as a model for every task",
  async (folder) => {
    await copyFixture(folder, "state_dict.pt");
    await writeRows(folder);
    const told = ["--layers", "5:relu,6:relu,3:softmax", "--normalize", "0.5,1/4"];
    const predicted = await folder.run("predict", "-m", "state_dict.pt", ...told, "rows.npy", "--json");
    const probabilities = jsonOf(predicted).map(({ probabilities }) => probabilities);
    const plain = await folder.run(
      "predict",
      "-m",
      "state_dict.pt",
      ...told.slice(0, 2),
      "rows.npy",
      "--json",
    );
    assertEquals(probabilities.length, 3);
    assertNotEquals(jsonOf(plain).map(({ probabilities }) => probabilities), probabilities);
    for (const format of ["npz", "safetensors", "onnx", "js"]) {
      const { code, stderr } = await folder.run("export", "state_dict.pt", ...told, "-o", `net.${format}`);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, 'model    layers from "0", "3", "5" of a state_dict of PyTorch\n');
    }
    for (const format of ["npz", "safetensors"]) {
      const found = await folder.run("predict", "-m", `net.${format}`, "rows.npy", "--json");
      assertEquals(jsonOf(found).map(({ probabilities }) => probabilities), probabilities);
      assertEquals(found.stderr.includes("model    "), false);
    }
  },
);

taskTest(
  "train --init trains a state_dict further, with a new last layer for other classes",
  async (folder) => {
    await copyFixture(folder, "state_dict.pt");
    const x_train = { shape: [30, 4], values: Float32Array.from({ length: 120 }, (_, i) => Math.sin(i)) };
    const y_train = { shape: [30], values: Uint8Array.from({ length: 30 }, (_, i) => i % 4) };
    await folder.write("set.npz", formatNpz({ x_train, y_train }));
    const args = ["--data", "set.npz", "--epochs", "1", "--backend", "wasm", "--threads", "1"];
    const init = ["--init", "state_dict.pt", "--layers", "5:relu,6:tanh,4:softmax"];
    const { code, stderr } = await folder.run("train", ...args, ...init, "--normalize", "0,1", "-o", "m.npz");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, 'model    layers from "0", "3", "5" of a state_dict of PyTorch\n');
    assertStringIncludes(
      stderr,
      "2 of 3 layers are kept; the last is new: 4:softmax in place of 3:softmax\n",
    );
    const { layers } = await Mlp.parse(await folder.read("m.npz"));
    assertEquals(formatLayers(layers), "5:relu,6:tanh,4:softmax");
    const quiet = await folder.run("train", ...args, ...init, "--quiet", "-o", "q.npz");
    assertEquals([quiet.code, quiet.stderr], [0, ""]);
  },
);

taskTest("--normalize needs a model of another program, and two numbers", async (folder) => {
  await copyFixture(folder, "state_dict.pt");
  await writeRows(folder);
  await folder.write("m.npz", Mlp.create([dense(3, "softmax")], { inputShape: [4] }).format());
  const cases = [
    [["predict", "-m", "m.npz", "--normalize", "0,1", "rows.npy"], "Cannot use a normalization for "],
    [["train", "--normalize", "0,1"], "--normalize needs --init with a file of another program\n"],
    [["info", "--normalize", "0,1"], "--normalize needs --model\n"],
    [["gui", "--normalize", "0,1"], "--normalize needs --train, or --model with a file of another program\n"],
    ...["0.1", "0.1,0", "a,1", "0,1,2", "0,-1"].map((text) =>
      [
        ["predict", "-m", "state_dict.pt", "--normalize", text, "rows.npy"],
        `--normalize needs a mean and a standard deviation, found ${JSON.stringify(text)}\n`,
      ] as const
    ),
  ] as const;
  for (const [[task, ...args], message] of cases) {
    const { code, stderr } = await folder.run(task, ...args);
    assertEquals(code > 0, true);
    assertStringIncludes(stderr, message);
  }
});

taskTest(
  "predict, info and gui refuse what a model of another program cannot be, in one line",
  async (folder) => {
    for (const name of ["module.pt", "state_dict.pt"]) await copyFixture(folder, name);
    await folder.write("m.npz", Mlp.create([dense(3, "softmax")], { inputShape: [4] }).format());
    const cases = [
      [
        ["predict", "-m", "module.pt", "x.png"],
        `error: Cannot read "FOLDER/module.pt": "module/data.pkl" needs the constructor ` +
        "torch.nn.modules.container.Sequential, which is refused; save model.state_dict() instead (at byte 2)\n",
      ],
      [
        ["predict", "-m", "state_dict.pt", "--layers", "5,6", "x.png"],
        `error: Cannot use layers "5:linear,6:linear" for "FOLDER/state_dict.pt": it has layers of 5, 6, 3 outputs\n`,
      ],
      [
        ["predict", "-m", "m.npz", "--layers", "3:relu", "x.png"],
        `error: Cannot use layers "3:relu" for "FOLDER/m.npz": the file says "3:softmax"\n`,
      ],
      [["info", "--layers", "3:relu"], "error: --layers needs --model\n"],
      [
        ["gui", "--layers", "3:relu"],
        "error: --layers needs --train, or --model with a file of another program\n",
      ],
    ] as const;
    for (const [[task, ...args], message] of cases) {
      const { code, stderr } = await folder.run(task, ...args);
      assertEquals(code > 0, true);
      const [line] = stderr.replaceAll(folder.path, "FOLDER").split("  hint");
      assertEquals(line, message);
    }
  },
);

taskTest(
  "train --init says what a model of another program does not tell, or takes --layers",
  async (folder) => {
    await copyFixture(folder, "state_dict.pt");
    const rows = Array.from({ length: 30 }, (_, i) => `${i % 3},${i % 5},1,${i},${i % 3}`);
    await folder.write("set.csv", new TextEncoder().encode(["a,b,c,d,label", ...rows].join("\n")));
    const train = (...args: string[]) =>
      folder.run("train", "--init", "state_dict.pt", "--data", "set.csv", "--epochs", "1", ...args);
    const assumed = await train();
    assertEquals(assumed.code, 0, assumed.stderr);
    assertStringIncludes(assumed.stderr, ASSUMED);
    assertStringIncludes(assumed.stderr, "init     state_dict.pt: all 3 layers are kept\n");

    const given = await train("--layers", "5:tanh,6:relu,3:softmax");
    assertEquals(given.code, 0, given.stderr);
    assertEquals(given.stderr.includes("activations"), false);
    assertStringIncludes(given.stderr, "init     state_dict.pt: all 3 layers are kept\n");
    assertStringIncludes(given.stderr, "network  4 → 5 tanh → 6 relu → 3 softmax");

    const other = await train("--layers", "5:tanh,6:relu,4:softmax", "--classes", "4");
    assertEquals(other.code, 0, other.stderr);
    assertStringIncludes(other.stderr, "init     state_dict.pt: 2 of 3 layers are kept; the last is new: ");
    const quiet = await train("--quiet");
    assertEquals(quiet.stderr.includes("model "), false);
  },
);

taskTest("export --layers gives the activations of a model of another program", async (folder) => {
  await copyFixture(folder, "state_dict.pt");
  const { code, stderr } = await folder.run(
    "export",
    "state_dict.pt",
    "-o",
    "net.js",
    "--layers",
    "5:tanh,6:relu,3:softmax",
  );
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "network  5:tanh,6:relu,3:softmax on inputs [4]\n");
});

taskTest("eval brings drawn digits to the pixels of a network", async (folder) => {
  const image = { white: 1, background: "light", placement: "center" } as const;
  const mlp = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1, image });
  await folder.write("m.npz", mlp.format());
  const { code, stderr } = await folder.run("eval", "--model", "m.npz", "--data", "digits");
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "data     pixels from 0 to 255 brought to 0 to 1\n");
  assertStringIncludes(stderr, "data     dark background brought to light\n");
});
