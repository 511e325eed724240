/** Damaged and hostile models of other programs are refused with a FormatError. @module */
import { assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { formatSafetensors, type SafetensorsInput } from "../../src/formats/safetensors.ts";
import { readZip } from "../../src/formats/zip.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { importModel } from "../../src/import/import.ts";
import { stringArray } from "../../src/model_file.ts";
import { isGranted } from "../support/permissions.ts";

const FOLDER = new URL("../fixtures/foreign/", import.meta.url);
const ignore = !isGranted({ name: "read" }), needs = ignore ? " (needs --allow-read)" : "";

/** Imports bytes that may be damaged, and checks that a fault is a FormatError. */
async function importDamaged(bytes: Uint8Array): Promise<void> {
  try {
    await importModel(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

for (const name of ["state_dict.pt", "legacy.pt", "sequential.safetensors", "dicts.npz", "dicts.pickle"]) {
  Deno.test({
    name: `importModel() refuses ${name} cut at any byte${needs}`,
    ignore,
    fn: async () => {
      const bytes = await Deno.readFile(new URL(name, FOLDER));
      for (let length = 0; length < bytes.length; length++) {
        await assertRejects(() => importModel(bytes.subarray(0, length)), FormatError);
      }
    },
  });
}

for (const name of ["legacy.pt", "sequential.safetensors", "dicts.pickle"]) {
  Deno.test({
    name: `importModel() throws only FormatError for ${name} with any byte changed${needs}`,
    ignore,
    fn: async () => {
      const bytes = await Deno.readFile(new URL(name, FOLDER));
      for (let at = 0; at < bytes.length; at++) {
        for (const change of [1, 0xFF]) await importDamaged(bytes.with(at, bytes[at] ^ change));
      }
    },
  });
}

/** Returns an archive with one entry changed. */
async function rezipped(
  bytes: Uint8Array,
  ending: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<Uint8Array> {
  const entries = await Promise.all(
    readZip(bytes).map(async (entry) => {
      const content = (await entry.read()).slice();
      return { name: entry.name, bytes: entry.name.endsWith(ending) ? change(content) : content };
    }),
  );
  return writeZip(entries);
}

for (const [name, ending] of [["strided.pt", "data.pkl"], ["dicts.npz", "layer_1.npy"]]) {
  Deno.test({
    name: `importModel() throws only FormatError for ${name} with any byte of "${ending}" changed${needs}`,
    ignore,
    fn: async () => {
      const bytes = await Deno.readFile(new URL(name, FOLDER));
      const entry = readZip(bytes).find((entry) => entry.name.endsWith(ending))!;
      for (let at = 0; at < entry.size; at++) {
        for (const change of [1, 0xFF]) {
          await importDamaged(
            await rezipped(bytes, ending, (content) => content.with(at, content[at] ^ change)),
          );
        }
      }
    },
  });
}

/** Pickles a state_dict with one tensor over a storage of 4 values, as protocol 2. */
function pickledTensor({ offset = 0, shape = [2, 2], strides = [2, 1], count = 4, key = "0" } = {}) {
  const int = (value: number) => `L${value}L\n`,
    tuple = (values: number[]) => `(${values.map(int).join("")}t`;
  const storage = `(S'storage'\nctorch\nFloatStorage\nS'${key}'\nS'cpu'\n${int(count)}tQ`;
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${int(offset)}${tuple(shape)}${
    tuple(strides)
  }I00\n}tR`;
  return new TextEncoder().encode(`}S'weight'\n${tensor}s.`);
}

function archiveOf(pickle: Uint8Array, storage: Uint8Array = new Uint8Array(16)): Uint8Array {
  return writeZip([{ name: "m/data.pkl", bytes: pickle }, { name: "m/data/0", bytes: storage }]);
}

Deno.test("importModel() reads a tensor whose pickle is written by hand", async () => {
  const storage = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const { mlp } = await importModel(archiveOf(pickledTensor({ strides: [1, 2] }), storage));
  if (`${mlp.parameters["layer_1.weights"]}` !== "1,3,2,4") throw new Error("needs the transposed weights");
});

const text = (value: string) => new TextEncoder().encode(value);
const values = Float32Array.of(1, 2, 3, 4), weight: SafetensorsInput = { shape: [2, 2], values };
const safetensors = (
  tensors: Record<string, SafetensorsInput>,
  metadata: Record<string, string> = {},
) => formatSafetensors(new Map(Object.entries(tensors)), new Map(Object.entries(metadata)));

const REFUSED: readonly (readonly [kind: string, bytes: Uint8Array, message: string])[] = [
  ["an empty file", new Uint8Array(), "is no model"],
  [
    "a tensor beyond its storage",
    archiveOf(pickledTensor({ offset: 1 })),
    `has "weight" of shape [2, 2] that leaves its 4 values`,
  ],
  ["a tensor of 2⁸⁰ values", archiveOf(pickledTensor({ shape: [2 ** 40, 2 ** 40] })), "that leaves"],
  [
    "a tensor that repeats a value",
    archiveOf(pickledTensor({ shape: [2 ** 20, 2 ** 20], strides: [0, 0] })),
    "that repeats values",
  ],
  ["a tensor without strides", archiveOf(pickledTensor({ strides: [] })), "that leaves"],
  ["a storage that is missing", archiveOf(pickledTensor({ key: "7" })), `has no "m/data/7"`],
  ["a storage that leads elsewhere", archiveOf(pickledTensor({ key: "../data.pkl" })), "has no"],
  ["a storage of another size", archiveOf(pickledTensor({ count: 5 })), `has "m/data/0" of 16 bytes`],
  [
    "a state_dict that runs a command",
    archiveOf(text("cposix\nsystem\n(S'ls'\ntR.")),
    `"m/data.pkl" needs the constructor posix.system, which is refused`,
  ],
  [
    "a dict without tensors",
    archiveOf(text("}S'epoch'\nI3\ns.")),
    "has no tensors of weights, needs a state_dict; it has epoch",
  ],
  ["a number", archiveOf(text("I3\n.")), "has a number, needs a dict"],
  [
    "infinite weights",
    safetensors({ weight: { shape: [2, 2], values: Float32Array.of(1, 2, 3, Infinity) } }),
    `has Infinity in "weight" at index 3`,
  ],
  [
    "weights of whole numbers",
    safetensors({ weight: { shape: [2, 2], values: Int32Array.of(1, 2, 3, 4) } }),
    `has "weight" of dtype I32, needs floating-point numbers`,
  ],
  ["a weight of one axis", safetensors({ weight: { shape: [4], values } }), `of shape [4], needs weights`],
  ["a bias without weights", safetensors({ "0.weight": weight, "1.bias": weight }), `has "1.bias" without`],
  [
    "a bias of another length",
    safetensors({ weight, bias: { shape: [4], values } }),
    `has "bias" of shape [4], its weights need [2]`,
  ],
  [
    "layers that do not follow each other",
    safetensors({ "0.weight": weight, "2.weight": { shape: [1, 4], values } }),
    `has layer "0" with 2 outputs before layer "2" with 4 inputs`,
  ],
  ["other tensors", safetensors({ weight, "1.running_mean": weight }), `has "1.running_mean"`],
  ["no tensors", safetensors({}), "is no model"],
  ["a config that is not JSON", safetensors({ weight }, { mlpcuda: "{" }), "0 activations for 1 layers"],
  [
    "a config of another format",
    safetensors({ weight }, { mlpcuda: '{"activations":["relu"],"format":"x"}' }),
    `has a "config" of format "x"`,
  ],
  [
    "an activation that is unknown",
    safetensors({ weight }, {
      mlpcuda:
        '{"activations":["__proto__"],"format":"mlpcuda model","version":1,"inputShape":[2],"inputScale":1}',
    }),
    `has "layer_1.act" "__proto__"`,
  ],
  [
    "arrays beside weights",
    formatNpz({ "0.weight": weight, x_train: weight }),
    `has "x_train", which is no part of a network`,
  ],
  [
    "an unknown activation of scikit-learn",
    formatNpz({
      coefs_0: weight,
      intercepts_0: { shape: [2], values: Float32Array.of(1, 2) },
      out_activation: stringArray("toString"),
    }),
    `has the activation "toString", needs relu`,
  ],
  ["an intercept that is missing", formatNpz({ coefs_0: weight }), `has "coefs_0" without "intercepts_0"`],
  [
    "a coefficient that is missing",
    formatNpz({ coefs_1: weight, intercepts_1: { shape: [2], values: Float32Array.of(1, 2) } }),
    `has "coefs_1", which belongs to no layer`,
  ],
];

for (const [kind, bytes, message] of REFUSED) {
  Deno.test(`importModel() refuses ${kind}`, async () => {
    await assertRejects(() => importModel(bytes, { name: "m" }), FormatError, message);
  });
}

Deno.test("importModel() refuses many layers that copy one storage", async () => {
  const side = 64, int = (value: number) => `L${value}L\n`;
  const storage = `(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\n${int(side * side)}tQp0\n0`;
  const layer = (index: number) =>
    `S'${index}.weight'\nctorch._utils\n_rebuild_tensor_v2\n(g0\n${int(0)}(${int(side)}${int(side)}t(${
      int(1)
    }${int(side)}tI00\n}tRs`;
  const layers = Array.from({ length: 20 }, (_, index) => layer(index)).join("");
  const bytes = archiveOf(text(`${storage}}${layers}.`), new Uint8Array(4 * side * side));
  await assertRejects(() => importModel(bytes), FormatError, "need more than 4 times its size");
});
