/** The names that other programs have for activations. @module */
import { jsonText, type Refuse } from "../formats/fault.ts";
import { type ActivationName, ACTIVATIONS } from "../plan/activations.ts";

/** Other names of activations. */
const OTHER_NAMES: ReadonlyMap<string, ActivationName> = new Map<string, ActivationName>([
  ["logistic", "sigmoid"],
  ["identity", "linear"],
  ["none", "linear"],
  ["swish", "silu"],
  ["leakyrelu", "leaky-relu"],
]);

/** Returns the activation of a name in any case, with `_` for `-`; `undefined` if there is none. */
export function activationNamed(name: string): ActivationName | undefined {
  const plain = name.toLowerCase().replaceAll("_", "-");
  return ACTIVATIONS.find((activation) => activation === plain) ?? OTHER_NAMES.get(plain.replaceAll("-", ""));
}

/**
 * Returns the activation of a name.
 *
 * @throws {FormatError} made by `refuse`, if there is none
 */
export function activationOf(name: string, refuse: Refuse): ActivationName {
  const activation = activationNamed(name);
  if (activation !== undefined) return activation;
  throw refuse(`has the activation ${jsonText(name)}, needs ${ACTIVATIONS.join(", ")}`);
}
