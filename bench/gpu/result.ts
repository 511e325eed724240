/** What the check of a GPU comes to, and the tables that are made of it. @module */

/** The unit of what is compared with the peers, and how the names of our own readings of it begin. */
export const STEP = "µs a step", OURS = "784-128-64-10, batch 128, ";

/** A number that was read. */
export interface Reading {
  /** What it is of; the same in every result, so that tables find it. */
  readonly name: string;
  /** The number. */
  readonly value: number;
  /** Its unit. */
  readonly unit: string;
  /** What else there is to know, such as how the library carried the plan out. */
  readonly note?: string;
}

/** What became of a stage. */
export type Status = "passed" | "failed" | "skipped" | "out of time" | "not needed";

/** A stage of the check. */
export interface StageResult {
  /** Its name. */
  readonly name: string;
  /** Whether the check as a whole fails where this does. */
  readonly required: boolean;
  /** What became of it. */
  readonly status: Status;
  /** Why, where it has not passed. */
  readonly reason?: string;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** What it read. */
  readonly readings: readonly Reading[];
}

/** A GPU and what drives it. */
export interface DeviceInfo {
  /** The GPU's name. */
  readonly name: string;
  /** The library's words on the device. */
  readonly description: string;
  /** Whether it is the emulation on the CPU, whose times mean nothing. */
  readonly emulated: boolean;
  /** The CUDA version that the driver supports, such as `"13.0"`. */
  readonly driverCuda: string;
  /** The CUDA version that the library was built with. */
  readonly runtimeCuda: string;
}

/** Everything that one run of the check found. */
export interface GpuResult {
  /** When it began. */
  readonly date: string;
  /** This project's version and commit. */
  readonly version: string;
  /** Whether everything was made tiny, to see that the program works: then no number means anything. */
  readonly quick: boolean;
  /** The data set that was trained on. */
  readonly data: string;
  /** The GPU, once it has been opened. */
  readonly device?: DeviceInfo;
  /** What nvidia-smi said of driver and clocks, at the start and at the end. */
  readonly clocks: { readonly start?: string; readonly end?: string };
  /** The stages, in the order in which they ran. */
  readonly stages: readonly StageResult[];
}

/**
 * The names of the stages that had to pass and did not. One that was skipped or ran out of time has shown nothing, and
 * counts like one that failed; one that this run did not need does not count.
 */
export function notPassed({ stages }: GpuResult): string[] {
  const isProven = ({ required, status }: StageResult) =>
    !required || status === "passed" || status === "not needed";
  return stages.filter((stage) => !isProven(stage)).map(({ name }) => name);
}

/** All readings of a result. */
export function readingsOf({ stages }: GpuResult): Reading[] {
  return stages.flatMap(({ readings }) => readings);
}

/** A number with three digits, or all of a whole one. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(3));
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(rounded);
}

/** A reading in words: its value, and for a step of a peer how many times longer it takes than ours. */
function valueText({ name, value, unit }: Reading, readings: readonly Reading[]): string {
  const ours = readings.filter((other) => other.unit === STEP && other.name.startsWith(OURS));
  const text = `${shown(value)} ${unit}`;
  if (unit !== STEP || name.startsWith(OURS) || ours.length === 0) return text;
  return `${text}, ${shown(value / Math.min(...ours.map(({ value }) => value)))} times ours`;
}

/** The short table: a line for each reading, then those for the stages that did not pass. */
export function textTable(result: GpuResult): string[] {
  const readings = readingsOf(result), width = Math.max(0, ...readings.map(({ name }) => name.length));
  const lines = readings.map((reading) => {
    const { name, note } = reading, line = `${name.padEnd(width)}  ${valueText(reading, readings)}`;
    return note === undefined ? line : `${line}  (${note})`;
  });
  for (const { name, status, reason } of result.stages) {
    if (status !== "passed") lines.push(`${status}: ${name}${reason === undefined ? "" : `: ${reason}`}`);
  }
  const passed = result.stages.filter(({ status }) => status === "passed").length;
  return [...lines, `${passed} of ${result.stages.length} stages passed`];
}

/** The readings as a table in Markdown, under a line that says where they were taken. */
export function markdownTable(result: GpuResult): string {
  const { device, clocks, date, version, quick } = result;
  if (device === undefined || device.emulated || quick) {
    throw new TypeError(
      "A table for readers needs a full run on a GPU, found an emulated, quick or failed one",
    );
  }
  const driver = clocks.start?.split(",")[1]?.trim();
  const where = [
    device.name,
    driver && `driver ${driver}`,
    `CUDA ${device.runtimeCuda}`,
    `mlpcuda ${version}`,
    date.slice(0, 10),
  ];
  const readings = readingsOf(result);
  const rows = readings.map((reading) => [reading.name, valueText(reading, readings)]);
  const width = Math.max(...rows.map(([name]) => name.length)),
    second = Math.max(...rows.map(([, value]) => value.length));
  const line = (name: string, value: string) => `| ${name.padEnd(width)} | ${value.padStart(second)} |`;
  return [
    `${where.filter(Boolean).join(", ")}:`,
    "",
    line("", ""),
    `| ${"-".repeat(width)} | ${"-".repeat(second - 1)}: |`,
    ...rows.map(([name, value]) => line(name, value)),
  ].join("\n");
}
