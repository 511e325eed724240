/** The images of a data set that a network takes for a class: those of a cell of the confusion matrix. @module */
import type { FloatArray } from "../backends/backend.ts";
import { createForward } from "../backends/reference/forward.ts";
import { countOf, type Dataset, imageSpecOf } from "../data/dataset.ts";
import { inkOfInputs } from "../data/pictures/pixel_units.ts";
import { probabilitiesOf } from "../guess.ts";
import { indexOfLargest } from "../index_of_largest.ts";
import type { Mlp } from "../mlp.ts";
import { buildForwardPlan } from "../plan/build.ts";
import type { CellRequest, CellView } from "./protocol.ts";

/** The maximum number of images of a cell. */
const MOST_IMAGES = 50;
/** The maximum number of multiplications of a search; one to two seconds. */
const MOST_WORK = 6e8;
/** The time that a search computes until other tasks get a turn, in milliseconds. */
const SLICE_MS = 8;

/** Finds the images of cells. */
export interface Cells {
  /** Returns images with the label of a cell that the network, as it is now, takes for the cell's predicted class. */
  find(mlp: Mlp, cell: CellRequest): Promise<CellView>;
}

/** A row and its probability. */
interface Found {
  readonly row: number;
  readonly probability: number;
}

/** Creates the search in a data set with labels. Searches run one after the other, in slices. */
export function createCells(dataset: Dataset): Cells {
  const { labels, inputShape } = dataset, length = dataset.inputs.length / countOf(dataset);
  const inputsOf = (row: number) => dataset.inputs.subarray(row * length, (row + 1) * length);
  const image = imageSpecOf(dataset) ?? { white: 255 };
  let last: Promise<unknown> = Promise.resolve();

  const search = async (mlp: Mlp, { label, predicted }: CellRequest) => {
    const forward = createForward(buildForwardPlan(mlp), mlp.parameters), found: Found[] = [];
    const work = multiplications(Object.values(mlp.parameters));
    let searched = 0, ofLabel = 0, sliceEnd = performance.now() + SLICE_MS;
    for (const [row, own] of labels!.entries()) {
      if (own !== label) continue;
      ofLabel++;
      if (found.length === MOST_IMAGES || searched * work > MOST_WORK) continue;
      searched++;
      const outputs = forward(inputsOf(row)),
        probabilities = probabilitiesOf(mlp, Float32Array.from(outputs.at(-1)!))!;
      if (indexOfLargest(probabilities) === predicted) {
        found.push({ row, probability: probabilities[predicted] });
      }
      if (performance.now() < sliceEnd) continue;
      await new Promise((resolve) => setTimeout(resolve));
      sliceEnd = performance.now() + SLICE_MS;
    }
    return { found, searched, ofLabel };
  };

  return {
    async find(mlp, cell) {
      const searching = last.then(() => search(mlp, cell));
      last = searching.catch(() => {});
      const { found, searched, ofLabel } = await searching;
      return {
        ...cell,
        searched,
        ofLabel,
        columns: inputShape.length > 1 ? inputShape[inputShape.length - 1] : Math.round(Math.sqrt(length)),
        images: found.map(({ row, probability }) => ({
          row,
          probability,
          pixels: [...inkOfInputs(inputsOf(row), image)],
        })),
      };
    },
  };
}

function multiplications(parameters: readonly FloatArray[]): number {
  return parameters.reduce((sum, { length }) => sum + length, 0);
}
