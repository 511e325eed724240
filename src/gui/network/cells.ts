/** The images of a cell of the confusion matrix: those with a label that a network predicts as a class. @module */
import type { FloatArray } from "../../backends/backend.ts";
import { createForward } from "../../backends/reference/forward.ts";
import { type Dataset, inFeaturesOf } from "../../data/dataset.ts";
import { imageShapeOf } from "../../data/pictures/image_shape.ts";
import { probabilitiesOf } from "../../guess.ts";
import { inTurn } from "../../in_turn.ts";
import { indexOfLargest } from "../../index_of_largest.ts";
import type { Mlp } from "../../mlp.ts";
import { buildForwardPlan } from "../../plan/build.ts";
import { meaningOf } from "./network_answer.ts";
import type { CellRequest, CellView } from "../protocol/protocol.ts";
import { inkOfRow } from "./row_ink.ts";

/** The maximum number of images of a cell. */
const MOST_IMAGES = 50;
/** The maximum number of multiplications of a search; one to two seconds. */
const MOST_WORK = 6e8;
/** The time for which a search computes before other tasks may run, in milliseconds. */
const SLICE_MS = 8;

/** Finds the images of cells. */
export interface Cells {
  /** Returns images with the label of a cell that the network, as it is now, predicts as the cell's predicted class. */
  find(mlp: Mlp, cell: CellRequest): Promise<CellView>;
}

/** A row and its probability. */
interface Found {
  readonly row: number;
  readonly probability: number;
}

/** Creates the search in a data set with labels. Searches run one after the other, in slices. */
export function createCells(dataset: Dataset): Cells {
  const { labels } = dataset, length = inFeaturesOf(dataset);
  const inputsOf = (row: number) => dataset.inputs.subarray(row * length, (row + 1) * length);
  const turn = inTurn();

  const search = async (mlp: Mlp, { label, predicted }: CellRequest) => {
    const forward = createForward(buildForwardPlan(mlp), mlp.parameters), found: Found[] = [];
    const meaning = meaningOf(mlp, dataset);
    const work = multiplications(Object.values(mlp.parameters));
    let searched = 0, ofLabel = 0, sliceEnd = performance.now() + SLICE_MS;
    for (const [row, own] of labels!.entries()) {
      if (own !== label) continue;
      ofLabel++;
      if (found.length === MOST_IMAGES || searched * work > MOST_WORK) continue;
      searched++;
      const outputs = forward(inputsOf(row));
      const probabilities = probabilitiesOf(meaning, Float32Array.from(outputs.at(-1)!))!;
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
      const { found, searched, ofLabel } = await turn(() => search(mlp, cell));
      return {
        ...cell,
        searched,
        ofLabel,
        columns: imageShapeOf(dataset)?.width ?? Math.round(Math.sqrt(length)),
        images: found.map(({ row, probability }) => ({ row, probability, pixels: inkOfRow(dataset, row) })),
      };
    },
  };
}

function multiplications(parameters: readonly FloatArray[]): number {
  return parameters.reduce((sum, { length }) => sum + length, 0);
}
