/** An input of a network that was read from a file. @module */

/** One input of a network, and its origin. */
export interface NetworkImage {
  /** The file, with the row number if it holds several rows: `digits.npy[3]`, or the digit's number of a picture. */
  readonly name: string;
  /** The inputs of the network, `[I]`, before they are scaled. */
  readonly inputs: Uint8Array | Float32Array;
  /** True if it is a picture on which no ink was found. */
  readonly blank: boolean;
  /** The label, if the file has labels. */
  readonly label?: number;
  /** The number of digits that its picture seems to hold, if there are several. */
  readonly parts?: number;
  /** The picture from which it was read, if its digits are read one by one. */
  readonly picture?: string;
}
