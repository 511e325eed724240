/** Inputs for the reader of other programs' models: PyTorch's, scikit-learn's, pickled dicts, safetensors. @module */
import { refuser } from "../../../src/formats/fault.ts";
import { parseSafetensorsHeader } from "../../../src/formats/safetensors_header.ts";
import { readZip } from "../../../src/formats/zip.ts";
import { type ImportedModel, importModel } from "../../../src/import/import.ts";
import { formatConfig } from "../../../src/model_config.ts";
import type { Draw } from "../draw.ts";
import { formatIn, type FuzzReader, type Made, product } from "../kinds.ts";
import { type ByteWriter, createWriter } from "../writer.ts";
import { oddJsonText } from "./json.ts";
import { NETWORKS } from "./models.ts";
import { writeNpy } from "./npy.ts";
import { beginPickle, isWalkable, op, writeArray, writeValue } from "./pickle.ts";
import { writeSafetensors } from "./safetensors.ts";
import { writeZip } from "./zip.ts";

/** A matrix or a bias of a network. */
interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Returns the weights of a chain of layers under the names of a program. */
function weightsOf(
  draw: Draw,
  namesOf: (layer: number) => readonly [string, string],
  isInputFirst = false,
): Weight[] {
  const widths = Array.from({ length: draw.between(2, 4) }, () => draw.between(1, 4));
  return widths.slice(1).flatMap((outputs, layer) => {
    const [weight, bias] = namesOf(layer), inputs = widths[layer];
    const weightOf = (name: string, shape: readonly number[]): Weight => {
      const values = Float32Array.from({ length: product(shape) }, () => draw.next() - 0.5);
      return { name, shape, data: new Uint8Array(values.buffer) };
    };
    const matrix = weightOf(weight, isInputFirst ? [inputs, outputs] : [outputs, inputs]);
    return draw.chance(0.1) ? [matrix] : [matrix, weightOf(bias, [outputs])];
  });
}

const sequential = (layer: number) => [`${2 * layer}.weight`, `${2 * layer}.bias`] as const;
const prefixed = (layer: number) =>
  [`module.net.${2 * layer}.weight`, `module.net.${2 * layer}.bias`] as const;
const named = (layer: number) => {
  const name = ["input", "hidden", "output"][layer];
  return [`${name}.weight`, `${name}.bias`] as const;
};
const coefs = (layer: number) => [`coefs_${layer}`, `intercepts_${layer}`] as const;

/** Appends a tensor of PyTorch, whose numbers are in the storage `key`. */
function writeTensor(writer: ByteWriter, { shape, data }: Weight, key: string, draw: Draw): void {
  const values = (...items: Parameters<typeof writeValue>[1][]) => {
    for (const item of items) writeValue(writer, item, draw);
  };
  const strides = shape.map((_, axis) =>
    product(draw.chance(0.1) ? shape.slice(0, axis) : shape.slice(axis + 1))
  );
  const [type, size] = draw.chance(0.15)
    ? draw.pick([["Half", 2], ["BFloat16", 2], ["Double", 8], ["Long", 8]] as const)
    : ["Float", 4];
  writer.text("ctorch._utils\n_rebuild_tensor_v2\n((");
  values("storage");
  writer.text(`ctorch\n${type}Storage\n`);
  values(key, "cpu", draw.number(data.length / size));
  writer.text("tQ");
  values(
    draw.number(0),
    shape.map((length) => draw.number(length)),
    strides.map((stride) => draw.number(stride)),
    false,
  );
  writer.text("ccollections\nOrderedDict\n)RtR");
}

/** Appends a state_dict. */
function writeStateDict(writer: ByteWriter, weights: readonly Weight[], draw: Draw): void {
  const keys = draw.chance(0.2) ? ["run", "model_state_dict"].slice(draw.below(2)) : [];
  for (const key of keys) {
    op(writer, "}");
    writeValue(writer, key, draw);
  }
  writer.text("ccollections\nOrderedDict\n)R");
  draw.parts(weights).forEach((weight, index) => {
    writeValue(writer, weight.name, draw);
    writeTensor(writer, weight, String(index), draw);
    op(writer, "s");
  });
  op(writer, `${"s".repeat(keys.length)}.`);
}

