/** Runs some of the trials of `deno task test:kills`, which runs hundreds. */
import { assert } from "@std/assert";
import { isGranted } from "../support/permissions.ts";
import { NEEDS } from "../tasks/support.ts";
import { canMount, type Course, type Disturbance, prepareCourse, runTrial } from "./trial.ts";

const isPossible = isGranted({ name: "read" }, { name: "write" }, { name: "run" }) &&
  Deno.build.os !== "windows";
const mounts = isPossible && await canMount();

/** The moments, as shares of the time that a run takes. */
const TRIALS: [disturbance: Disturbance, moments: readonly number[]][] = [
  ["SIGKILL", [0.35, 0.5, 0.6, 0.7, 0.8, 0.9]],
  ["SIGTERM", [0.4, 0.7]],
  ["SIGHUP", [0.5, 0.8]],
  ["full disk", [0.3, 0.6]],
];

let course: Promise<Course> | undefined;

for (const [disturbance, moments] of TRIALS) {
  const needsRoot = disturbance === "full disk";
  Deno.test({
    name: `train --checkpoint loses no work, at any moment of: ${disturbance} ${
      needsRoot ? `${NEEDS}, as root` : NEEDS
    }`,
    ignore: !isPossible || (needsRoot && !mounts),
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      course ??= prepareCourse();
      for (const at of moments) assert(await runTrial(await course, { disturbance, at }));
    },
  });
}
