/** The stages that run the programs of `cuda/bench`. @module */
import { projectPath } from "../../tasks/terminal/paths.ts";
import { type RunOptions, runToEnd } from "../run.ts";
import { parseInstrument, type Printed, readingsOf } from "./instruments.ts";
import { modelArguments, NO_PREDICTIONS, type Predictions, withPrinted } from "./predictions.ts";
import type { Found, Stage } from "./stage.ts";

/** The programs of `cuda/bench`. */
export const BENCHES = ["constants", "phases", "kernels"] as const;

/** A network for which the model is asked for its constants, if no network was measured. */
const ANY_NETWORK = "784-128-64-10, batch 128";

/** Returns whether a file in the project exists. */
export async function wasBuilt(path: string): Promise<boolean> {
  try {
    await Deno.stat(projectPath(path));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** Returns the path of a program, which is built for GPUs or for the emulated device. */
function programOf(bench: typeof BENCHES[number], { emulated = false }: { emulated?: boolean } = {}): string {
  return `cuda/build/${emulated ? "emulated" : "gpu"}/bench/${bench}`;
}

/** Returns the stage that runs a program. On the emulated device it only checks that the output is complete. */
export function instrument(name: string, bench: typeof BENCHES[number]): Stage {
  return {
    name,
    required: true,
    needsDevice: true,
    limit: 45,
    async excuse(_, device) {
      if (!device?.emulated || await wasBuilt(programOf(bench, device))) return undefined;
      return "the device is emulated, and `make -C cuda bench-emulated` has not built this program";
    },
    async obstacle(_, device) {
      const program = programOf(bench, device);
      return await wasBuilt(program) ? undefined : `${program} was not built`;
    },
    async work({ quick }, options, device) {
      const command = [projectPath(programOf(bench, device)), "--json", ...quick ? ["--quick"] : []];
      const printed = parseInstrument((await runToEnd(command, options)).stdout);
      return foundIn(printed, printed.emulated ? NO_PREDICTIONS : await predict(printed, options));
    },
  };
}

/** The program of the model, which runs on the processor. */
export const MODEL = "cuda/build/model";

/** Returns the predictions for the networks of measurements; `undefined` if there is no model. */
async function predict({ gpu, measured }: Printed, options: RunOptions): Promise<Predictions | undefined> {
  if (!await wasBuilt(MODEL)) return undefined;
  let predictions = NO_PREDICTIONS;
  // The constants do not depend on the network.
  const networks = new Set(measured.map(({ network }) => network ?? ANY_NETWORK));
  for (const network of networks) {
    const { stdout } = await runToEnd([projectPath(MODEL), ...modelArguments(gpu, network)], options);
    predictions = withPrinted(stdout, network, predictions);
  }
  return predictions;
}

/**
 * Returns what a program has measured, with predictions if there are some. The numbers of the emulated device are left
 * out, because they mean nothing.
 */
export function foundIn(
  { emulated, measured, skipped }: Printed,
  predictions: Predictions | undefined,
): Found {
  if (emulated) {
    return { readings: [], reason: `${measured.length} measurements, whose times the emulation has made up` };
  }
  const readings = readingsOf(measured, predictions ?? NO_PREDICTIONS);
  const reasons = [
    ...skipped,
    ...predictions === undefined ? [`no predictions: ${MODEL} was not built`] : [],
  ];
  return { readings, ...reasons.length > 0 && { reason: reasons.join("; ") } };
}
