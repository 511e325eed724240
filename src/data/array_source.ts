/** The arrays of a file or folder, by their role in a data set. @module */
import type { NpyArray } from "../formats/npy.ts";

/** The arrays of a file or folder, before they become data sets. */
export interface ArraySource {
  /** The file or folder, as the user named it. */
  readonly file: string;
  /** The name of each array in the source, by its role; absent for a role without an array. */
  readonly names: { readonly [role in Role]?: string };
  /** Reads and decodes the array of that name. */
  read(name: string): Promise<NpyArray>;
}

/** The role of an array. */
export type Role = "x_train" | "y_train" | "x_test" | "y_test" | "class_names";
