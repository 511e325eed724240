/** The rows of a file that `--rows` chooses, if their number is known only at the end. @module */
import { chosenRows, type RowRange } from "../../src/data/meaning/row_inputs.ts";

/**
 * Yields the rows of a range. Rows after it are not read.
 *
 * @throws {RangeError} if there are no rows, or not as many
 */
export async function* withinRange<R>(
  chunks: AsyncIterable<readonly R[]>,
  { name, rows }: { readonly name: string; readonly rows?: RowRange },
): AsyncGenerator<readonly R[]> {
  const { first, last } = rows ?? { first: 0, last: Infinity };
  let count = 0;
  for await (const chunk of chunks) {
    const part = chunk.slice(Math.max(0, first - count), Math.max(0, last + 1 - count));
    count += chunk.length;
    if (part.length > 0) yield part;
    if (count > last) return;
  }
  chosenRows(count, { name, rows });
}
