/**
 * The ranks of a run: processes that train one network together, each on its part of every batch. They call the same
 * functions in the same order; a text of one reaches the others.
 * @module
 */

/**
 * The parts of a batch whose gradients are added in one fixed order, whichever rank computes them. 1, 2, 4 or 8 ranks
 * therefore compute the same bits.
 */
export const SLICES = 8;

/** The processes of a run, as one of them knows them. */
export interface Ranks extends AsyncDisposable {
  /** The number of this process, from 0. Rank 0 evaluates. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /** The number of processors that this process has for itself. */
  readonly processors: number;
  /** The software that connects the processes, such as `"MPICH 4.0.2"`. */
  readonly library: string;
  /** The address of the `mlp_transport` of `mlp.h`, for the native library. */
  readonly transport: NativePointer;
  /**
   * Sends a text to all ranks, and returns those of all ranks, in their order. Waits until every rank has called it.
   *
   * @throws {BackendError} with code `"rank-lost"` if a rank was killed or stopped, or its process has ended
   */
  gather(text: string): Promise<string[]>;
  /** Ends the processes of all ranks at once, this one included. */
  abort(exitCode: number): never;
  /** Waits until all ranks close, and ends the connection. A second call does nothing. */
  close(): Promise<void>;
}

/** An address in the memory of this process, as Deno passes it to native functions. */
export type NativePointer = object | null;
