/** The result of a check of a GPU, and the tables that show it. @module */
import { type Reading, shown } from "./reading.ts";
import { isInstrument, markdownSides, textSides } from "./side_by_side.ts";

/** The unit of the times that are compared with the peers, and the prefix of the names of mlpcuda's own readings. */
export const STEP = "µs a step", OURS = "784-128-64-10, batch 128, ";

/** The status of a stage. */
export type Status = "passed" | "failed" | "skipped" | "out of time" | "not needed";

/** The result of a stage of the check. */
export interface StageResult {
  /** The stage's name. */
  readonly name: string;
  /** True if the whole check fails unless this stage passes. */
  readonly required: boolean;
  /** The stage's status. */
  readonly status: Status;
  /** The reason why it has not passed, or what it could not measure. */
  readonly reason?: string;
  /** Its duration in seconds. */
  readonly seconds: number;
  /** Its measurements. */
  readonly readings: readonly Reading[];
}

/** A GPU, and the versions of its driver and of the CUDA library. */
export interface DeviceInfo {
  /** The GPU's name. */
  readonly name: string;
  /** The library's description of the device. */
  readonly description: string;
  /** True for the emulation on the CPU, whose times mean nothing. */
  readonly emulated: boolean;
  /** The CUDA version that the driver supports, such as `"13.0"`. */
  readonly driverCuda: string;
  /** The CUDA version that the library was built with. */
  readonly runtimeCuda: string;
}

/** The results of one run of the check. */
export interface GpuResult {
  /** The date of the run. */
  readonly date: string;
  /** This project's version and commit. */
  readonly version: string;
  /** True if the sizes were tiny, to test the program; then no number means anything. */
  readonly quick: boolean;
  /** The name of the data set that was trained on. */
  readonly data: string;
  /** The GPU, after it was opened. */
  readonly device?: DeviceInfo;
  /** The driver and clocks that nvidia-smi reported, at the start and at the end. */
  readonly clocks: { readonly start?: string; readonly end?: string };
  /** The stages, in the order in which they ran. */
  readonly stages: readonly StageResult[];
}

/**
 * Returns the names of the required stages that did not pass. A stage that was skipped or ran out of time counts like
 * a failed one; a stage that this run did not need does not count.
 */
export function notPassed({ stages }: GpuResult): string[] {
  const isProven = ({ required, status }: StageResult) =>
    !required || status === "passed" || status === "not needed";
  return stages.filter((stage) => !isProven(stage)).map(({ name }) => name);
}

/** Returns all readings of a result. */
export function readingsOf({ stages }: GpuResult): Reading[] {
  return stages.flatMap(({ readings }) => readings);
}

/** Formats a reading: its value, and for a step of a peer also its multiple of mlpcuda's time. */
function valueText({ name, value, unit }: Reading, readings: readonly Reading[]): string {
  const ours = readings.filter((other) => other.unit === STEP && other.name.startsWith(OURS));
  const text = `${shown(value)} ${unit}`;
  if (unit !== STEP || name.startsWith(OURS) || ours.length === 0) return text;
  return `${text}, ${shown(value / Math.min(...ours.map(({ value }) => value)))} times ours`;
}

/**
 * Returns the table: the readings of instruments side by side with floors and predictions, a line for each other
 * reading, then one for each stage that did not pass or has something to say.
 */
export function textTable(result: GpuResult): string[] {
  const all = readingsOf(result), readings = all.filter((reading) => !isInstrument(reading));
  const width = Math.max(0, ...readings.map(({ name }) => name.length));
  const others = readings.map((reading) => {
    const { name, note } = reading, line = `${name.padEnd(width)}  ${valueText(reading, readings)}`;
    return note === undefined ? line : `${line}  (${note})`;
  });
  const lines = [...textSides(all), ...others];
  for (const { name, status, reason } of result.stages) {
    if (status !== "passed" || reason !== undefined) {
      lines.push(`${status}: ${name}${reason === undefined ? "" : `: ${reason}`}`);
    }
  }
  const passed = result.stages.filter(({ status }) => status === "passed").length;
  return [...lines, `${passed} of ${result.stages.length} stages passed`];
}

/**
 * Returns the readings as a table in Markdown, below a line with the GPU, the versions and the date; and below it those
 * of the instruments, with floors and predictions, as a second table.
 */
export function markdownTable(result: GpuResult): string {
  const { device, clocks, date, version, quick } = result;
  if (device === undefined || device.emulated || quick) {
    throw new TypeError(
      "A table needs a full run on a GPU, found an emulated, quick or failed one",
    );
  }
  const driver = clocks.start?.split(",")[1]?.trim();
  const source = [
    device.name,
    driver && `driver ${driver}`,
    `CUDA ${device.runtimeCuda}`,
    `mlpcuda ${version}`,
    date.slice(0, 10),
  ];
  const all = readingsOf(result), readings = all.filter((reading) => !isInstrument(reading));
  const rows = readings.map((reading) => [reading.name, valueText(reading, readings)]);
  const width = Math.max(...rows.map(([name]) => name.length)),
    second = Math.max(...rows.map(([, value]) => value.length));
  const line = (name: string, value: string) => `| ${name.padEnd(width)} | ${value.padStart(second)} |`;
  return [
    `${source.filter(Boolean).join(", ")}:`,
    "",
    line("", ""),
    `| ${"-".repeat(width)} | ${"-".repeat(second - 1)}: |`,
    ...rows.map(([name, value]) => line(name, value)),
    ...markdownSides(all),
  ].join("\n");
}
