/** The members of a sweep: the settings of the command line, and what the data set decides. @module */
import { countOf, type DatasetPair } from "../../src/data/dataset.ts";
import { formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import type { OptionValue } from "../../src/plan/option.ts";
import { checkMembers } from "../../src/sweep/checks.ts";
import { gridMembers, type GridOptions, type SweepGrid } from "../../src/sweep/grid.ts";
import type { SweepMember } from "../../src/sweep/member.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { dataNotes } from "../shared/run_notes.ts";
import { checkRun, chooseRun } from "../shared/run_choice.ts";
import { configOf, layersOf, withFlag } from "../shared/training.ts";
import { TaskError, UsageError } from "../terminal/errors.ts";

/** The values of each setting that was given, by name. */
export type Axes = Readonly<Record<string, readonly OptionValue[]>>;

/** A network to train, with the settings that tell it from others. */
export interface PlannedMember extends SweepMember {
  /** The settings as they are shown: the layers as a text, and numbers. */
  readonly settings: Readonly<Record<string, OptionValue>>;
}

/** A sweep that is about to start. */
export interface SweepPlan {
  /** The settings with their values; of those that were not given, only the validation split may be here. */
  readonly axes: Axes;
  /** All members. */
  readonly members: readonly PlannedMember[];
  /** Lines that tell what was decided. */
  readonly notes: readonly string[];
  /** True if the validation split was not given. */
  readonly splits: boolean;
}

/** The settings that every row of results has. */
const ALWAYS = ["layers", "seed", "learningRate", "batchSize", "epochs", "optimizer", "loss"] as const;

/** The share of the rows for validation if none is given, and that of a small set. */
const SPLIT = 0.1, SMALL_SPLIT = 0.25, SMALL = 5000;

/** Parses the value of `--layers`: networks separated by `|`. */
export function networksOf(text: string): string[] {
  const networks = text.split("|").map((network) => formatLayers(layersOf(network.trim())));
  const again = networks.find((network, at) => networks.indexOf(network) !== at);
  if (again === undefined) return networks;
  throw new UsageError(`--layers has the network ${again} twice, needs each once`);
}

/**
 * Plans a sweep on a data set.
 *
 * @throws {UsageError} if settings exclude each other, or if no rows are left to rank networks by
 * @throws {TaskError} if a network and a loss do not fit the data
 */
export function planSweep(given: Axes, { train, validation }: DatasetPair, options: GridOptions): SweepPlan {
  const { axes, splits, notes } = withValidation(given, train.source, {
    rows: countOf(train),
    hasValidation: validation !== undefined,
  });
  const { layers = [""], ...config } = axes;
  const parsed = new Map(layers.map((text) => [text, text === "" ? [] : layersOf(String(text))]));
  const grid = { ...config, layers: [...parsed.values()] } as unknown as SweepGrid;
  const choose = chooser(train, notes);
  const members = membersOf(grid, options).map(({ layers, config }, index) => {
    try {
      configOf(config);
      const chosen = choose(layers, config), resolved = resolveConfig(chosen.config);
      const names = new Set<string>([...ALWAYS, ...Object.keys(axes)]);
      const values = { ...resolved, layers: formatLayers(chosen.layers) } as Record<string, OptionValue>;
      const settings = Object.fromEntries([...names].map((name) => [name, values[name]]));
      return { ...chosen, settings };
    } catch (error) {
      if (error instanceof RangeError) { // settings that exclude each other with the loss that was chosen
        throw new TaskError(`Network ${index + 1}: ${withFlag(error.message)}`, { cause: error });
      }
      if (!(error instanceof TaskError)) throw error;
      const kind = error instanceof UsageError ? UsageError : TaskError;
      throw new kind(`Network ${index + 1}: ${error.message}`, { hint: error.hint, cause: error });
    }
  });
  const [first] = members; // the scalings of the others differ by their validation rows only
  const told = dataNotes(first, train, resolveConfig(first.config), validation);
  try {
    checkMembers(members, { train, validation });
  } catch (error) {
    throw ofNetwork(error, (member) => member);
  }
  return { axes, members, notes: [...notes, ...told], splits };
}

/**
 * Returns an error about a member with its number in the plan, from 1; other errors unchanged.
 *
 * @param indexOf returns the index in the plan of the member with the index in the message
 */
export function ofNetwork(error: unknown, indexOf: (member: number) => number): unknown {
  if (!(error instanceof RangeError || error instanceof TypeError)) return error;
  const [, member, rest] = /^Member (\d+): ([^]*)$/.exec(error.message) ?? [];
  if (member === undefined) return error;
  return new TaskError(`Network ${indexOf(Number(member)) + 1}: ${withFlag(rest)}`, { cause: error });
}

function membersOf(grid: SweepGrid, options: GridOptions): SweepMember[] {
  try {
    return gridMembers(grid, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message, { hint: "--random N trains N of the combinations" });
  }
}

/** Returns the settings with a validation split, if the data has no validation set and none was given. */
function withValidation(
  given: Axes,
  source: string,
  { rows, hasValidation }: { readonly rows: number; readonly hasValidation: boolean },
): { readonly axes: Axes; readonly splits: boolean; readonly notes: string[] } {
  const shares = given.validationSplit;
  if (hasValidation) {
    if (shares?.some((share) => share !== 0)) {
      throw new UsageError(`--validation-split needs data without a validation set, ${source} has one`);
    }
    return { axes: given, splits: false, notes: ["ranking  networks are ranked by the validation set"] };
  }
  if (shares?.includes(0)) {
    throw new UsageError(
      "--validation-split 0 leaves no rows to rank networks by, and the data has no validation set",
    );
  }
  if (shares) {
    return {
      axes: given,
      splits: false,
      notes: ["ranking  networks are ranked by the rows of --validation-split"],
    };
  }
  const share = rows < SMALL ? SMALL_SPLIT : SPLIT;
  const note =
    "ranking  the data has no validation set: networks are ranked by a share of the training rows, " +
    `--validation-split ${share}, which each seed draws anew; the test set never ranks`;
  return { axes: { ...given, validationSplit: [share] }, splits: true, notes: [note] };
}

/** Returns a function that chooses the layers and the loss that were not given, and checks that they fit the data. */
function chooser(train: DatasetPair["train"], notes: string[]) {
  const chosen = new Map<
    string,
    { readonly layers: readonly LayerSpec[]; readonly loss: TrainConfig["loss"] }
  >();
  return (layers: readonly LayerSpec[], config: Partial<TrainConfig>): SweepMember => {
    const key = JSON.stringify([layers, config.loss, config.outliers]);
    let found = chosen.get(key);
    if (!found) {
      const run = chooseRun(train, { layers: layers.length > 0 ? layers : undefined, config });
      found = { layers: run.mlp.layers, loss: run.config.loss! };
      checkRun(run.mlp, train, found.loss);
      for (const note of run.notes) if (!notes.includes(note)) notes.push(note);
      chosen.set(key, found);
    }
    return { layers: found.layers, config: { ...config, loss: found.loss } };
  };
}