function torchFile(draw: Draw): Uint8Array {
  const weights = weightsOf(draw, draw.pick([sequential, sequential, prefixed, named])),
    pickle = beginPickle(draw),
    folder = draw.text("archive");
  writeStateDict(pickle, weights, draw);
  return writeZip(draw, [
    { name: `${folder}/data.pkl`, bytes: pickle.done() },
    ...draw.chance(0.3)
      ? [{ name: `${folder}/byteorder`, bytes: new TextEncoder().encode(draw.pick(["little", "big"])) }]
      : [],
    ...weights.map(({ data }, index) => ({ name: `${folder}/data/${index}`, bytes: draw.bytes(data) })),
  ], 0.01);
}

function legacyTorchFile(draw: Draw): Uint8Array {
  const file = createWriter(), weights = weightsOf(draw, sequential);
  file.bytes([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]);
  const add = (write: (pickle: ByteWriter) => void) => {
    const pickle = beginPickle(draw);
    write(pickle);
    file.bytes(pickle.done());
  };
  const keys = weights.map((_, index) => String(index));
  const system = new Map([["little_endian", draw.chance(0.9)]]);
  for (const value of [1001, system]) add((pickle) => (writeValue(pickle, value, draw), op(pickle, ".")));
  add((pickle) => writeStateDict(pickle, weights, draw));
  add((pickle) => (writeValue(pickle, keys, draw), op(pickle, ".")));
  for (const { data } of weights) {
    file.little(draw.number(data.length / 4), 8);
    file.bytes(draw.bytes(data));
  }
  return file.done();
}

function safetensorsFile(draw: Draw): Uint8Array {
  const network = draw.pick(NETWORKS), hasConfig = draw.chance(0.4);
  const weights = hasConfig
    ? Object.entries(network.parameters).map(([name, values]): Weight => {
      const [, layer, part] = /^layer_(\d+)\.(\w+)$/.exec(name)!,
        outputs = network.layers[Number(layer) - 1].outFeatures;
      const shape = part === "bias" ? [outputs] : [outputs, values.length / outputs];
      const data = new Uint8Array(Float32Array.from(values).buffer);
      return { name: `${2 * Number(layer) - 2}.${part === "bias" ? "bias" : "weight"}`, shape, data };
    })
    : weightsOf(draw, draw.pick([sequential, prefixed, named]));
  const activations = network.layers.map(({ activation }) => activation);
  const metadata = hasConfig
    ? { mlpcuda: oddJsonText(formatConfig(network, { activations }), draw) }
    : undefined;
  return writeSafetensors(draw, weights.map((weight) => ({ ...weight, dtype: "F32" })), metadata);
}

function npzFile(draw: Draw): Uint8Array {
  const weights = draw.chance(0.5) ? weightsOf(draw, coefs, true) : weightsOf(draw, sequential);
  const texts = (name: string, value: string) => {
    const units = Uint32Array.from(value, (character) => character.codePointAt(0)!);
    const kind = { code: `U${Math.max(1, units.length)}`, size: 4 * units.length };
    return {
      name: `${name}.npy`,
      bytes: writeNpy(draw, { kind, shape: [], data: new Uint8Array(units.buffer) }),
    };
  };
  const floats = (name: string, count: number) => {
    const data = new Uint8Array(Float64Array.from({ length: count }, (_, index) => index + 1).buffer);
    return {
      name: `${name}.npy`,
      bytes: writeNpy(draw, { kind: { code: "f8", size: 8 }, shape: [count], data }),
    };
  };
  return writeZip(draw, [
    ...weights.map(({ name, shape, data }) => ({
      name: `${name}.npy`,
      bytes: writeNpy(draw, { kind: { code: "f4", size: 4 }, shape, data }),
    })),
    ...draw.chance(0.2) ? [texts("activation", draw.text("tanh")), texts("out_activation", "softmax")] : [],
    ...draw.chance(0.2) ? [floats("mean_", weights[0].shape[0]), floats("scale_", weights[0].shape[0])] : [],
    ...draw.chance(0.1) ? [texts("classes_", draw.text("a"))] : [],
  ], 0.01);
}

