/** The saved network that a task uses. @module */
import { loadModel as loadAnyModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import type { LayerSpec } from "../../src/plan/layers.ts";
import { noteText } from "./data_options.ts";
import { isThere } from "./kept_files.ts";
import { type DataNote, inputSpecOf } from "../../src/data/dataset.ts";
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
 * @param options `otherwise` is the other advice of the hint if there is no model; `layers` is the text of `--layers`; `isStart`
 * is true for a network to train further, whose last layer may be another in `layers`
 */
export async function loadModel(
  named: string | undefined,
  { signal, program, screen, layers, isStart = false, otherwise = "name one with --model" }: {
    readonly signal: AbortSignal;
    readonly program: string;
    readonly screen?: Screen;
    readonly layers?: string;
    readonly isStart?: boolean;
    readonly otherwise?: string;
  },
): Promise<Mlp> {
  const path = userPath(named ?? DEFAULT_MODEL);
  const given = layers === undefined ? undefined : layersOf(layers);
  try {
    const options = given && !isStart ? { layers: given } : {};
    const { mlp, notes } = await unlessAborted(signal, loadAnyModel(path, options));
    const isGiven = ({ option }: DataNote) => option?.name === "layers" && given !== undefined;
    for (const note of notes) if (!isGiven(note)) screen?.note(`model    ${noteText(note)}`);
    return given && notes.some(isGiven) ? withActivations(mlp, given) : mlp;
  } catch (error) {
    const other = projectPath(DEFAULT_MODEL);
    const isElsewhere = named === undefined && await isThere(other);
    const ENOENT = isElsewhere
      ? `there is one in another folder: --model ${other}`
      : `run \`${program} train\` to make a model, or ${otherwise}`;
    throw fileError("Cannot load", path, error, { ENOENT });
  }
}

/** Returns a network with the activations of other layers, as far as these have the same widths. */
function withActivations(mlp: Mlp, given: readonly LayerSpec[]): Mlp {
  const layers = mlp.layers.map((layer, i) => given[i]?.outFeatures === layer.outFeatures ? given[i] : layer);
  const { inputScale, parameters } = mlp;
  return new Mlp({ ...inputSpecOf(mlp), inputScale, layers, parameters });
}
