/** The numbers of docs/backprop.md as text. @module */
import {
  ADAM,
  INPUT,
  LABEL,
  type ParameterName,
  PARAMETERS,
  passes,
  SGD,
  slopes,
  type Tensor,
  updateBy,
} from "./example.ts";

/** A line of a block: a name, its formula, and its numbers. */
interface Line {
  readonly name: string;
  readonly formula: string;
  readonly tensor: Tensor;
  /** Digits after the point; 8 if absent. */
  readonly digits?: number;
}

const NAMES = Object.keys(PARAMETERS) as ParameterName[];

/** The shapes of the parameters. */
const SHAPES: Readonly<Record<ParameterName, readonly number[]>> = {
  W1: [3, 2],
  b1: [3],
  W2: [2, 3],
  b2: [2],
};

/** Returns the constants of the example as TypeScript. */
export function given(): string {
  const matrix = (name: ParameterName) =>
    JSON.stringify(rowsOf({ shape: SHAPES[name], values: PARAMETERS[name] }));
  const rows = (name: ParameterName) => matrix(name).replaceAll(",", ", ");
  return [
    `const x = [[${INPUT.join(", ")}]]; // [B, I] = [1, 2]`,
    `const labels = [${LABEL}]; // [B]: class ${LABEL} of the classes 0 and 1`,
    `const W1 = ${rows("W1")}; // [3, 2], one row for each output`,
    `const b1 = ${rows("b1").slice(1, -1)}; // [3]`,
    `const W2 = ${rows("W2")}; // [2, 3]`,
    `const b2 = ${rows("b2").slice(1, -1)}; // [2]`,
    `const sgd = { learningRate: ${SGD.learningRate} };`,
    `const adam = { learningRate: ${ADAM.learningRate}, beta1: ${ADAM.beta1}, beta2: ${ADAM.beta2}, epsilon: ${ADAM.epsilon} };`,
  ].join("\n");
}

/** Returns the numbers of the forward pass. */
export function forward(): string {
  const found = passes();
  return block([
    { name: "x", formula: "the row", tensor: found.x },
    { name: "z1", formula: "x W1ᵀ + b1", tensor: found.z1 },
    { name: "y1", formula: "relu(z1)", tensor: found.y1 },
    { name: "y2", formula: "y1 W2ᵀ + b2", tensor: found.y2 },
    { name: "p", formula: "softmax(y2)", tensor: found.p },
    { name: "loss", formula: `-log p[${LABEL}]`, tensor: found.loss },
  ]);
}

/** Returns the numbers of the backward pass. */
export function backward(): string {
  const found = passes();
  return block([
    { name: "dZ2", formula: "p - onehot(label)", tensor: found.dZ2 },
    { name: "dY1", formula: "dZ2 W2", tensor: found.dY1 },
    { name: "dZ1", formula: "dY1 ∘ relu'(y1)", tensor: found.dZ1 },
    { name: "dW2", formula: "dZ2ᵀ y1", tensor: found.dW2 },
    { name: "db2", formula: "Σ dZ2", tensor: found.db2 },
    { name: "dW1", formula: "dZ1ᵀ x", tensor: found.dW1 },
    { name: "db1", formula: "Σ dZ1", tensor: found.db1 },
  ]);
}

/** Returns the numbers of a step of SGD. */
export function sgd(): string {
  const { parameters, loss } = updateBy(SGD);
  return block([
    ...NAMES.map((name) => ({
      name,
      formula: `${name} - ${SGD.learningRate} d${name}`,
      tensor: { shape: SHAPES[name], values: parameters[name] },
    })),
    { name: "loss", formula: "with the new parameters", tensor: { shape: [], values: [loss] } },
  ]);
}

/** Returns the numbers of a step of Adam. */
export function adam(): string {
  const { parameters, states, loss } = updateBy(ADAM), { beta1, beta2 } = ADAM;
  const lines = (
    title: string,
    values: (name: ParameterName) => readonly number[],
    formula: string,
    digits = 8,
  ) =>
    NAMES.map((name): Line => ({
      name: title === "" ? name : `${title} of ${name}`,
      formula: formula.replaceAll("#", name),
      tensor: { shape: SHAPES[name], values: values(name) },
      digits,
    }));
  return block([
    ...lines("m", (name) => states.m[name], "0.1 d#"),
    ...lines("v", (name) => states.v[name], "0.001 d# ∘ d#", 12),
    ...lines("m̂", (name) => states.m[name].map((m) => m / (1 - beta1)), "m / (1 - 0.9)"),
    ...lines("v̂", (name) => states.v[name].map((v) => v / (1 - beta2)), "v / (1 - 0.999)"),
    ...lines("", (name) => parameters[name], `# - ${ADAM.learningRate} m̂ / (√v̂ + 1e-8)`),
    { name: "loss", formula: "with the new parameters", tensor: { shape: [], values: [loss] } },
  ]);
}

/** Returns the rows of the table of the gradient check, the heading first. */
export function checkRows(): string[][] {
  return [
    ["parameter", "backpropagation", "central difference"],
    ...slopes().map(({ name, backprop, difference }) => [`\`${name}\``, fixed(backprop), fixed(difference)]),
  ];
}

/** Returns lines of names, shapes, formulas and numbers in columns; each row of a matrix has its own line. */
function block(lines: readonly Line[]): string {
  const cells = lines.flatMap(({ name, formula, tensor, digits }) =>
    rowsOf(tensor).map((row, at) => {
      const shape = tensor.shape.length === 0 ? "" : `[${tensor.shape.join(", ")}]`;
      const left = at === 0 ? [name, shape, formula] : ["", "", ""];
      return [...left, row.map((value) => fixed(value, digits).padStart((digits ?? 8) + 4)).join(" ")];
    })
  );
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => widthOf(row[column]))));
  const pad = (cell: string, column: number) =>
    cell + " ".repeat((widths[column] ?? 0) && widths[column] - widthOf(cell));
  return cells.map((row) =>
    row.map((cell, column) => column < 3 ? pad(cell, column) : cell).join("  ").trimEnd()
  )
    .join("\n");
}

/** Returns the width of a text, in which an accent above a letter has none. */
function widthOf(text: string): number {
  return text.replaceAll("\u0302", "").length;
}

function rowsOf({ shape, values }: Tensor): number[][] {
  const columns = shape.at(-1) ?? 1;
  return Array.from(
    { length: values.length / columns },
    (_, row) => values.slice(columns * row, columns * (row + 1)),
  );
}

/** Formats a number; -0 is 0. */
function fixed(value: number, digits = 8): string {
  return (value + 0).toFixed(digits);
}
