/**
 * The ranks of a run: processes that train one network together, each on its part of every batch. They call the same
 * functions in the same order; a text from one reaches the others.
 * @module
 */

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
  /** Sends a text to all ranks, and returns those of all ranks, in their order. */
  gather(text: string): Promise<string[]>;
  /** Returns the text of rank 0, whose other callers pass none. */
  share(text?: string): Promise<string>;
  /** Ends the processes of all ranks at once, this one included. */
  abort(exitCode: number): never;
  /** Waits until all ranks close, and frees the connection. A second call does nothing. */
  close(): Promise<void>;
}

/** An address in the memory of this process, as Deno passes it to native functions. */
export type NativePointer = object | null;
