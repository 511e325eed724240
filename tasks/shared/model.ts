/** The saved network that a task uses. @module */
import { loadModel as loadAnyModel } from "../../src/import/import.ts";
import type { Mlp } from "../../src/mlp.ts";
import { noteText } from "./data_options.ts";
import { isThere } from "./kept_files.ts";
import { parseNormalization } from "./normalize.ts";
import { layersOf } from "./training.ts";
import { DEFAULT_MODEL } from "./options.ts";
import { unlessAborted } from "../terminal/interrupt.ts";
import { projectPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/**
 * Loads the model that `--model` names, or the default one. It may be a file of another program; the screen then shows what the
 * file does not tell.
 *
 * @param options `otherwise` is the other advice of the hint if there is no model; `layers` and `normalize` are the texts of these
 * options; with `isStart`, the last layer of `layers` may have another width, because training can replace it
 */
export async function loadModel(
  named: string | undefined,
  {
    signal,
    program,
    screen,
    layers,
    normalize,
    trustSizes,
    isStart = false,
    otherwise = "name one with --model",
  }: {
    readonly signal: AbortSignal;
    readonly program: string;
    readonly screen?: Screen;
    readonly layers?: string;
    readonly normalize?: string;
    readonly trustSizes?: boolean;
    readonly isStart?: boolean;
    readonly otherwise?: string;
  },
): Promise<Mlp> {
  const path = userPath(named ?? DEFAULT_MODEL);
  const wanted = layers === undefined ? undefined : layersOf(layers);
  const options = {
    ...isStart ? { activations: wanted?.map(({ activation }) => activation) } : { layers: wanted },
    normalize: normalize === undefined ? undefined : parseNormalization(normalize),
    trustSizes,
  };
  try {
    const { mlp, notes } = await unlessAborted(signal, loadAnyModel(path, options));
    for (const note of notes) screen?.note(`model    ${noteText(note)}`);
    return mlp;
  } catch (error) {
    const other = projectPath(DEFAULT_MODEL);
    const isElsewhere = named === undefined && await isThere(other);
    const ENOENT = isElsewhere
      ? `there is one in another folder: --model ${other}`
      : `run \`${program} train\` to make a model, or ${otherwise}`;
    throw fileError("Cannot load", path, error, { ENOENT });
  }
}
