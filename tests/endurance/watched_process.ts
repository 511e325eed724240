/** Readings of a process: its memory, files and threads, and the line that fits them. @module */

/** The state of a process at a moment. */
export interface Reading {
  /** The epochs that are done. */
  readonly epoch: number;
  /** Resident memory in MB (10⁶ bytes). */
  readonly residentMB: number;
  /** The number of open file descriptors. */
  readonly files: number;
  /** The number of threads. */
  readonly threads: number;
}

/** Reads the state of a process. Needs Linux; Deno does not let a program read another process's files, so `cat` and `ls` do. */
export async function readProcess(pid: number, epoch: number): Promise<Reading> {
  const [status, files] = await Promise.all([
    outputOf("cat", `/proc/${pid}/status`),
    outputOf("ls", `/proc/${pid}/fd`),
  ]);
  const numberOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    epoch,
    residentMB: Math.round(numberOf("VmRSS") * 1024 / 1e5) / 10,
    files: files.trim().split("\n").length,
    threads: numberOf("Threads"),
  };
}

async function outputOf(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** Returns the slope of the straight line that fits points best (least squares), and the standard error of the slope. */
export function slopeOf(
  points: readonly (readonly [x: number, y: number])[],
): { slope: number; error: number } {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const squares = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / squares;
  const left = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(left / Math.max(1, count - 2) / squares) };
}
