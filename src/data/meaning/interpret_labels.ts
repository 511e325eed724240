/** Interpretation of the labels of a source: classes, target values, or several labels a row. @module */
import { jsonText, shapeText } from "../../formats/fault.ts";
import type { Naming } from "../arrays.ts";
import { classesOf, type DeclaredClasses, labelsOf } from "./class_labels.ts";
import type { DataNote, Dataset, InputSpec, TaskKind } from "../dataset.ts";
import { areStrings, checkTask, kindText, type LabelArray, labelArray, taskOf } from "./label_kind.ts";
import type { DataOptions } from "../options.ts";
import type { RawArray } from "../sources/raw.ts";

/** Labels or targets of one set. */
export type LabelsOrTargets = Pick<Dataset, "outFeatures" | "classNames" | "task"> & {
  /** Class labels `[N]`. */
  readonly labels?: Uint32Array;
  /** Target values `[N, O]`. */
  readonly targets?: Float64Array;
};

/** The interpretation of the labels of all sets of a source. */
export interface InterpretedLabels {
  /** Labels or targets of each set, in order. */
  readonly sets: readonly LabelsOrTargets[];
  /** Decisions and advice. */
  readonly notes: readonly DataNote[];
}

/**
 * Interprets the labels or targets of the sets of a source. The first set, which is the training set, decides their kind; all
 * sets together decide the classes.
 *
 * @param arrays the arrays of the sets
 * @param options `classNames` are the names of the classes as the source lists them, `columnNames` those of its columns of
 * labels, which name several labels a row and one-hot labels
 * @throws the error of `refuse` if a set does not fit the kind or the classes
 */
export function interpretLabels(
  arrays: readonly RawArray[],
  { task: wanted = "auto", classes: given, like: likeGiven }: Pick<DataOptions, "task" | "classes" | "like">,
  { classNames, columnNames, refuse }: {
    readonly classNames?: readonly string[];
    readonly columnNames?: readonly string[];
    readonly refuse: Naming["refuse"];
  },
): InterpretedLabels {
  const sets = arrays.map((array) => labelArray(array, refuse));
  const [first] = sets, like = outputsOf(likeGiven);
  const task = wanted === "auto" ? like?.task ?? taskOf(first) : wanted;
  const areNamed = !like && task !== "regress" && first.width > 1;
  const declared = declaredClasses(given, classNames ?? (areNamed ? columnNames : undefined));
  for (const set of sets) {
    if (set.width !== first.width) {
      const needed = `"${first.name}" has ${first.width}`;
      const values = set.width === 1 ? "value" : "values";
      throw refuse("shape", `"${set.name}" has ${set.width} ${values} a row, ${needed}`);
    }
    if (areStrings(set.values) !== areStrings(first.values)) {
      throw refuse("shape", `"${set.name}" and "${first.name}" need both strings or both numbers`);
    }
    checkTask(set, task, refuse);
  }
  if (task === "classify") return classSets(sets, { declared, like, isGiven: given !== undefined }, refuse);
  if (given === undefined && classNames && task === "regress") {
    throw refuse("shape", `Class names need class labels, "${first.name}" holds ${kindText(task)}`);
  }
  return targetSets(sets, task, declared, like, refuse);
}

/** The classes or targets of another set or of a network. */
type Outputs = Pick<InputSpec, "classNames"> & { readonly outFeatures: number; readonly task?: TaskKind };

/** Returns the outputs of `like`; `undefined` if it has only inputs. */
function outputsOf(like: DataOptions["like"]): Outputs | undefined {
  if (like?.outFeatures === undefined) return undefined;
  const { classNames, outFeatures, task } = like;
  return { classNames, outFeatures, task };
}

function declaredClasses(
  given: DataOptions["classes"],
  listed: readonly string[] | undefined,
): DeclaredClasses {
  if (given === undefined) return listed ? { names: listed } : {};
  return typeof given === "number" ? { count: given } : { names: given, areGiven: true };
}

