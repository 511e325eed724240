/** Measures the memory of a process and its children. @module */

/** The interval between two readings of a running process, in milliseconds. */
const INTERVAL_MS = 500;

/** Measures a process until it is disposed. */
export interface MemoryWatch extends Disposable {
  /** The peak memory of any single process of the tree so far, in MB (10⁶ bytes); `undefined` if none was read. */
  readonly peakMB: number | undefined;
}

/**
 * Measures a process and its children through Linux's `/proc`, whose `VmHWM` is the same high-water mark that
 * `getrusage` gives; on other systems `peakMB` stays `undefined`. Deno does not let a program read another process's
 * files, so `cat` does, which takes about 3 ms of one processor for each reading.
 */
export function watchMemory(pid: number): MemoryWatch {
  let peakKib = 0;
  const look = async () => {
    for (let pids = [pid]; pids.length > 0;) {
      const files = pids.flatMap((pid) => [`/proc/${pid}/status`, `/proc/${pid}/task/${pid}/children`]);
      const { stdout } = await new Deno.Command("cat", { args: files, stderr: "null" }).output();
      const text = new TextDecoder().decode(stdout);
      for (const [, kib] of text.matchAll(/^VmHWM:\s+(\d+) kB$/gm)) peakKib = Math.max(peakKib, Number(kib));
      // The lists of children are the lines that contain only numbers.
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
