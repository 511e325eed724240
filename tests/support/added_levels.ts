/** The levels of the conformance cases that each later entry of a table adds. @module */
import { type ActivationName, ACTIVATIONS } from "../../src/plan/activations.ts";
import { LOSSES, type LossName } from "../../src/plan/losses.ts";
import { type OptimizerName, OPTIMIZERS } from "../../src/plan/optimizers.ts";
import { addedLevels, FIRST, type Levels, type OutputLevel, OUTPUTS, withParts } from "./levels.ts";

/** An entry of a table that the first cases do not have. */
interface Added {
  readonly table: "activations" | "losses" | "optimizers";
  readonly name: string;
  /** Returns these levels with the entry in its factor, for row `row` of the cases that it adds. */
  in(levels: Levels, row: number): Levels;
  /** Levels of further cases. */
  readonly more: readonly Levels[];
  /** The row of `addedLevels` whose levels are combined with the earlier entries of other tables. */
  readonly meetingRow: number;
}

const ADDED: readonly Added[] = [
  ...ACTIVATIONS.map(addedActivation),
  ...(Object.keys(LOSSES) as LossName[]).map(addedLoss),
  ...(Object.keys(OPTIMIZERS) as OptimizerName[]).map(addedOptimizer),
].filter(({ table, name }) => !(FIRST[table] as readonly string[]).includes(name));

/** Returns cases with an activation in hidden layers, before each other activation in turn, and in the last layer. */
function addedActivation(name: ActivationName): Added {
  const earlier = ACTIVATIONS.slice(0, ACTIVATIONS.indexOf(name));
  const second = (row: number) => row === 10 ? [] : [[name, ...earlier][row % (1 + earlier.length)]];
  const outputOf = (output: ActivationName): OutputLevel =>
    OUTPUTS.findLast((level) => level.output === output && level.loss === "cross-entropy") ??
      OUTPUTS.find((level) => level.output === output) ?? { output, loss: "mean-squared-error" };
  return {
    table: "activations",
    name,
    in: (levels, row) => ({
      ...levels,
      activations: [name, ...second(row)],
      output: { output: name, loss: "mean-squared-error", ...row % 2 === 1 && { targets: true } },
    }),
    more: earlier.map((output, row) => ({
      ...addedLevels(row),
      activations: [name],
      output: outputOf(output),
    })),
    meetingRow: 4,
  };
}

/** Returns cases with a loss after each output that it accepts. */
function addedLoss(loss: LossName): Added {
  const { labels, targets, outputs } = LOSSES[loss], firsts: readonly ActivationName[] = FIRST.activations;
  const first = outputs.filter((output) => firsts.includes(output)),
    taken = first.length > 0 ? first : outputs;
  const outputIn = ({ output: { output } }: Levels, row: number) =>
    !firsts.includes(output) && outputs.includes(output) ? output : taken[row % taken.length];
  const hasTargets = (row: number) => targets && (row % 2 === 1 || !labels);
  return {
    table: "losses",
    name: loss,
    in: (levels, row) => ({
      ...levels,
      output: { output: outputIn(levels, row), loss, ...hasTargets(row) && { targets: true } },
    }),
    more: [],
    meetingRow: 4,
  };
}

/** Returns cases with an optimizer's defaults, but a learning rate and an epsilon for a few steps, as for adam in levels.ts. */
function addedOptimizer(optimizer: OptimizerName): Added {
  return {
    table: "optimizers",
    name: optimizer,
    in: (levels) => ({ ...levels, optimizer: { optimizer, learningRate: 0.01, epsilon: 0.01 } }),
    more: [],
    meetingRow: 0, // has few parameters, so that few directions of lion are near 0
  };
}

/** The rows of {@linkcode addedLevels} that are combined with parts. They are small, and the last two have labels. */
const ROWS_WITH_PARTS = [1, 3, 0, 4];

/** Returns cases of cross-entropy with rows of probabilities. */
function softLevels(): (readonly [id: string, levels: Levels])[] {
  const soft = (levels: Levels, row: number): Levels => ({
    ...levels,
    output: {
      output: row % 2 === 0 ? "softmax" : "linear",
      loss: "cross-entropy",
      targets: true,
      ...row % 3 === 0 && { smoothing: 0.1 },
    },
  });
  return [
    ...Array.from({ length: 12 }, (_, row) => [`probabilities ${row}`, soft(addedLevels(row), row)] as const),
    ...ROWS_WITH_PARTS.map((row, number) =>
      [
        `probabilities with parts ${number}`,
        withParts(soft(addedLevels(row), number), (part) => (number + (part === 3 ? 0 : part)) % 4),
      ] as const
    ),
  ];
}

/**
 * Returns the levels of each case that the entries after `FIRST` add, with the case's name, and last those of cross-entropy with
 * rows of probabilities.
 */
export function levelsOfAdded(): (readonly [id: string, levels: Levels])[] {
  return [...levelsOfEntries(), ...softLevels()];
}

function levelsOfEntries(): (readonly [id: string, levels: Levels])[] {
  return ADDED.flatMap(({ table, name, in: within, more, meetingRow }, index) => {
    const rows = Array.from({ length: 12 }, (_, row) => within(addedLevels(row), row));
    rows[11] = { ...rows[11], activations: [] };
    const others = ADDED.slice(0, index).filter((other) => other.table !== table);
    return [
      ...[...rows, ...more].map((levels, number) => [`${name} ${number}`, levels] as const),
      ...others.map((other) =>
        [
          `${other.name} with ${name}`,
          within(other.in(addedLevels(meetingRow), meetingRow), meetingRow),
        ] as const
      ),
      ...ROWS_WITH_PARTS.map((row, number) =>
        [
          `${name} with parts ${number}`,
          withParts(within(addedLevels(row), row), (part) => (number + (part === 3 ? 0 : part)) % 4),
        ] as const
      ),
    ];
  });
}
