/** The type of a stage of the check of a GPU. @module */
import type { RunOptions } from "../run.ts";
import type { Reading } from "./reading.ts";
import type { DeviceInfo } from "./result.ts";

/** The settings that all stages share. */
export interface Setting {
  /** True for tiny sizes. */
  readonly quick: boolean;
  /** The library to check. */
  readonly library: string;
  /** True if the user named the library; then the check does not build one. */
  readonly isGiven: boolean;
  /** The path of the data set, an `.npz`. */
  readonly data: string;
  /** The number of training rows. */
  readonly rows: number;
  /** True if the data set is MNIST. */
  readonly isMnist: boolean;
  /** The Python of the peers. */
  readonly python: string | undefined;
}

/** The result of a stage's work. */
export interface Found {
  /** Its measurements. */
  readonly readings: readonly Reading[];
  /** The GPU, if the stage opened it. */
  readonly device?: DeviceInfo;
  /** The measurements that were not possible on this GPU, each with the reason. */
  readonly reason?: string;
}

/** A stage. */
export interface Stage {
  /** The stage's name. */
  readonly name: string;
  /** True if the whole check fails unless this stage passes. */
  readonly required: boolean;
  /** True if the stage needs the GPU. */
  readonly needsDevice: boolean;
  /** The time limit in seconds. */
  readonly limit: number;
  /** Returns why this run does not need the stage, though it is required; `undefined` if it does. */
  readonly excuse?: (
    setting: Setting,
    device: DeviceInfo | undefined,
  ) => string | undefined | Promise<string | undefined>;
  /** Returns why this machine cannot run the stage; `undefined` if it can. */
  readonly obstacle?: (setting: Setting, device: DeviceInfo | undefined) => Promise<string | undefined>;
  /** Runs the stage. */
  readonly work: (setting: Setting, options: RunOptions, device: DeviceInfo | undefined) => Promise<Found>;
}

/** The result of a stage that measures nothing. */
export const NOTHING: Found = { readings: [] };