/** Appends dictionaries of layers. */
function writeLayerDicts(writer: ByteWriter, draw: Draw, only?: number): void {
  const weights = weightsOf(draw, (layer) => [`${layer}`, "bias"]).filter(({ shape }) => shape.length === 2);
  const layers = only === undefined ? weights : weights.slice(0, 1);
  if (only === undefined) op(writer, "}");
  layers.forEach((weight, index) => {
    if (only === undefined) writeValue(writer, `layer_${index + 1}`, draw);
    op(writer, "}");
    writeValue(writer, "weights", draw);
    writeArray(writer, weight, draw);
    op(writer, "s");
    writeValue(writer, "bias", draw);
    writeArray(writer, { shape: [weight.shape[0]], data: new Uint8Array(4 * weight.shape[0]) }, draw);
    op(writer, "s");
    writeValue(writer, "act", draw);
    writeValue(writer, draw.pick(["relu", "softmax", "linear"]), draw);
    op(writer, "s");
    if (only === undefined) op(writer, "s");
  });
}

function pickleFile(draw: Draw): Uint8Array {
  const pickle = beginPickle(draw);
  writeLayerDicts(pickle, draw);
  op(pickle, ".");
  return pickle.done();
}

/** Makes an archive with an array of objects for each layer. */
function objectsFile(draw: Draw): Uint8Array {
  const members = [1, 2].slice(0, draw.between(1, 2)).map((layer) => {
    const pickle = beginPickle(draw), list = createWriter();
    writeLayerDicts(list, draw, layer);
    op(pickle, "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n");
    for (const value of [[0], "b"]) writeValue(pickle, value, draw);
    op(pickle, "\x87R(K\x01)cnumpy\ndtype\n");
    for (const value of ["O8", false, true]) writeValue(pickle, value, draw);
    op(pickle, "\x87R(K\x03");
    for (const value of ["|", null, null, null, -1, -1, 63]) writeValue(pickle, value, draw);
    op(pickle, "tb\x89](");
    pickle.bytes(list.done());
    op(pickle, "etb.");
    return {
      name: `layer_${layer}.npy`,
      bytes: writeNpy(draw, { kind: { code: "O", size: 1 }, shape: [], data: pickle.done() }),
    };
  });
  return writeZip(draw, members, 0.01);
}

const MAKERS = [torchFile, torchFile, legacyTorchFile, safetensorsFile, npzFile, pickleFile, objectsFile];

/** The reader of other programs' models. Their containers are those of zip, of safetensors and of pickles. */
export const IMPORT: FuzzReader = {
  name: "import",
  share: 60,
  places: 60,
  make: (draw): Made => ({ bytes: draw.pick(MAKERS)(draw) }),
  read: (bytes) =>
    importModel(
      bytes,
      bytes.length % 4 === 0 ? { inputScale: "pixels", normalize: { mean: 0.1, std: 0.3 } } : {},
    ),
  argumentErrors: /^Cannot (?:use|normalize) (?:a normalization|input scale|inputs)\b/,
  isPast(bytes, error) {
    try {
      if (bytes[0] === 0x50) return readZip(bytes).length > 0 && formatIn(error) !== "zip";
      if (bytes[8] === 0x7B) return parseSafetensorsHeader(bytes, refuser("safetensors", {})).dataStart > 0;
    } catch {
      return false;
    }
    return isWalkable(bytes);
  },
  fault(result) {
    const { mlp } = result as ImportedModel, outputs = mlp.predict(new Float32Array(mlp.inFeatures));
    if (outputs.length !== mlp.outFeatures) return `${outputs.length} outputs, needs ${mlp.outFeatures}`;
  },
};
