/**
 * Models of other programs as networks: safetensors and `.npz` files with the names of PyTorch, a `.pt` with a state_dict,
 * scikit-learn's `coefs_` and `intercepts_`, and pickled dictionaries of layers.
 * @module
 */
import { BYTES, checkArgument, checkOptions, PATH } from "../arguments.ts";
import type { DataNote } from "../data/dataset.ts";
import { readFileBounded } from "../files.ts";
import { refuser } from "../formats/fault.ts";
import { parseNpz } from "../formats/npz.ts";
import { isLegacyTorch, parseLegacyTorch, parseTorch, torchPickleOf } from "../formats/torch.ts";
import { readZip } from "../formats/zip.ts";
import { endsAsZip } from "../formats/zip_directory.ts";
import { checkFiles } from "../host.ts";
import { Mlp } from "../mlp.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { readModel } from "../model_file.ts";
import { checkUnchanged, foreignParts, IMPORT_KINDS, type ImportOptions } from "./complete.ts";
import { configuredParts } from "./configured.ts";
import { otherArchiveOf, otherKindOf } from "./other_kinds.ts";
import { npzLayers, pickleLayers, safetensorsLayers, torchLayers } from "./sources.ts";
import type { ForeignLayers } from "./weights.ts";

export type { ImportOptions } from "./complete.ts";
export type { Normalization } from "./normalization.ts";

/** A network made of a file. */
export interface ImportedModel {
  /** The network. */
  readonly mlp: Mlp;
  /** The decisions that the file did not make; none for a file of this library. */
  readonly notes: readonly DataNote[];
}

/**
 * Reads a network from the bytes of a model of any program. A file of this library is read, too. Pickles in a file are read by
 * a reader that runs nothing.
 *
 * ```ts
 * import { dense, formatSafetensors, importModel } from "@mlpcuda/mlpcuda";
 *
 * const weight = { shape: [2, 3], values: Float32Array.of(1, 0, 0, 0, 1, 0) };
 * const bytes = formatSafetensors(new Map([["0.weight", weight]]));
 * const { mlp, notes } = await importModel(bytes, { layers: [dense(2, "softmax")] });
 * console.log(mlp.summary(), notes);
 * ```
 *
 * @throws {FormatError} if the bytes are no model, or one that is not a chain of fully connected layers
 * @throws {TypeError} if an option contradicts the file
 */
export async function importModel(bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportedModel> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, IMPORT_KINDS);
  const { name, trustSizes } = options, refuse = refuser("model", { name });
  if (isZip(bytes)) {
    const entries = readZip(bytes, { name, trustSizes });
    if (torchPickleOf(entries)) {
      return made(await torchLayers(await parseTorch(entries, { name, fileSize: bytes.length }), name));
    }
    const names = entries.map((entry) => entry.name.replace(/\.npy$/, ""));
    if (names.includes("layer_1.weights")) {
      return ownModel(await readModel(await parseNpz(bytes, { name, trustSizes })));
    }
    const other = otherArchiveOf(names);
    if (other !== undefined) throw refuse(other);
    return made(await npzLayers(entries, { name, fileSize: bytes.length }));
  }
  if (isSafetensors(bytes)) return made(await safetensorsLayers(bytes, name));
  if (isLegacyTorch(bytes)) return made(await torchLayers(parseLegacyTorch(bytes, { name }), name));
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return made(await pickleLayers(bytes, name));
  if (endsAsZip(bytes)) readZip(bytes, { name }); // refuses the bytes before the archive
  throw refuse(otherKindOf(bytes) ?? "is no model: it needs an npz, safetensors or PyTorch file");

  async function made(foreign: ForeignLayers): Promise<ImportedModel> {
    if (foreign.config !== undefined) return ownModel(await configuredParts(foreign, foreign.config, refuse));
    const { parts, notes } = foreignParts(foreign, options, refuse);
    return { mlp: new Mlp(parts), notes };
  }
  function ownModel(parts: MlpParts): ImportedModel {
    checkUnchanged(parts, options);
    return { mlp: new Mlp(parts), notes: [] };
  }
}

/**
 * Reads a network from a file of any program; see {@linkcode importModel}. Needs Deno and read permission.
 *
 * @throws {FormatError} if the file is no model, or one that is not a chain of fully connected layers
 * @throws {TypeError} if an option contradicts the file, or outside Deno; `importModel` reads bytes there
 */
export async function loadModel(path: string, options: ImportOptions = {}): Promise<ImportedModel> {
  checkArgument("path", path, PATH);
  checkOptions(options, IMPORT_KINDS);
  checkFiles(`load ${JSON.stringify(path)}`, "pass the file's bytes to importModel()");
  return await importModel(await readFileBounded(path), { name: path, ...options });
}

/** Returns whether bytes begin with a length of 8 bytes and a "{". The first bytes of the length can be those of a pickle. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7B && bytes.subarray(5, 8).every((byte) => byte === 0);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4B; // "PK"
}
