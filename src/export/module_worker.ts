/** Running of an exported JavaScript module in a worker, to check it. @module */

/** A module that runs in a worker. */
export interface RunningModule {
  /** Returns the results of `predict` for each row of inputs `[N, I]`, one after the other. */
  predictRows(inputs: Uint8Array | Float32Array, rows: number): Promise<Float64Array>;
  /** Ends the worker. */
  close(): void;
}

/** The code that follows the module's in the worker. */
const ANSWER = `
self.onmessage = ({ data: { inputs, rows } }) => {
  try {
    const width = inputs.length / rows;
    const found = Array.from({ length: rows }, (_, row) => predict(inputs.subarray(row * width, (row + 1) * width)));
    self.postMessage({ found: Float64Array.from(found.flat()) });
  } catch (error) {
    self.postMessage({ fault: String(error) });
  }
};
`;

/** The answer of the worker. */
type Reply = { readonly found: Float64Array } | { readonly fault: string };

/** Starts a module that `formatJavaScript` wrote. Needs no permission in Deno. Close it at the end. */
export function runModule(bytes: Uint8Array<ArrayBuffer>): RunningModule {
  const url = URL.createObjectURL(new Blob([bytes, ANSWER], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  return {
    predictRows: (inputs, rows) =>
      new Promise((resolve, reject) => {
        const fail = (fault: string) => reject(new TypeError(`The exported module cannot predict: ${fault}`));
        worker.onmessage = ({ data }: MessageEvent<Reply>) =>
          "found" in data ? resolve(data.found) : fail(data.fault);
        worker.onerror = (event) => {
          event.preventDefault();
          fail(event.message);
        };
        worker.postMessage({ inputs, rows });
      }),
    close() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
