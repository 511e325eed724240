/** Comparison of a data set's inputs with those of a network that is trained further on it. @module */
import { type Dataset, inFeaturesOf, type InputSpec, type TableColumn } from "../data/dataset.ts";
import { shapeText } from "../formats/fault.ts";
import type { Mlp } from "../mlp.ts";
import { visible } from "../visible.ts";

/**
 * Checks that the inputs of a set have the meaning of a network's inputs. A property that one of them lacks is not compared.
 *
 * @throws {TypeError} if the number of inputs, their scale, the properties of images or the columns of a table differ
 */
export function checkInputs(mlp: Mlp, set: Dataset): void {
  const fault = (found: string, needed: string) =>
    new TypeError(`Cannot use ${set.source}: its ${found}, the network needs ${needed}`);
  if (inFeaturesOf(set) !== mlp.inFeatures) {
    throw fault(`inputs have shape ${shapeText(set.inputShape)}`, shapeText(mlp.inputShape));
  }
  if (set.inputScale !== mlp.inputScale) {
    throw fault(`inputs have scale ${set.inputScale}`, `${mlp.inputScale}`);
  }
  const [found, needed] = [set.image, mlp.image];
  if (found && needed && found.white !== needed.white) {
    throw fault(`white pixels are ${found.white}`, `${needed.white}`);
  }
  if (found?.background && needed?.background && found.background !== needed.background) {
    throw fault(`images have a ${found.background} background`, `a ${needed.background} one`);
  }
  if (set.columns && mlp.columns) checkColumns(set.columns, mlp.columns, fault);
}

function checkColumns(
  found: readonly TableColumn[],
  needed: readonly TableColumn[],
  fault: (found: string, needed: string) => TypeError,
): void {
  if (found.length !== needed.length) throw fault(`table has ${found.length} columns`, `${needed.length}`);
  for (const [i, { name, categories }] of found.entries()) {
    const other = needed[i];
    if (name !== other.name) throw fault(`column ${i + 1} is ${quoted(name)}`, quoted(other.name));
    if (
      `${categories?.length}` === `${other.categories?.length}` &&
      (categories ?? []).every((category, k) => category === other.categories![k])
    ) continue;
    throw fault(`column ${quoted(name)} has ${valuesOf(categories)}`, valuesOf(other.categories));
  }
}

function valuesOf(categories: readonly string[] | undefined): string {
  if (!categories) return "numbers";
  const shown = categories.slice(0, 5).map(quoted).join(", ");
  return `${categories.length} categories (${shown}${categories.length > 5 ? ", …" : ""})`;
}

function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** Returns the meaning of the inputs: that of the network, and what only the set tells. */
export function inputsOf(
  { inputShape, inputScale, image, columns }: Mlp,
  set: Dataset,
): Pick<InputSpec, "inputShape" | "image" | "columns"> & { readonly inputScale: number } {
  const pixels = image || set.image
    ? { image: { ...set.image, ...image } as NonNullable<InputSpec["image"]> }
    : {};
  const table = columns ?? set.columns;
  return { inputShape, inputScale, ...pixels, ...table && { columns: table } };
}
