/** Arrays of a file or folder, by their role in a data set. @module */
import type { NpyArray } from "../formats/npy.ts";

/** The arrays of a file or folder, before they are data sets. */
export interface ArraySource {
  /** The file or folder, as the user knows it. */
  readonly file: string;
  /** The name of each array there, by its role. Roles that are missing have no array. */
  readonly names: { readonly [role in Role]?: string };
  /** Decodes the array of that name. */
  read(name: string): Promise<NpyArray>;
}

/** The role of an array. */
export type Role = "x_train" | "y_train" | "x_test" | "y_test" | "class_names";
