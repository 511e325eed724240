/** Formatting of a plan as text: one operation a line, with its formula. @module */
import { checkArgument } from "../arguments.ts";
import { PLAN } from "./plan_kind.ts";
import type { ActivationName } from "./activations.ts";
import type { AdamOp, BufferName, DropoutMask, ForwardPlan, LionOp, Op, SgdOp, StepPlan } from "./plan.ts";

/** The letters of a layer's buffers in formulas, by the last part of the buffer's name. */
const SHORT: Readonly<Record<string, string>> = {
  weights: "W",
  bias: "b",
  z: "z",
  y: "y",
  dropped: "d",
  dZ: "dZ",
  dWeights: "dW",
  dBias: "db",
};

/**
 * Returns a plan as text. The first line has its sizes. Each further line is an operation: its number, its kind, the buffers
 * that it writes with their shapes, and its formula. Layer `n` has weights `Wn`, bias `bn` and output `yn`, which is `dn`
 * after dropout. `∘` multiplies element by element, `Σ` adds over the rows of the batch, and `rate` is the learning rate of
 * the step.
 *
 * ```ts
 * import { buildPlan, dense, formatPlan, resolveConfig } from "@mlpcuda/mlpcuda";
 *
 * const input = { inFeatures: 4, inputScale: 1, labels: true, outFeatures: 3 };
 * console.log(formatPlan(buildPlan([dense(8, "relu"), dense(3, "softmax")], resolveConfig(), input)));
 * ```
 */
export function formatPlan(plan: StepPlan | ForwardPlan): string {
  checkArgument("plan", plan, PLAN);
  const shapes = new Map(plan.buffers.map(({ name, shape }) => [name, `[${shape.join(", ")}]`]));
  const rows = plan.ops.map((op, index) => {
    const { writes, formula } = describe(op, plan);
    const written = writes.map((name) => `${shortOf(name)} ${shapes.get(name) ?? "[?]"}`).join(", ");
    return [String(index).padStart(String(plan.ops.length - 1).length), op.op, written, formula];
  });
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column].length));
  const widths = [widthOf(0), widthOf(1), widthOf(2)];
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
  return [sizesOf(plan), ...lines].join("\n");
}

function sizesOf(plan: StepPlan | ForwardPlan): string {
  const { inFeatures, outFeatures, buffers, ops } = plan;
  const numbers = buffers
    .filter(({ role }) => role === "parameter")
    .reduce(
      (sum, { shape }) => sum + shape.reduce<number>((product, length) => product * Number(length), 1),
      0,
    );
  return `${inFeatures} inputs, ${outFeatures} outputs, ${numbers} parameters; ` +
    `batches of B${
      "batchSize" in plan ? ` = ${plan.batchSize}` : ""
    } rows; ${ops.length} operations over ${buffers.length} buffers`;
}

/** Returns the buffers that an operation writes, and its formula. */
function describe(op: Op, plan: StepPlan | ForwardPlan): { writes: readonly BufferName[]; formula: string } {
  const s = shortOf;
  switch (op.op) {
    case "gather": {
      const scaled = op.scale === 1 ? "" : ` · ${numberText(op.scale)}`,
        x = `${s(op.x)} = inputs[rows]${scaled}`;
      if (op.target === undefined) return { writes: [op.x], formula: x };
      const from = "labels" in plan && plan.labels ? "labels" : "targets";
      const formula = `${x}, ${s(op.target)} = ${from}[rows]`;
      if (op.rowWeights === undefined) return { writes: [op.x, op.target], formula };
      return {
        writes: [op.x, op.target, op.rowWeights],
        formula: `${formula}, ${op.rowWeights} = weights[rows]`,
      };
    }
    case "linear": {
      const sum = `${s(op.x)} ${s(op.weights)}ᵀ + ${s(op.bias)}`;
      if (op.z === undefined) {
        return { writes: [op.y], formula: `${s(op.y)} = ${activated(op.activation, sum)}` };
      }
      const formula = `${s(op.z)} = ${sum}, ${s(op.y)} = ${activated(op.activation, s(op.z))}`;
      return { writes: [op.z, op.y], formula };
    }
    case "dropout":
      return { writes: [op.y], formula: `${s(op.y)} = ${s(op.x)} ∘ ${maskText(op.mask)}` };
    case "softmaxCrossEntropy": {
      const smoothed = op.labelSmoothing > 0
        ? `, ${numberText(op.labelSmoothing)} of it over all classes`
        : "";
      const softmax = `softmax(${s(op.logits)})`, t = s(op.target);
      const [loss, target] = op.labels
        ? [`-log ${softmax}[${t}]`, `onehot(${t})`]
        : [`-Σ ${t} log ${softmax}`, t];
      const formula = `loss = mean(${loss})${smoothed}, ` +
        `${s(op.dZ)} = ${weighted(op)}(${softmax} - ${target}) / B`;
      return { writes: [op.dZ], formula };
    }
    case "binaryCrossEntropy": {
      const p = `σ(${s(op.logits)})`, t = s(op.target);
      const formula = `loss = mean(-${t} log ${p} - (1 - ${t}) log(1 - ${p})), ` +
        `${s(op.dZ)} = ${weighted(op)}(${p} - ${t}) / (B ${plan.outFeatures})`;
      return { writes: [op.dZ], formula };
    }
    case "meanSquaredError": {
      const target = op.labels ? `onehot(${s(op.target)})` : s(op.target);
      const gradient = backThrough(
        op.activation,
        `2 ${weighted(op)}(${s(op.y)} - ${target}) / (B ${plan.outFeatures})`,
        s(op.z ?? op.y),
      );
      return {
        writes: [op.dZ],
        formula: `loss = mean((${s(op.y)} - ${target})²), ${s(op.dZ)} = ${gradient}`,
      };
    }
    case "huber": {
      const difference = `${s(op.y)} - ${s(op.target)}`, delta = numberText(op.delta);
      const gradient = `${weighted(op)}clip(${difference}, ±${delta}) / (B ${plan.outFeatures})`;
      const formula = `loss = mean(huber(${difference})), linear beyond ±${delta}, ` +
        `${s(op.dZ)} = ${backThrough(op.activation, gradient, s(op.z ?? op.y))}`;
      return { writes: [op.dZ], formula };
    }
    case "linearBackwardInput": {
      const product = `${s(op.dZ)} ${s(op.weights)}`;
      const gradient = op.mask ? `(${product}) ∘ ${maskText(op.mask)}` : product;
      return {
        writes: [op.dX],
        formula: `${s(op.dX)} = ${backThrough(op.activation, gradient, s(op.z ?? op.x))}`,
      };
    }
    case "linearBackwardWeight": {
      const formula = `${s(op.dWeights)} = ${s(op.dZ)}ᵀ ${s(op.x)}, ${s(op.dBias)} = Σ ${s(op.dZ)}`;
      return { writes: [op.dWeights, op.dBias], formula };
    }
    case "clipByNorm": {
      const all = op.gradients.map(s).join(", ");
      return { writes: op.gradients, formula: `all · min(1, ${numberText(op.maxNorm)} / ‖${all}‖)` };
    }
    case "sgd":
      return { writes: [op.parameter], formula: sgdFormula(op) };
    case "adam":
      return { writes: [op.parameter], formula: adamFormula(op) };
    case "rmsprop": {
      const p = s(op.parameter);
      const formula = `${p} = ${p} - rate · g / (√v + ${numberText(op.epsilon)}), ` +
        `v of g = ${s(op.gradient)}${decayOf(op)} by ${numberText(op.decay)}`;
      return { writes: [op.parameter], formula };
    }
    case "lion":
      return { writes: [op.parameter], formula: lionFormula(op) };
    case "average": {
      const a = s(op.average), decay = numberText(op.decay);
      return {
        writes: [op.average],
        formula: `${a} = ${decay} ${a} + ${numberText(1 - op.decay)} ${s(op.parameter)}`,
      };
    }
    default:
      return op satisfies never;
  }
}

