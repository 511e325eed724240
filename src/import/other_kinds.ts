// deno-lint-ignore-file no-control-regex -- the first bytes of files are control characters, too
/** Files of other kinds that are taken for models, by their first bytes. @module */

/** A kind of file that is not read. */
interface OtherKind {
  /** The first bytes, one character each, as an expression. */
  readonly start: RegExp;
  /** Its name, and the advice. */
  readonly text: string;
}

/** The advice for programs of Python whose files are not read. */
export const ARRAYS_ADVICE =
  "save its weights and biases as arrays coefs_0 [I, O], intercepts_0 [O], coefs_1, … with numpy.savez instead";

const OTHER_KINDS: readonly OtherKind[] = [
  { start: /^\x89HDF\r\n/, text: `is an HDF5 file, as Keras writes; ${ARRAYS_ADVICE}` },
  { start: /^....TFL3/s, text: `is a TensorFlow Lite file; ${ARRAYS_ADVICE}` },
  {
    start: /^\x08[\x01-\x20][\x12\x1A\x22\x28\x32\x3A]/,
    text: "is an ONNX graph, which is written but not read; use the model of which it was made",
  },
  { start: /^\x78[\x01\x5E\x9C\xDA]/, text: `is compressed, as joblib does; ${ARRAYS_ADVICE}` },
  { start: /^\x1F\x8B/, text: "is compressed by gzip; decompress it first" },
  {
    start: /^version https:\/\/git-lfs/,
    text: "is a pointer of Git LFS; `git lfs pull` gets the file itself",
  },
  { start: /^\s*<(?:!doctype|html)/i, text: "is a web page; download the file itself" },
];

/** Returns the name of a kind of file that is not read, and the advice; `undefined` if the first bytes are those of none. */
export function otherKindOf(bytes: Uint8Array): string | undefined {
  const start = Array.from(bytes.subarray(0, 64), (byte) => String.fromCharCode(byte)).join("");
  return OTHER_KINDS.find((kind) => kind.start.test(start))?.text;
}

/** Returns the same for the names of the entries of a zip archive. */
export function otherArchiveOf(names: readonly string[]): string | undefined {
  return names.includes("model.weights.h5") ? `is a model of Keras; ${ARRAYS_ADVICE}` : undefined;
}
