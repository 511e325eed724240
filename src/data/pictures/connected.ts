/** Connected parts of ink. @module */

/** The connected parts of a sheet. */
export interface ConnectedParts {
  /** The number of parts. */
  readonly count: number;
  /** The part of each pixel, from 1; 0 for a pixel without ink. */
  readonly partOf: Uint32Array;
}

/** Finds the connected parts of the ink `[height, width]`. Pixels above 0 that touch, also at a corner, are connected. */
export function connectedParts(values: ArrayLike<number>, width: number): ConnectedParts {
  const partOf = new Uint32Array(values.length), open: number[] = [];
  let count = 0;
  for (let first = 0; first < values.length; first++) {
    if (values[first] === 0 || partOf[first] > 0) continue;
    partOf[first] = ++count;
    open.push(first);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const column = at % width;
      for (let dx = column === 0 ? 0 : -1; dx <= (column === width - 1 ? 0 : 1); dx++) {
        for (let next = at + dx - width; next <= at + dx + width; next += width) {
          if (!(values[next] > 0) || partOf[next] > 0) continue; // `undefined` outside of the sheet
          partOf[next] = count;
          open.push(next);
        }
      }
    }
  }
  return { count, partOf };
}