function classSets(
  sets: readonly LabelArray[],
  { declared, like, isGiven }: {
    readonly declared: DeclaredClasses;
    readonly like: Outputs | undefined;
    /** True if the caller declares the classes, not the source. */
    readonly isGiven: boolean;
  },
  refuse: Naming["refuse"],
): InterpretedLabels {
  const listed = like ? likeClasses(sets, declared, like) : declared;
  const classes = classesOf(sets, listed, refuse), { count, names } = classes;
  const result = sets.map((set): LabelsOrTargets => ({
    labels: labelsOf(set, classes, refuse),
    outFeatures: count,
    ...names && { classNames: names },
    task: "classify",
  }));
  if (!like) return { sets: result, notes: classes.notes };
  const target = namesOf(like), notes = [...classes.notes];
  if (names && !like.classNames && names.length === target.length && !isWithin(names, target)) {
    // The labels of the network have no names; their order is that of the names, as most programs number folders and texts.
    if (areStrings(sets[0].values) && !isGiven) {
      notes.push({ text: orderText(names), option: { name: "classes", value: "NAMES" } });
    }
    return { sets: result, notes };
  }
  if (!listed.names) return { sets: result, notes };
  return { sets: result.map((set) => renamed(set, listed.names!, { names: target, like }, refuse)), notes };
}

function isWithin(names: readonly string[], others: readonly string[]): boolean {
  const known = new Set(others);
  return names.every((name) => known.has(name));
}

function orderText(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name, label) => `${jsonText(name)} is ${label}`).join(", ");
  return `labels in the order of their names: ${shown}${names.length > 3 ? ", …" : ""}`;
}

/** Returns the names of a network's classes; their numbers if it has no names. */
function namesOf({ classNames, outFeatures }: Outputs): readonly string[] {
  // One output tells two classes apart.
  return classNames ?? Array.from({ length: Math.max(2, outFeatures) }, (_, label) => String(label));
}

/** Returns the classes in which the labels are read: those that the source lists, else those of the network. */
function likeClasses(
  [first, ...others]: readonly LabelArray[],
  declared: DeclaredClasses,
  like: Outputs,
): DeclaredClasses {
  if (declared.names) return declared;
  const names = namesOf(like),
    areNumbers = areStrings(first.values) &&
      [first, ...others].every(({ values }) => isWithin(values as readonly string[], names));
  return like.classNames || areNumbers ? { names } : { count: names.length };
}

/** Returns labels of the source's classes as labels of the network's classes, by their names. */
function renamed(
  set: LabelsOrTargets,
  from: readonly string[],
  { names: to, like }: { readonly names: readonly string[]; readonly like: Outputs },
  refuse: Naming["refuse"],
): LabelsOrTargets {
  const newLabel = from.map((name) => to.indexOf(name));
  const missing = set.labels!.find((label) => newLabel[label] < 0);
  if (missing !== undefined) {
    throw refuse(
      "range",
      `Class ${JSON.stringify(from[missing])} is none of the ${to.length} classes of the network`,
    );
  }
  const { classNames: _, ...rest } = set;
  const { classNames } = like;
  const labels = set.labels!.map((label) => newLabel[label]);
  return { ...rest, labels, outFeatures: to.length, ...classNames && { classNames } };
}

function targetSets(
  sets: readonly LabelArray[],
  task: TaskKind,
  declared: DeclaredClasses,
  like: Outputs | undefined,
  refuse: Naming["refuse"],
): InterpretedLabels {
  const [{ name, width }] = sets, names = declared.names ?? like?.classNames;
  const count = names?.length ?? declared.count ?? width;
  if (task === "multilabel" && count !== width) {
    throw refuse(
      "shape",
      `"${name}" has ${shapeText([sets[0].rows, width])} labels, which need ${width} names, found ${count}`,
    );
  }
  return {
    sets: sets.map(({ values }) => ({
      targets: values instanceof Float64Array
        ? values
        : Float64Array.from(values as ArrayLike<number>, Number),
      outFeatures: width,
      ...task === "multilabel" && names && { classNames: names },
      task,
    })),
    notes: [],
  };
}
