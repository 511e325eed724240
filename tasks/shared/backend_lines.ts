/** Lines that name the backend of a run. @module */
import type { OpenedBackend } from "../../src/backends/open.ts";
import type { Mlp } from "../../src/mlp.ts";
import { shownPath } from "../terminal/paths.ts";

/** A saved network, and the backend that trained it. */
export interface Trained {
  /** The path of its file. */
  readonly path: string;
  /** The name of the backend. */
  readonly backend: string;
}

/** Returns the backend that trained a model; `undefined` if there is no model, or if it does not tell. */
export function trainedOf(path: string, model: Mlp | undefined): Trained | undefined {
  return model?.training && { path, backend: model.training.backend };
}

/** Returns a line for each backend that `auto` passed over because a permission to load its library is missing. */
export function deniedBackendLines({ passedOver }: Pick<OpenedBackend, "passedOver">): string[] {
  return passedOver.filter(({ reason }) => reason.includes("needs the permission --allow-")).map(
    passedOverLine,
  );
}

function passedOverLine({ name, reason }: OpenedBackend["passedOver"][number]): string {
  return `passed over ${name}: ${reason}`;
}

/**
 * Returns lines with the backends that were passed over and the one that was opened. If `auto` opened another one than that
 * which trained `before`, a line tells that the results will have other bits.
 *
 * @param before the model that the run replaces, or the checkpoint that it continues; absent if there is none, or if the
 * backend was requested by name
 */
export function backendLines(
  { name, device, passedOver }: Pick<OpenedBackend, "name" | "device" | "passedOver">,
  before?: Trained,
): string[] {
  return [
    ...passedOver.map(passedOverLine),
    `backend  ${name} on ${device}`,
    ...before === undefined || before.backend === name ? [] : [
      `backend  other than ${before.backend}, which trained ${
        shownPath(before.path)
      }: results have other bits`,
    ],
  ];
}
