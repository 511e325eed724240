/** The names of the IDX files of MNIST and of data sets modeled on it. @module */
import type { SetName } from "./raw_rows.ts";

/** The parts of a file's name. */
export interface IdxName {
  /** The part before the set: `emnist-letters` of `emnist-letters-test-images-idx3-ubyte`; `""` for MNIST. */
  readonly prefix: string;
  /** The set as the name has it, such as `t10k`. */
  readonly part: string;
  /** The set. */
  readonly set: SetName;
  /** The content. */
  readonly content: "images" | "labels";
  /** The name without `.gz`, with a hyphen in place of a dot. */
  readonly plain: string;
  /** True if the name ends in `.gz`. */
  readonly isGzipped: boolean;
}

/**
 * Matches file names such as `train-images-idx3-ubyte.gz`, `t10k-labels.idx1-ubyte`, `qmnist-train-labels-idx2-int`,
 * `emnist-letters-test-images-idx3-ubyte`.
 */
const FILE_NAME =
  /^(?:(.+)-)?(train|t10k|test|test10k|test50k|val|valid|validation)-(images|labels)([-.])(idx\d-[a-z]+)(\.gz)?$/;

/** Returns the parts of a file's name; `undefined` if it is not that of an IDX file. */
export function parseIdxName(name: string): IdxName | undefined {
  const match = FILE_NAME.exec(name);
  if (match === null) return undefined;
  const [, prefix = "", part, content, , type, gz] = match;
  return {
    prefix,
    part,
    set: part === "train" ? "train" : part.startsWith("val") ? "validation" : "test",
    content: content as "images" | "labels",
    plain: `${prefix && `${prefix}-`}${part}-${content}-${type}`,
    isGzipped: gz !== undefined,
  };
}
