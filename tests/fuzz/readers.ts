/** The readers that are fuzzed, with their shares of the inputs. @module */
import { CSV } from "./formats/csv.ts";
import { IMPORT } from "./formats/foreign.ts";
import { IDX, IDX_GZ } from "./formats/idx.ts";
import { CHECKPOINTS, CORRECTIONS, MODEL } from "./formats/models.ts";
import { NPY } from "./formats/npy.ts";
import { ONNX_FILES } from "./formats/onnx.ts";
import { PICKLE } from "./formats/pickle.ts";
import { PICTURES } from "./formats/pictures.ts";
import { PNG } from "./formats/png.ts";
import { SAFETENSORS } from "./formats/safetensors.ts";
import { ROWS, TABLE } from "./formats/table.ts";
import { NPZ, ZIP } from "./formats/zip.ts";
import type { FuzzReader } from "./kinds.ts";

/** The readers. Their order decides the random numbers of each: a new one belongs at the end. */
export const READERS: readonly FuzzReader[] = [
  ...[NPY, NPZ, ZIP, IDX, IDX_GZ, PNG, PICTURES, CSV, TABLE, SAFETENSORS, PICKLE],
  ...[IMPORT, ONNX_FILES, MODEL, CHECKPOINTS, CORRECTIONS, ROWS],
];

/** Returns the reader with this name, and its place. */
export function readerNamed(name: string): { readonly reader: FuzzReader; readonly stream: number } {
  const stream = READERS.findIndex((reader) => reader.name === name);
  return { reader: READERS[stream], stream };
}
