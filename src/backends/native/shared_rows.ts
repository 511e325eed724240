/** Inputs in the memory of the cpu library that all trainers and predictors of this process read without a copy. @module */
import type { Dataset } from "../../data/dataset.ts";
import { ERROR_BYTES, INSTRUCTION_SETS, type InstructionSet } from "./ffi.ts";
import { type LibraryOptions, openLibrary } from "./library.ts";
import { type Attempt, checkStatus, passed } from "./status.ts";

/** The address of rows in the library, which is the same in every worker of this process. */
export type RowsAddress = bigint;

/** Rows in the memory of the library. */
export interface SharedRows {
  /** The addresses, in the order of the inputs from which they were made. */
  readonly addresses: readonly RowsAddress[];
  /**
   * Ends the use of the addresses: no plan may be given one from then on. The memory is freed when the last plan with these
   * rows is closed. It must be called once.
   */
  close(): void;
}

/**
 * Copies inputs `[N, I]`, each with its number of columns `I`, to the memory of the cpu library. They may be views of shared
 * memory.
 *
 * @throws {BackendError} if the library cannot be opened, or if there is not enough memory
 */
export function shareRows(
  given: readonly { readonly inputs: Dataset["inputs"]; readonly columns: number }[],
  { library: path, instructionSet = "auto" }: Pick<LibraryOptions, "library"> & {
    readonly instructionSet?: InstructionSet;
  } = {},
): SharedRows {
  const attempt: Attempt = { backend: "cpu", action: "copy the data set to backend" };
  const { symbols, close } = openLibrary("cpu", { library: path, named: true });
  const addresses: RowsAddress[] = [];
  const free = () => {
    for (const address of addresses) symbols.mlp_rows_free(address);
    close();
  };
  try {
    for (const { inputs, columns } of given) {
      const create = inputs instanceof Uint8Array ? symbols.mlp_rows_create_u8 : symbols.mlp_rows_create_f32;
      const status = new Int32Array(1), error = new Uint8Array(ERROR_BYTES);
      const size = [BigInt(inputs.length), BigInt(columns)] as const;
      const address = create(
        INSTRUCTION_SETS[instructionSet],
        passed(inputs),
        ...size,
        status,
        error,
        ERROR_BYTES,
      );
      checkStatus(attempt, status[0], error);
      addresses.push(address);
    }
    return { addresses, close: free };
  } catch (error) {
    free();
    throw error;
  }
}
