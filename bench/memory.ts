/** How much memory a process and its children have held. @module */

/** How often a running process is looked at, in milliseconds. */
const INTERVAL_MS = 500;

/** Follows a process until it is disposed. */
export interface MemoryWatch extends Disposable {
  /** The most that any single process of the tree has held so far, in MB (10⁶ bytes); `undefined` where none was seen. */
  readonly peakMB: number | undefined;
}

/**
 * Follows a process and its children through Linux's `/proc`, whose `VmHWM` is the same high-water mark that
 * `getrusage` gives a process of itself; elsewhere it sees nothing. Deno refuses to read another process's files
 * itself, so `cat` does: about 3 ms of one processor for each look.
 */
export function watchMemory(pid: number): MemoryWatch {
  let peakKib = 0;
  const look = async () => {
    for (let pids = [pid]; pids.length > 0;) {
      const files = pids.flatMap((pid) => [`/proc/${pid}/status`, `/proc/${pid}/task/${pid}/children`]);
      const { stdout } = await new Deno.Command("cat", { args: files, stderr: "null" }).output();
      const text = new TextDecoder().decode(stdout);
      for (const [, kib] of text.matchAll(/^VmHWM:\s+(\d+) kB$/gm)) peakKib = Math.max(peakKib, Number(kib));
      // The lists of children are the lines of bare numbers.
      pids = [...text.matchAll(/^(?:\d+ )+$/gm)].flatMap(([line]) => line.trim().split(" ").map(Number));
    }
  };
  let looking = Promise.resolve();
  const timer = Deno.build.os === "linux"
    ? setInterval(() => looking = looking.then(look), INTERVAL_MS)
    : undefined;
  return {
    get peakMB() {
      return peakKib === 0 ? undefined : Math.round(peakKib * 1024 / 1e5) / 10;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
