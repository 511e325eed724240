/**
 * Data sets as files hold them, before their values are interpreted as pixels, classes or targets.
 * @module
 */
import type { DataNote, ImageSpec, TableColumn } from "../dataset.ts";
import type { NpyArray } from "../../formats/npy.ts";

/** An array of a source. */
export interface RawArray extends NpyArray {
  /** Its name in messages: `x_train`, `train-labels-idx1-ubyte`, `column "species"`. */
  readonly name: string;
}

/** The rows of one set, as the source holds them. */
export interface RawSet {
  /** Inputs `[N, ...]`. */
  readonly inputs: RawArray;
  /** Labels or targets `[N]` or `[N, O]`: numbers or strings; absent if the rows have none, as rows to predict. */
  readonly labels?: RawArray;
}

/** The sets of a file or folder. */
export interface RawSource {
  /** The file or folder, as the user named it. */
  readonly file: string;
  /** The training set. */
  readonly train: RawSet;
  /** The test set; absent if the source has none. */
  readonly test?: RawSet;
  /** The validation set; absent if the source has none. */
  readonly validation?: RawSet;
  /** The names of the classes as the source lists them; absent if it lists none. */
  readonly classNames?: RawArray;
  /**
   * The properties of the inputs if the kind of source makes them images, as a folder of pictures does; absent if shape and
   * values decide.
   */
  readonly image?: ImageSpec;
  /** The columns of a table; absent for other sources. */
  readonly columns?: readonly TableColumn[];
  /** The names of a table's columns with the labels; absent for other sources. */
  readonly labelColumns?: readonly string[];
  /** Decisions of the reader, for the user. */
  readonly notes?: readonly DataNote[];
}