/** Returns the term that weight decay adds to a gradient. */
function decayOf({ parameter, weightDecay }: Pick<SgdOp, "parameter" | "weightDecay">): string {
  return weightDecay > 0 ? ` + ${numberText(weightDecay)} ${shortOf(parameter)}` : "";
}

function maskText({ rate, layer }: DropoutMask): string {
  return `mask${layer}(${numberText(rate)}) / ${numberText(1 - rate)}`;
}

function weighted({ rowWeights }: { readonly rowWeights?: BufferName }): string {
  return rowWeights === undefined ? "" : `${shortOf(rowWeights)} `;
}

function sgdFormula(op: SgdOp): string {
  const { parameter, gradient, momentum, nesterov } = op, decayed = decayOf(op);
  const p = shortOf(parameter), g = shortOf(gradient) + decayed;
  if (momentum === 0) return `${p} = ${p} - rate · ${decayed === "" ? g : `(${g})`}`;
  const step = nesterov ? `(${g} + ${numberText(momentum)} v)` : "v";
  return `v = ${numberText(momentum)} v + ${g}, ${p} = ${p} - rate · ${step}`;
}

function adamFormula({ parameter, gradient, beta1, beta2, epsilon, weightDecay, decoupled }: AdamOp): string {
  const p = shortOf(parameter), decay = numberText(weightDecay);
  const joined = weightDecay > 0 && !decoupled ? ` + ${decay} ${p}` : "";
  const shrunk = weightDecay > 0 && decoupled ? ` - rate · ${decay} ${p}` : "";
  const moments = `m, v of ${shortOf(gradient)}${joined} by ${numberText(beta1)}, ${numberText(beta2)}`;
  return `${p} = ${p} - rate · m̂ / (√v̂ + ${numberText(epsilon)})${shrunk}, ${moments}`;
}

function lionFormula({ parameter, gradient, beta1, beta2, weightDecay }: LionOp): string {
  const p = shortOf(parameter), g = shortOf(gradient);
  const shrunk = weightDecay > 0 ? `${numberText(weightDecay)} ${p} + ` : "";
  const direction = `sign(${numberText(beta1)} m + ${numberText(1 - beta1)} ${g})`;
  const step = shrunk === "" ? direction : `(${shrunk}${direction})`;
  return `${p} = ${p} - rate · ${step}, m of ${g} by ${numberText(beta2)}`;
}

function activated(activation: ActivationName, sum: string): string {
  return activation === "linear" ? sum : `${activation}(${sum})`;
}

/**
 * Returns the formula of the backward pass of a gradient through an activation. `y` is the buffer that the derivative is
 * computed from: the outputs or the sums.
 */
function backThrough(activation: ActivationName, gradient: string, y: string): string {
  if (activation === "linear") return gradient;
  if (activation === "softmax") return `${y} ∘ (d - Σ y d), d = ${gradient}`;
  return `${gradient.includes(" / ") ? gradient : `(${gradient})`} ∘ ${activation}'(${y})`;
}

/** Returns the name of a buffer in formulas, such as `dW1`; other names as they are. */
export function shortOf(name: BufferName): string {
  if (name === "x.dropped") return "d0";
  const [, layer, part, average] = /^layer_(\d+)\.(\w+)(\.average)?$/.exec(name) ?? [];
  if (layer === undefined || !Object.hasOwn(SHORT, part)) return name;
  return average === undefined ? SHORT[part] + layer : `avg(${SHORT[part]}${layer})`;
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}
