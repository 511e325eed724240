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
  namesText,
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
  const modules = inOrder(modulesOf(arrays, refuse), isOrdered, refuse);
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
    text: `layers from ${namesText(modules.map(({ name }) => name))} of ${origin}`,
  };
  return { origin, layers, notes: [names, ...missingBias(unbiased)] };
}

/** The advice for a batch normalization. */
const BATCH_NORM_ADVICE =
  "make a batch normalization a part of its layer first, in PyTorch by torch.nn.utils.fusion.fuse_linear_bn_eval";

/** Collects the weight and the bias of each module, in the order of the weights. */
function modulesOf(arrays: ReadonlyMap<string, NamedArray>, refuse: Refuse): SizedModule[] {
  const modules = new Map<string, Module>();
  for (const [full, array] of arrays) {
    const [, name = "", part] = /^(?:(.*)\.)?(weight|bias)$/s.exec(full) ?? [];
    if (part === undefined) {
      const advice = /(?:^|\.)running_(?:mean|var)$/.test(full) ? `; ${BATCH_NORM_ADVICE}` : "";
      throw refuse(
        `has ${jsonText(full)}, needs nothing but weights and biases of fully connected layers${advice}`,
      );
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

/** The most groups of modules whose orders are tried: 8 have 40,320. */
const MAX_GROUPS = 8;

/**
 * Returns the modules in their order: by their numbers if their names differ in nothing else, otherwise in the order of the file.
 * If the file has no order, or if its order does not fit their shapes, it is the only one that does. The file of an unordered
 * format has the order of the alphabet.
 */
function inOrder(modules: SizedModule[], isOrdered: boolean, refuse: Refuse): readonly SizedModule[] {
  const sorted = [...modules].sort((a, b) =>
    a.name.localeCompare(b.name, "en", { numeric: true }) || (a.name < b.name ? -1 : 1)
  );
  const groups = [...Map.groupBy(sorted, ({ name }) => name.replace(/\d+/g, "0")).values()];
  if (groups.length === 1) return sorted;
  if (isOrdered && chainEnd(modules) === modules.length) return modules;
  const areChains = groups.every((group) => chainEnd(group) === group.length);
  const [order, other] = ordersOf(areChains ? groups : sorted.map((module) => [module]));
  if (other && !isOrdered) {
    const at = order.findIndex((module, index) => module !== other[index]);
    const names = [order[at], other[at]].map(({ name }) => jsonText(name)).join(" or ");
    throw refuse(
      `has layers that fit each other in several orders: layer ${
        at + 1
      } can be ${names}; a .pt with the state_dict has their order`,
    );
  }
  return other ? modules : order ?? (isOrdered ? modules : sorted);
}

/** Returns up to two orders of groups in which each module takes the outputs of the one before; none for too many groups. */
function ordersOf(groups: readonly SizedModule[][]): SizedModule[][] {
  const found: SizedModule[][] = [];
  const extend = (done: readonly SizedModule[][], rest: readonly SizedModule[][]) => {
    if (rest.length === 0) found.push(done.flat());
    const outFeatures = done.at(-1)?.at(-1)?.outFeatures;
    for (const next of rest) {
      if (found.length > 1) return;
      if (outFeatures !== undefined && outFeatures !== next[0].inFeatures) continue;
      extend([...done, next], rest.filter((other) => other !== next));
    }
  };
  if (groups.length <= MAX_GROUPS) extend([], groups);
  return found;
}
