/** Weights under the names of PyTorch: `0.weight` `[O, I]`, `0.bias` `[O]`, `2.weight`, … @module */
import type { DataNote } from "../data/dataset.ts";
import { jsonText, type Refuse, shapeText } from "../formats/fault.ts";
import {
  chainEnd,
  checkChain,
  type ForeignLayer,
  type ForeignLayers,
  matrixShape,
  missingBias,
  type NamedArray,
  readFloats,
} from "./weights.ts";

/** The arrays of a module. */
interface Module {
  readonly name: string;
  weight?: NamedArray;
  bias?: NamedArray;
}

/** A module with the lengths of its weights. */
interface SizedModule extends Module {
  readonly weight: NamedArray;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Returns whether a name is that of a weight of PyTorch. */
export function isSequentialName(name: string): boolean {
  return /^(?:.*\.)?weight$/.test(name);
}

/**
 * Makes layers of arrays by name.
 *
 * @param options `isOrdered` is true if the order of the arrays is that of the modules
 * @throws {FormatError} made by `refuse`, if they are not the weights and biases of a chain of fully connected layers
 */
export async function sequentialLayers(
  arrays: ReadonlyMap<string, NamedArray>,
  { isOrdered, origin, refuse }: {
    readonly isOrdered: boolean;
    readonly origin: string;
    readonly refuse: Refuse;
  },
): Promise<ForeignLayers> {
  const modules = inOrder(modulesOf(arrays, refuse), isOrdered);
  checkChain(modules, refuse);
  const layers: ForeignLayer[] = [];
  for (const { name, weight, bias, inFeatures, outFeatures } of modules) {
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outFeatures)) {
      throw refuse(
        `has ${jsonText(partName(name, "bias"))} of shape ${
          shapeText(bias.shape)
        }, its weights need [${outFeatures}]`,
      );
    }
    layers.push({
      name,
      inFeatures,
      outFeatures,
      weights: await readFloats(weight, partName(name, "weight"), refuse),
      bias: bias ? await readFloats(bias, partName(name, "bias"), refuse) : new Float32Array(outFeatures),
    });
  }
  const unbiased = modules.filter(({ bias }) => bias === undefined).map(({ name }) => name);
  const names: DataNote = {
    text: `layers from ${modules.map(({ name }) => jsonText(name)).join(", ")} of ${origin}`,
  };
  return { origin, layers, notes: [names, ...missingBias(unbiased)] };
}

/** Collects the weight and the bias of each module, in the order of the weights. */
function modulesOf(arrays: ReadonlyMap<string, NamedArray>, refuse: Refuse): SizedModule[] {
  const modules = new Map<string, Module>();
  for (const [full, array] of arrays) {
    const [, name = "", part] = /^(?:(.*)\.)?(weight|bias)$/s.exec(full) ?? [];
    if (part === undefined) {
      throw refuse(`has ${jsonText(full)}, needs nothing but weights and biases of fully connected layers`);
    }
    const module = modules.get(name) ?? { name };
    module[part as "weight" | "bias"] = array;
    modules.set(name, module);
  }
  return [...modules.values()].map((module) => {
    const { name, weight } = module;
    if (weight === undefined) throw refuse(`has ${jsonText(partName(name, "bias"))} without weights`);
    const [outFeatures, inFeatures] = matrixShape(weight, partName(name, "weight"), "[O, I]", refuse);
    return { ...module, weight, inFeatures, outFeatures };
  });
}

function partName(module: string, part: "weight" | "bias"): string {
  return module === "" ? part : `${module}.${part}`;
}

/**
 * Returns the modules in their order: by their numbers if their names differ in nothing else, otherwise in the order of the
 * file, or, if that does not fit their shapes, in the only order that does. The file of an unordered format has the order of the
 * alphabet.
 */
function inOrder(modules: SizedModule[], isOrdered: boolean): SizedModule[] {
  const isNumbered = new Set(modules.map(({ name }) => name.replace(/\d+/g, "0"))).size === 1;
  const sorted = [...modules].sort((a, b) =>
    a.name.localeCompare(b.name, "en", { numeric: true }) || (a.name < b.name ? -1 : 1)
  );
  const first = isOrdered && !isNumbered ? modules : sorted;
  if (isNumbered || chainEnd(first) === first.length) return first;
  return onlyChain(modules) ?? first;
}

/** Returns the modules in the only order in which each takes the outputs of the one before; `undefined` if there is none. */
function onlyChain(modules: readonly SizedModule[]): SizedModule[] | undefined {
  const byInputs = new Map(modules.map((module) => [module.inFeatures, module]));
  const outputs = new Set(modules.map(({ outFeatures }) => outFeatures));
  const starts = modules.filter(({ inFeatures }) => !outputs.has(inFeatures));
  if (byInputs.size < modules.length || starts.length !== 1) return undefined;
  const chain: SizedModule[] = [];
  for (
    let next: SizedModule | undefined = starts[0];
    next && chain.length < modules.length;
    next = byInputs.get(next.outFeatures)
  ) chain.push(next);
  return chain.length === modules.length ? chain : undefined;
}
