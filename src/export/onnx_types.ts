/** Numbers and names of the ONNX format. @module */

/** The arithmetic of a graph. */
export type OnnxPrecision = "float64" | "float32";

/** Field numbers of `onnx.proto`. */
export const ONNX = {
  model: { irVersion: 1, producer: 2, graph: 7, opset: 8, metadata: 14 },
  opset: { domain: 1, version: 2 },
  metadata: { key: 1, value: 2 },
  graph: { node: 1, name: 2, initializer: 5, doc: 10, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, op: 4, attribute: 5 },
  attribute: { name: 1, float: 2, int: 3, type: 20 },
  tensor: { dims: 1, type: 2, name: 8, data: 9 },
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dim: 1 },
  dim: { value: 1, param: 2 },
} as const;

/** The numbers of float32 and float64 in `TensorProto.DataType`. */
export const FLOAT = 1, DOUBLE = 11;
