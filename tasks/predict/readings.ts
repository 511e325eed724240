/** The digits of pictures that hold several, read one after another. @module */
import { guessOf } from "../../src/guess.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { Prediction } from "./prediction.ts";

/** Yields the same predictions, and tells for each picture with several digits which digits it holds. */
export async function* withReadings(
  batches: AsyncIterable<Prediction[]>,
  { classNames }: Pick<Mlp, "classNames">,
  tell: (text: string) => void,
): AsyncGenerator<Prediction[]> {
  let picture: string | undefined, read: string[] = [];
  const finish = () => {
    const isShort = read.every((name) => [...name].length === 1);
    if (read.length > 1) tell(`${picture} reads ${read.join(isShort ? "" : " ")}`);
  };
  for await (const batch of batches) {
    yield batch;
    for (const { row, probabilities } of batch) {
      if (row.picture !== picture) {
        finish();
        [picture, read] = [row.picture, []];
      }
      if (picture === undefined || row.blank || !probabilities) continue;
      const { label } = guessOf(probabilities);
      read.push(classNames?.[label] ?? String(label));
    }
  }
  finish();
}
