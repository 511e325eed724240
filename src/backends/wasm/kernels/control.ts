// The barrier of the threads and the queues of their work. Counters are 64 bytes apart, so that no two share a cache line.
//
//   control + 0     threads that have arrived at the barrier
//   control + 64    generation: how often the barrier has opened
//   control + 68    1 if the run is given up: every thread that is at the barrier or reaches it traps
//   control + 128   threads that sleep at the barrier
//   control + 192   queues: for each Queue, a counter for each thread

/** Polls of the barrier before a thread sleeps: some tens of microseconds. */
const SPINS: i32 = 20000;

/** Waits until every thread has arrived. Writes before the barrier are visible after it. Traps if the run is given up. */
export function barrier(control: usize, threads: i32): void {
  meet(control, threads);
  if (atomic.load<i32>(control, 68) != 0) unreachable();
}

/** Returns when every thread has arrived, or the generation has grown because the run is given up. */
function meet(control: usize, threads: i32): void {
  if (threads == 1) return;
  const generation = atomic.load<i32>(control, 64);
  if (atomic.load<i32>(control, 68) != 0) return; // or this thread would wait for one that has trapped
  if (atomic.add<i32>(control, 1) == threads - 1) {
    atomic.store<i32>(control, 0);
    atomic.store<i32>(control, generation + 1, 64);
    if (atomic.load<i32>(control, 128) > 0) atomic.notify(control + 64, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) if (atomic.load<i32>(control, 64) != generation) return;
  atomic.add<i32>(control, 1, 128);
  while (atomic.load<i32>(control, 64) == generation) atomic.wait<i32>(control + 64, generation, -1);
  atomic.sub<i32>(control, 1, 128);
}

/** Assigns each thread a contiguous share of `total` items. */
export function refill(control: usize, queue: i32, threads: i32, total: i32): void {
  let at = control + 192 + ((<usize>queue * threads) << 6);
  for (let v = 0; v < threads; v++, at += 64) atomic.store<i32>(at, v * total / threads);
}

/** Returns the next item of `thread`'s own share, or -1 if none is left. */
function takeOwn(control: usize, queue: i32, threads: i32, total: i32, thread: i32): i32 {
  const at = control + 192 + ((<usize>queue * threads + thread) << 6);
  const end = (thread + 1) * total / threads;
  if (atomic.load<i32>(at) >= end) return -1;
  const item = atomic.add<i32>(at, 1);
  return item < end ? item : -1;
}

/** Returns the next item of `thread`'s share, then of the other threads' shares, or -1 if none is left. */
export function take(control: usize, queue: i32, threads: i32, total: i32, thread: i32): i32 {
  for (let i = 0; i < threads; i++) {
    const owner = thread + i < threads ? thread + i : thread + i - threads;
    const item = takeOwn(control, queue, threads, total, owner);
    if (item >= 0) return item;
  }
  return -1;
}
