/** Slopes of the loss: by backpropagation and by central difference, and the loss along one parameter. @module */
import type { Matrix } from "../../../backends/reference/ops.ts";
import { layerBuffer } from "../../../plan/layers.ts";
import { isUpdate } from "../../../plan/optimizers.ts";
import type { BufferName } from "../../../plan/plan.ts";
import { forwardOps, type Lesson, type LessonRows, type LessonSettings, runWith, stepOn } from "./lesson.ts";
import type { MutantName } from "./mutants.ts";

/** Half the distance of the two points of a central difference; the one of docs/backprop.md. */
export const STEP = 1e-5;
/** The difference of two slopes from which they count as different; the one of docs/backprop.md. */
export const TOLERANCE = 1e-6;
/** The number of elements of a parameter that the check compares: at most, and at least if the network is large. */
const MOST = 60, LEAST = 10;
/** The multiplications of a check on one row from which it compares fewer elements, so that it takes less than a second. */
const WORK = 60e6;

/** An element of a parameter. */
export interface Element {
  readonly buffer: BufferName;
  /** Its place, row by row. */
  readonly at: number;
}

/** The slope of the loss along an element, found in two ways. */
export interface Slope extends Element {
  readonly backprop: number;
  readonly difference: number;
  /** True if a unit is on at one of the two points and off at the other, so that there may be no derivative between them. */
  readonly isKink: boolean;
}

/** The loss around an element. */
export interface Lens extends Slope {
  readonly value: number;
  readonly loss: number;
  /** Values of the element, and the loss at each. */
  readonly curve: readonly (readonly [value: number, loss: number])[];
}

/** Returns a function that computes the loss with another value of an element. */
function createProbe(lesson: Lesson, settings: LessonSettings, rows: LessonRows) {
  const plan = lesson.planOf({ ...settings, mutant: undefined }, rows.labels.length), ops = forwardOps(plan);
  const buffers = lesson.buffersOf(plan, rows.labels.length), step = stepOn(rows, 0, 1);
  const hidden = lesson.network.layers.slice(0, -1).flatMap(({ activation }, at) =>
    activation === "relu" ? [buffers[layerBuffer(at, "y")].values] : []
  );
  return {
    valueOf: ({ buffer, at }: Element) => buffers[buffer].values[at],
    lossAt({ buffer, at }: Element, value: number) {
      const { values } = buffers[buffer], kept = values[at];
      values[at] = value;
      const { lossSum } = runWith(settings.mutant, ops, buffers, step);
      values[at] = kept;
      return {
        loss: lossSum / rows.labels.length,
        on: hidden.map((y) => y.map((v) => v > 0 ? 1 : 0).join("")).join(),
      };
    },
  };
}

/** Returns the gradients of a step, by the buffer of the parameter. */
export function gradientsOf(
  lesson: Lesson,
  settings: LessonSettings,
  rows: LessonRows,
): ReadonlyMap<BufferName, Float64Array> {
  const plan = lesson.planOf(settings, rows.labels.length),
    buffers = lesson.buffersOf(plan, rows.labels.length);
  runWith(settings.mutant, plan.ops, buffers, stepOn(rows, settings.learningRate, lesson.steps + 1));
  return new Map(plan.ops.filter(isUpdate).map((op) => [op.parameter, buffers[op.gradient].values]));
}

function slopeOf(probe: ReturnType<typeof createProbe>, element: Element, backprop: number): Slope {
  const value = probe.valueOf(element);
  const [above, below] = [value + STEP, value - STEP].map((value) => probe.lossAt(element, value));
  const difference = (above.loss - below.loss) / (2 * STEP);
  return { ...element, backprop, difference, isKink: above.on !== below.on };
}

/** Returns the loss around an element, from `value - span` to `value + span`. */
export function lensOn(
  lesson: Lesson,
  settings: LessonSettings,
  rows: LessonRows,
  { span, points = 81, ...element }: Element & { readonly span: number; readonly points?: number },
): Lens {
  const probe = createProbe(lesson, settings, rows), value = probe.valueOf(element);
  const backprop = gradientsOf(lesson, settings, rows).get(element.buffer)![element.at];
  const curve = Array.from({ length: points }, (_, i) => {
    const at = value + span * (2 * i / (points - 1) - 1);
    return [at, probe.lossAt(element, at).loss] as const;
  });
  return { ...slopeOf(probe, element, backprop), value, loss: probe.lossAt(element, value).loss, curve };
}

/** The result of a gradient check. */
export interface Check {
  /** The slopes that were compared. */
  readonly slopes: readonly Slope[];
  /** The slope with the largest difference, of those without a kink. */
  readonly worst: Slope;
  /** The largest difference. */
  readonly largest: number;
  /** True if the check finds a mistake. */
  readonly isSeen: boolean;
  /** The number of slopes that were left out, because a unit is on at one point and off at the other. */
  readonly kinks: number;
}

/** Compares slopes of every parameter: at most 60 of each, fewer if the network is large; of the first weights only those of inputs that are not 0. */
export function checkGradients(lesson: Lesson, settings: LessonSettings, rows: LessonRows): Check {
  const probe = createProbe(lesson, settings, rows), gradients = gradientsOf(lesson, settings, rows);
  const all = [...gradients].flatMap(([buffer, gradient]) =>
    elementsOf(lesson, buffer, gradient.length, rows).map((at) =>
      slopeOf(probe, { buffer, at }, gradient[at])
    )
  );
  const slopes = all.filter(({ isKink }) => !isKink);
  const apart = ({ backprop, difference }: Slope) => {
    const value = Math.abs(backprop - difference);
    return Number.isNaN(value) ? Infinity : value;
  };
  const worst = slopes.reduce((a, b) => apart(b) > apart(a) ? b : a), largest = apart(worst);
  return { slopes, worst, largest, isSeen: largest > TOLERANCE, kinks: all.length - slopes.length };
}

/** Returns elements at equal distances. */
function elementsOf(
  { network }: Lesson,
  buffer: BufferName,
  length: number,
  { inputs }: LessonRows,
): number[] {
  const { inFeatures } = network, isFirst = buffer === layerBuffer(0, "weights");
  const isUsed = (at: number) => {
    for (let i = at % inFeatures; i < inputs.length; i += inFeatures) if (inputs[i] !== 0) return true;
    return false;
  };
  const all = Array.from({ length }, (_, at) => at).filter((at) => !isFirst || isUsed(at));
  const parameters = Object.values(network.parameters),
    size = parameters.reduce((sum, { length }) => sum + length, 0);
  const most = Math.max(LEAST, Math.min(MOST, Math.floor(WORK / (2 * size * parameters.length))));
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * all.length / count)]);
}

/** Returns the largest difference of a parameter between a step with a mistake and one without. */
export function differenceOfStep(lesson: Lesson, settings: LessonSettings, rows: LessonRows): number {
  const after = (mutant: MutantName | undefined) => {
    const plan = lesson.planOf({ ...settings, mutant }, rows.labels.length);
    const buffers: Record<BufferName, Matrix> = lesson.buffersOf(plan, rows.labels.length);
    runWith(mutant, plan.ops, buffers, stepOn(rows, settings.learningRate, lesson.steps + 1));
    return plan.buffers.filter(({ role }) => role === "parameter").map(({ name }) => buffers[name].values);
  };
  const expected = after(undefined), found = after(settings.mutant);
  return expected.reduce(
    (most, values, i) => values.reduce((m, value, at) => Math.max(m, Math.abs(value - found[i][at])), most),
    0,
  );
}
