/** The saved network that a task uses. @module */
import { Mlp } from "../../src/mlp.ts";
import { isThere } from "./kept_files.ts";
import { DEFAULT_MODEL } from "./options.ts";
import { unlessAborted } from "../terminal/interrupt.ts";
import { projectPath, userPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";

/**
 * Loads the model that `--model` names, or the default one.
 *
 * @param options `otherwise` is the other advice of the hint if there is no model
 */
export async function loadModel(
  named: string | undefined,
  { signal, program, otherwise = "name one with --model" }: {
    readonly signal: AbortSignal;
    readonly program: string;
    readonly otherwise?: string;
  },
): Promise<Mlp> {
  const path = userPath(named ?? DEFAULT_MODEL);
  try {
    return await unlessAborted(signal, Mlp.load(path));
  } catch (error) {
    const other = projectPath(DEFAULT_MODEL);
    const isElsewhere = named === undefined && await isThere(other);
    const ENOENT = isElsewhere
      ? `there is one in another folder: --model ${other}`
      : `run \`${program} train\` to make a model, or ${otherwise}`;
    throw fileError("Cannot load", path, error, { ENOENT });
  }
}
