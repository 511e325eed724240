/** Files of other kinds are refused by name, with advice. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { readZip } from "../../src/formats/zip.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { importModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";

/** Returns bytes of characters. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const mlp = Mlp.create([dense(2, "softmax")], { inputShape: [3] });
const keras = writeZip(["metadata.json", "config.json", "model.weights.h5"].map((name) => ({
  name,
  bytes: new Uint8Array(4),
})));

const CASES: readonly (readonly [name: string, bytes: Uint8Array, message: string])[] = [
  ["Keras's HDF5", bytesOf("\x89HDF\r\n\x1a\n\0\0\0"), "is an HDF5 file, as Keras writes; save its weights"],
  ["Keras's archive", keras, "is a model of Keras; save its weights and biases as arrays coefs_0 [I, O]"],
  ["TensorFlow Lite", bytesOf("\x1c\0\0\0TFL3\x14\0"), "is a TensorFlow Lite file"],
  ["ONNX", exportNetwork(mlp, "onnx"), "is an ONNX graph, which is written but not read"],
  ["ONNX of PyTorch", bytesOf("\x08\x08\x12\x07pytorch"), "is an ONNX graph"],
  ["joblib, compressed", bytesOf("\x78\x9c\xed\x5d"), "is compressed, as joblib does"],
  ["gzip", bytesOf("\x1f\x8b\x08\0"), "is compressed by gzip"],
  ["a pointer", bytesOf("version https://git-lfs.github.com/spec/v1\noid"), "is a pointer of Git LFS"],
  ["a page", bytesOf("\n<!DOCTYPE html><html>"), "is a web page"],
  ["a text", bytesOf("weights"), "is no model: it needs an npz"],
  ["nothing", new Uint8Array(), "is no model: it needs an npz"],
  [
    "scikit-learn's estimator",
    bytesOf("\x80\x02csklearn.neural_network\nMLPClassifier\n)\x81."),
    "sklearn.neural_network.MLPClassifier, which is refused; save its weights and biases as arrays coefs_0",
  ],
];

for (const [name, bytes, message] of CASES) {
  Deno.test(`importModel() names ${name}, and what to do`, async () => {
    await assertRejects(() => importModel(bytes), FormatError, message);
  });
}

/** An array of texts as an object array of NumPy: a header, and a pickle of `_reconstruct` with a list. */
function objectTexts(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const header = `{'descr': '|O', 'fortran_order': False, 'shape': (${texts.length},), }`.padEnd(117) + "\n";
  const list = texts.map((text) => `S'${text}'\n`).join("");
  return bytesOf(
    "\x93NUMPY\x01\0\x76\0" + header +
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR" +
      `(I1\n(I${texts.length}\ntcnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntbI00\n(${list}ltb.`,
  );
}

Deno.test("importModel() reads class names that are objects, and guesses a sigmoid for two", async () => {
  const layer = formatNpz({
    coefs_0: { shape: [3, 1], values: Float64Array.of(1, 2, 3) },
    intercepts_0: { shape: [1], values: Float64Array.of(0.5) },
  });
  const entries = readZip(layer).map(async ({ name, read }) => ({ name, bytes: await read() }));
  const classes = { name: "classes_.npy", bytes: objectTexts(["no", "yes"]) };
  const { mlp } = await importModel(writeZip([...await Promise.all(entries), classes]));
  assertEquals(mlp.classNames, ["no", "yes"]);
  assertEquals(mlp.layers, [dense(1, "sigmoid")]);
});

Deno.test("importModel() reads a pickled dict with texts, and with lists of scikit-learn's arrays", async () => {
  const array = (shape: string, values: Float32Array) =>
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR" +
    `(I1\n${shape}cnumpy\ndtype\n(S'f4'\nI00\nI01\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n` +
    `U${String.fromCharCode(values.byteLength, ...new Uint8Array(values.buffer))}tb`;
  const pickle = bytesOf(
    "\x80\x02}(S'coefs_'\n(" + array("(I1\nI2\nt", Float32Array.of(1, 2)) + "lS'intercepts_'\n(" +
      array("(I2\nt", Float32Array.of(3, 4)) + "lS'out_activation_'\nS'identity'\nu.",
  );
  const { mlp } = await importModel(pickle);
  assertEquals(mlp.layers, [dense(2)]);
  assertEquals([...mlp.predict([2])], [5, 8]);
});
