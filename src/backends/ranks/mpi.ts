/** Ranks that mpirun, or srun, has started. @module */
import type { BackendError } from "../../errors.ts";
import { loadMpi, mpiError, type MpiSymbols } from "./mpi_library.ts";
import type { Ranks } from "./ranks.ts";

/** The options of {@linkcode openMpi}. */
export interface MpiOptions {
  /**
   * The file of the library; by default `MLPCUDA_MPI_LIBRARY` if it is set and may be read, or else `cpu/libmlpmpi.so` of this
   * package.
   */
  readonly library?: string;
  /**
   * Returns a line that another process writes to stderr if this rank is killed; without it, none is written. mpirun kills the
   * other ranks, whose lines do not appear, except those of other machines.
   */
  readonly ifKilled?: (rank: number) => string;
  /**
   * The time that all ranks have to start, in seconds; by default 60. Then this process writes a line to stderr and ends with
   * exit code 1.
   */
  readonly startSeconds?: number;
}

/** The default of `startSeconds`. */
const START_SECONDS = 60;

/** The silence after which a rank is lost, in seconds. Each rank sends a heartbeat four times a second. */
const SILENCE = 5;

/** The time between two looks for a text: at first, and at most, in milliseconds. */
const FIRST_WAIT = 1, LONGEST_WAIT = 10;

/**
 * Connects this process with the others of its run, which mpirun has started. Without mpirun, the run has one rank. A process
 * can do it once.
 *
 * Each rank must call the same functions of the result, and `train()`, with equal arguments. A rank that waits for one that was
 * killed or stopped throws after 5 seconds; {@linkcode Ranks.abort} then ends the run.
 *
 * @throws {BackendError} if the library is missing, or if MPI does not start
 */
export function openMpi({ library, ifKilled, startSeconds = START_SECONDS }: MpiOptions = {}): Ranks {
  const symbols = loadMpi(library), text = new Uint8Array(1024), facts = new Int32Array(5);
  if (symbols.mlp_mpi_open(startSeconds, text, text.length) !== 0) {
    throw mpiError(textOf(text).replaceAll("\t", " "), "mpi"); // "MPICH Version:\t4.0.2"
  }
  symbols.mlp_mpi_facts(facts);
  const [rank, size, , , processors] = facts;
  if (ifKilled) symbols.mlp_mpi_monitor(new TextEncoder().encode(`${ifKilled(rank)}\0`));
  const others = Array.from({ length: size }, (_, other) => other).filter((other) => other !== rank);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await until(symbols, () => symbols.mlp_mpi_leave() === 1);
    symbols.mlp_mpi_close();
  };
  return {
    rank,
    size,
    processors,
    library: nameOf(textOf(text)),
    transport: symbols.mlp_mpi_transport(),
    async gather(text) {
      for (const other of others) sendText(symbols, other, text);
      const texts: string[] = [];
      for (let from = 0; from < size; from++) {
        texts.push(from === rank ? text : await receiveText(symbols, from));
      }
      return texts;
    },
    abort(exitCode): never {
      symbols.mlp_mpi_abort(exitCode);
      throw new Error("Unreachable: MPI has ended the process");
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sendText(symbols: MpiSymbols, to: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (symbols.mlp_mpi_send(to, bytes, BigInt(bytes.length)) !== 0) throw lostError(to);
}

async function receiveText(symbols: MpiSymbols, from: number): Promise<string> {
  let size = -1;
  await until(symbols, () => (size = Number(symbols.mlp_mpi_next(from))) >= 0);
  const bytes = new Uint8Array(size);
  if (symbols.mlp_mpi_receive(from, bytes, BigInt(size)) !== 0) throw lostError(from);
  return new TextDecoder().decode(bytes);
}

/**
 * Waits until a check succeeds.
 *
 * @throws {BackendError} if a rank is lost before
 */
async function until({ mlp_mpi_lost }: MpiSymbols, isDone: () => boolean): Promise<void> {
  for (let wait = FIRST_WAIT; !isDone(); wait = Math.min(LONGEST_WAIT, wait * 1.25)) {
    const lost = mlp_mpi_lost(SILENCE);
    if (lost >= 0 && !isDone()) throw lostError(lost);
    await new Promise((done) => setTimeout(done, wait));
  }
}

function lostError(rank: number): BackendError {
  return mpiError(`rank ${rank} has ended, or has not answered for ${SILENCE} seconds`, "rank-lost");
}

/** Returns the name and version in the text of an MPI about itself. */
function nameOf(text: string): string {
  const [line] = text.split("\n");
  const [, name, version] = /^(MPICH|Open MPI)\D*([\d.]+)/.exec(line) ?? [];
  return name === undefined ? line.trim() : `${name} ${version}`;
}

/** Returns the text before the first NUL byte. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
