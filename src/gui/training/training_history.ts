/** The results of a training so far, for pages that open late. @module */
import type { TrainEvent, TrainPart } from "../../training/epochs.ts";
import type { EpochPoint, Epochs } from "../protocol/protocol.ts";

/** The number of points within epochs above which every second one is dropped. */
const MOST_POINTS = 600;

/** The results of a training. */
export interface History {
  /** All results so far. */
  readonly all: Epochs;
  /** Adds an epoch, and returns it as a message. */
  addEpoch(event: TrainEvent): Epochs;
  /** Adds a part of an epoch, and returns it as a message. */
  addPart(part: TrainPart): Epochs;
}

/** Creates an empty history. */
export function createHistory(): History {
  let all: Epochs = { type: "epochs", epochs: [], points: [] };
  let every = 1, received = 0; // one of `every` points is kept
  return {
    get all() {
      return all;
    },
    addEpoch(event) {
      const { epoch, trainLoss, trainAccuracy, test, rowsPerSecond } = event;
      const view = {
        epoch,
        trainLoss,
        trainAccuracy,
        testLoss: test?.loss,
        testAccuracy: test?.accuracy,
        imagesPerSecond: rowsPerSecond,
      };
      const confusion = test?.confusion && { confusion: [...test.confusion] };
      all = { ...all, epochs: [...all.epochs, view], ...confusion };
      return { type: "epochs", epochs: [view], ...confusion };
    },
    addPart({ epoch, step, steps, trainLoss, trainAccuracy }) {
      const point: EpochPoint = { at: epoch - 1 + step / steps, trainLoss, trainAccuracy };
      if (received++ % every === 0) {
        const points = [...all.points ?? [], point];
        if (points.length > MOST_POINTS) every *= 2;
        all = { ...all, points: points.length > MOST_POINTS ? points.filter((_, i) => i % 2 === 0) : points };
      }
      return { type: "epochs", epochs: [], points: [point] };
    },
  };
}
