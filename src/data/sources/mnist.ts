/**
 * MNIST: 60,000 + 10,000 handwritten digits of 28 × 28 bytes (LeCun, Cortes and Burges). The addresses of its files,
 * and the SHA-256 of every file and of the decoded arrays.
 * @module
 */
import { DATASETS } from "../../argument_kinds.ts";
import { checkArgument } from "../../arguments.ts";
import { sha256Of } from "../../formats/sha256.ts";
import type { DatasetPair } from "../dataset.ts";

/** A file to download. */
export interface PinnedFile {
  /** Its address. */
  readonly url: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

/** One of MNIST's four arrays. */
export interface MnistArray {
  /** Its name in an `.npz`. */
  readonly name: "x_train" | "y_train" | "x_test" | "y_test";
  /** The name of its IDX file on every mirror. */
  readonly file: string;
  /** SHA-256 of that file. */
  readonly sha256: string;
  /** SHA-256 of the decoded bytes, which does not depend on the format of the file. */
  readonly decodedSha256: string;
}

/** The sources of MNIST. */
export interface MnistSources {
  /** The file with all arrays as one `.npz`. */
  readonly npz: PinnedFile;
  /** The addresses of folders with the four gzipped IDX files. */
  readonly mirrors: readonly string[];
  /** The four arrays, in the order of the `.npz`. */
  readonly arrays: readonly MnistArray[];
}

/** The public sources of MNIST. */
export const MNIST: MnistSources = {
  npz: {
    url: "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    sha256: "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
  },
  mirrors: [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
  ],
  arrays: [
    {
      name: "x_train",
      file: "train-images-idx3-ubyte.gz",
      sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      decodedSha256: "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    },
    {
      name: "y_train",
      file: "train-labels-idx1-ubyte.gz",
      sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      decodedSha256: "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    },
    {
      name: "x_test",
      file: "t10k-images-idx3-ubyte.gz",
      sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      decodedSha256: "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    },
    {
      name: "y_test",
      file: "t10k-labels-idx1-ubyte.gz",
      sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      decodedSha256: "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
  ],
};

/** Returns whether a loaded data set is MNIST, byte for byte. The format of its file does not matter. */
export async function isMnist(sets: DatasetPair): Promise<boolean> {
  checkArgument("sets", sets, DATASETS);
  const { train, test } = sets;
  if (train.labels?.length !== 60_000 || test?.labels?.length !== 10_000) return false;
  const decoded = {
    x_train: train.inputs,
    y_train: Uint8Array.from(train.labels),
    x_test: test.inputs,
    y_test: Uint8Array.from(test.labels),
  };
  for (const { name, decodedSha256 } of MNIST.arrays) {
    const values = decoded[name];
    if (!(values instanceof Uint8Array) || await sha256Of(values) !== decodedSha256) return false;
  }
  return true;
}
