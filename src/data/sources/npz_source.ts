/** The data sets of an `.npz`, with the names of arrays that are in common use. @module */
import type { Npz } from "../../formats/npz.ts";
import type { DataNote } from "../dataset.ts";
import { type NpzRoles, rolesOf, SET_ROLES, type SetArrays } from "./npz_roles.ts";
import type { DataOptions } from "../options.ts";
import type { RawArray, RawSet, RawSource } from "./raw.ts";
import { chooseSet, type RawRows, type SetName } from "./raw_rows.ts";

export type { SetName } from "./raw_rows.ts";

/** Options of {@linkcode openNpzSource}. */
export interface NpzSourceOptions extends Pick<DataOptions, "arrays"> {
  /** The file, as the user named it. */
  readonly file: string;
}

/**
 * Reads the sets of an archive to train on. It needs inputs and labels of a training set; inputs and labels of a test set and of
 * a validation set, and the class names, are optional.
 *
 * The arrays of a set have names such as `x_train` and `y_train`, `X_test` and `Y_test`, `train_images` and `train_labels`,
 * `valData` and `val_targets`. Without such a training set, `x` and `y`, `data` and `target`, or `images` and `labels` are the
 * training set. The option `arrays` takes other names.
 *
 * @throws {FormatError} if an array is missing or damaged, or if several arrays could have the same role
 * @throws {TypeError} if `arrays` has a role that does not exist, or a role twice
 */
export async function openNpzSource(npz: Npz, { file, arrays }: NpzSourceOptions): Promise<RawSource> {
  const roles = rolesOf(npz.names, { file, arrays });
  const setOf = (set: SetName): Required<SetArrays> | undefined => {
    const { x, y } = roles.arraysOf(set), [needsX, needsY] = SET_ROLES[set];
    if (x !== undefined && y !== undefined) return { x, y };
    if (set !== "train" && x === undefined && y === undefined) return undefined;
    throw roles.missing(`${x ?? needsX} and ${y ?? needsY}`);
  };
  // All names are checked before the first array is decoded.
  const [train, test, validation] = [setOf("train")!, setOf("test"), setOf("validation")];
  const { classNames, notes } = await readClassNames(npz, roles);
  return {
    file,
    train: await readSet(npz, train),
    ...test && { test: await readSet(npz, test) },
    ...validation && { validation: await readSet(npz, validation) },
    ...classNames && { classNames },
    notes: [...unusedNotes(roles, train), ...notes],
  };
}

/** Returns whether an archive has inputs of a training set. */
export function hasTrainingSet(npz: Npz, options: NpzSourceOptions): boolean {
  return rolesOf(npz.names, options).arraysOf("train").x !== undefined;
}

/** Options of {@linkcode openNpzRows}. */
export interface NpzRowsOptions extends NpzSourceOptions {
  /**
   * The set whose rows are read. By default those that `arrays` names; else the test set if there is one, else the only set of
   * the file.
   */
  readonly set?: SetName;
}

/**
 * Reads the rows of one set of an archive, to predict or to evaluate on. Unlike {@linkcode openNpzSource}, it needs no training
 * set and no labels.
 *
 * @throws {FormatError} if the archive lacks the set, if it has several sets and no test set and none is chosen, or if several
 * arrays could have the same role
 * @throws {TypeError} if `arrays` has a role that does not exist, or a role twice
 */
export async function openNpzRows(npz: Npz, { file, arrays, set }: NpzRowsOptions): Promise<RawRows> {
  const roles = rolesOf(npz.names, { file, arrays });
  const chosen = set ?? setOfRows(roles);
  const { x, y } = roles.arraysOf(chosen);
  if (x === undefined) throw roles.missing(SET_ROLES[chosen][0]);
  const { classNames, notes } = await readClassNames(npz, roles);
  return { file, set: chosen, train: await readSet(npz, { x, y }), ...classNames && { classNames }, notes };
}

function setOfRows({ arraysOf, named, refuse, missing }: NpzRoles): SetName {
  const sets = named.length > 0
    ? named
    : (["train", "test", "validation"] as const).filter((set) => arraysOf(set).x !== undefined);
  if (sets.length === 0) throw missing("x_test, x_train or x");
  return chooseSet(sets, refuse);
}

async function readSet(npz: Npz, { x, y }: SetArrays): Promise<RawSet> {
  const labels = y === undefined ? undefined : await read(npz, y);
  return { inputs: await read(npz, x!), ...labels && { labels } };
}

async function readClassNames(
  npz: Npz,
  { classNames: name, possibleClassNames: possible }: NpzRoles,
): Promise<{ classNames?: RawArray; notes: readonly DataNote[] }> {
  if (name !== undefined) return { classNames: await read(npz, name), notes: [] };
  if (possible === undefined) return { notes: [] };
  const array = await read(npz, possible);
  if (array.shape.length === 1 && Array.isArray(array.values)) return { classNames: array, notes: [] };
  return { notes: [{ text: `${possible} is not used: it holds no names` }] };
}

function unusedNotes({ unused: { x, y } }: NpzRoles, train: Required<SetArrays>): DataNote[] {
  const names = [...x, ...y];
  if (names.length === 0) return [];
  const text = `${names.join(", ")} not used: ${train.x} and ${train.y} are the training set`;
  const hasBoth = x.length > 0 && y.length > 0;
  return [{ text, ...hasBoth && { option: { name: "arrays", value: `x=${x[0]},y=${y[0]}` } } }];
}

async function read(npz: Npz, name: string): Promise<RawArray> {
  return { name, ...await npz.read(name) };
}
