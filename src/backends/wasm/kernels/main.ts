// Entry points of the WebAssembly module. `./generated` has the records and numbers that the kernels share with the host;
// `deno task build:wasm` generates it from records.ts and the tables of src/plan/.

import { barrier, refill, take } from "./control";
import { dropEntries } from "./dropout";
import { Layer, Mask, Program, Queue, RowOp, STEP_NUMBERS } from "./generated";
import { runRowOp, sparseLinear, sparsePairs } from "./rows";
import { gatherColumns, gatherEntries } from "./sparse";
import { clippedItem, gradientItem, transposeLayer } from "./weights";

export { fingerprint } from "./generated";

/**
 * Runs thread `thread`'s part of at most `limit` more steps of a program. Every thread calls it with the same program and
 * limit.
 *
 * A step has three phases, with a barrier after each. The first phase computes the first layer if it is sparse, by panels of
 * its weights. The second works on rows: the forward pass, the loss, and the backward pass to every dZ. The third works on
 * weights, by panels: gradients and updates; meanwhile the sparse inputs of the next step are gathered. In each phase,
 * threads take items from queues, and each thread takes its own share first. That keeps weights and their state, which
 * are most of the data that a step writes, in the cache of one processor. No result depends on which thread takes an item: a
 * row's numbers depend on that row alone, and an item's sums run over all rows in order.
 */
export function run(address: usize, thread: i32, limit: i32): void {
  const program = changetype<Program>(address);
  const control = program.control, threads = program.threads, chunk = program.chunk;
  const chunks = (program.batch + chunk - 1) / chunk;
  const last = <i32>min<i64>(<i64>program.steps, <i64>program.step + limit);
  const clipped = program.clipNorm > 0, sparse = program.entryFeatures > 0;
  const firstOp = changetype<RowOp>(program.rowOps);
  const pieces = sparse ? sparsePairs(firstOp) * chunks : 0;
  if (thread == 0) {
    refill(control, Queue.first, threads, pieces);
    if (sparse) gather(program, program.step, 0, program.batch);
  }
  barrier(control, threads);

  for (let step = program.step; step < last;) {
    const rows = min(program.batch, program.count - step * program.batch);
    const order = program.order + (<usize>(step * program.batch) << 2);
    const numbers = program.numbers + (<usize>(step * STEP_NUMBERS) << 2);
    const gathers = sparse && step + 1 < last ? chunks : 0;
    const items = gathers + program.itemCount;

    if (thread == 0) {
      refill(control, Queue.chunks, threads, chunks);
      refill(control, Queue.items, threads, items);
      if (clipped) refill(control, Queue.updates, threads, program.itemCount);
    }
    if (sparse) {
      for (let i = take(control, Queue.first, threads, pieces, thread); i >= 0;) {
        const r0 = i % chunks * chunk, r1 = min(rows, r0 + chunk);
        if (r0 < r1) sparseLinear(firstOp, program, i / chunks, r0, r1);
        i = take(control, Queue.first, threads, pieces, thread);
      }
    }
    barrier(control, threads);

    if (thread == 0) refill(control, Queue.first, threads, pieces);
    if (thread == threads - 1 && program.listEnds) {
      gatherColumns(
        program.entries, program.entryStride, program.entryCounts, rows, program.entryFeatures, program.listEnds,
        program.lists,
      );
    }
    for (let i = take(control, Queue.chunks, threads, chunks, thread); i >= 0;) {
      const r0 = i * chunk, r1 = min(rows, r0 + chunk);
      if (r0 < r1) runRows(program, order, rows, r0, r1);
      i = take(control, Queue.chunks, threads, chunks, thread);
    }
    barrier(control, threads);

    if (thread == 0) addResults(program, rows, step + 1 == last);
    for (let i = take(control, Queue.items, threads, items, thread); i >= 0;) {
      if (i < gathers) gather(program, step + 1, i * chunk, (i + 1) * chunk);
      else gradientItem(program, i - gathers, numbers, rows, thread);
      i = take(control, Queue.items, threads, items, thread);
    }
    barrier(control, threads);

    if (clipped) {
      for (let i = take(control, Queue.updates, threads, program.itemCount, thread); i >= 0;) {
        clippedItem(program, i, numbers);
        i = take(control, Queue.updates, threads, program.itemCount, thread);
      }
      barrier(control, threads);
    }
    step++;
    if (program.ended) break;
  }
}

/** Gathers the sparse inputs of rows [r0, r1) of a step, and applies the dropout of the inputs if there is one. */
function gather(program: Program, step: i32, r0: i32, r1: i32): void {
  const first = step * program.batch;
  r1 = min(r1, min(program.batch, program.count - first));
  gatherEntries(
    program.entryStarts, program.entrySource, program.entryBytes, program.entryScale,
    program.order + (<usize>first << 2), program.entries, program.entryStride, program.entryCounts, r0, r1,
  );
  if (program.entryMask) {
    dropEntries(
      changetype<Mask>(program.entryMask), program.stepsBefore + step + 1, program.entries, program.entryStride,
      program.entryCounts, r0, r1,
    );
  }
}

/** Copies the weights of the layer at `address` to its transposed matrix. */
export function prepareLayer(address: usize): void {
  transposeLayer(changetype<Layer>(address));
}

function runRows(program: Program, order: usize, rows: i32, r0: i32, r1: i32): void {
  for (let i = 0; i < program.rowOpCount; i++) {
    runRowOp(changetype<RowOp>(program.rowOps + <usize>i * offsetof<RowOp>()), program, order, rows, r0, r1);
  }
}

/** Adds up the losses of a step in the order of the rows, and decides if the run ends. Only thread 0 calls it. */
function addResults(program: Program, rows: i32, wasLast: bool): void {
  let sum: f64 = 0, correct = 0;
  for (let r = 0; r < rows; r++) {
    sum += load<f64>(program.losses + (<usize>r << 3));
    correct += load<i32>(program.correctRows + (<usize>r << 2));
  }
  store<f64>(program.lossSum, load<f64>(program.lossSum) + sum);
  program.correct += correct;
  program.rows += rows;
  program.diverged = i32(!isFinite(sum));
  program.ended = i32(
    wasLast || program.diverged != 0 ||
      atomic.load<i32>(changetype<usize>(program) + offsetof<Program>("stop")) != 0,
  );
  atomic.store<i32>(changetype<usize>(program) + offsetof<Program>("step"), program.step + 1);
}
