/** Checks of networks before they are exported. @module */
import { NETWORK } from "../argument_kinds.ts";
import { checkArgument } from "../arguments.ts";
import { inFeaturesOf } from "../data/dataset.ts";
import { byteCount } from "../formats/fault.ts";
import type { MlpParts } from "../mlp_parts.ts";

/**
 * Checks the size of a network's float32 parameters, before anything is allocated, and then the parameters.
 *
 * @throws {TypeError} if a parameter is missing or has another size
 * @throws {RangeError} if they are larger than the format can hold
 */
export function checkSize(
  mlp: MlpParts,
  { format, maxBytes }: { readonly format: string; readonly maxBytes: number },
): void {
  let bytes = 0, inFeatures = inFeaturesOf(mlp);
  for (const { outFeatures } of mlp.layers) {
    bytes += 4 * outFeatures * (inFeatures + 1);
    inFeatures = outFeatures;
  }
  if (bytes <= maxBytes) return checkArgument("mlp", mlp, NETWORK);
  const found = `its weights and biases have ${byteCount(bytes)}`;
  throw new RangeError(
    `Cannot export the network as ${format}: ${found}, the format holds ${byteCount(maxBytes)}`,
  );
}

/**
 * Checks that a network's input scale is exact enough as a float32.
 *
 * @throws {RangeError} if it becomes 0, subnormal or infinite
 */
export function checkScale({ inputScale }: MlpParts): void {
  const size = Math.abs(Math.fround(inputScale));
  if (inputScale === 0 || (size >= 2 ** -126 && size < Infinity)) return;
  throw new RangeError(
    `Cannot export the network as ONNX: its input scale ${inputScale} is not a normal float32`,
  );
}
