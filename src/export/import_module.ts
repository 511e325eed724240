/** Import of an exported JavaScript module from its bytes. @module */

/** The exports of a module that `formatJavaScript` wrote. */
export interface ExportedModule {
  /** Returns the probabilities or outputs for one row. */
  predict(row: ArrayLike<number>): number[];
}

/** Imports a module that this library wrote, from its bytes. Needs no permission in Deno. */
export async function importModule(bytes: Uint8Array<ArrayBuffer>): Promise<ExportedModule> {
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
