import { assertEquals, assertThrows } from "@std/assert";
import { interpret } from "../../src/data/interpret.ts";
import type { DataOptions } from "../../src/data/options.ts";
import { FormatError } from "../../src/errors.ts";
import type { NpyValues } from "../../src/formats/npy.ts";

/** Returns the training set of labels, and the notes. `names` are the names of classes that the source lists. */
function decide(labels: NpyValues, options: DataOptions, names: readonly string[] = []) {
  const inputs = { name: "x", dtype: "<f8", shape: [labels.length, 2], values: new Float64Array(2 * labels.length) };
  const classNames = { name: "folders", dtype: "<U9", shape: [names.length], values: [...names] };
  const train = { inputs, labels: { name: "y", dtype: "<i4", shape: [labels.length], values: labels } };
  return interpret({ file: "set.npz", train, ...names.length > 0 && { classNames } }, options);
}

Deno.test("interpret() reads labels by the numbers of a network's classes if they have no names", () => {
  const like = { inputShape: [2], outFeatures: 3, task: "classify" } as const;
  const read = (labels: NpyValues, ...names: string[]) => {
    const { train, notes = [] } = decide(labels, { like }, names);
    return [[...train.labels!], train.outFeatures, train.classNames, notes.map(({ text }) => text)];
  };
  assertEquals(read(["2", "1"]), [[2, 1], 3, undefined, []]);
  assertEquals(read(["2", "1"], "1", "2"), [[2, 1], 3, undefined, []]);
  const names = ["cat", "dog", "eel"];
  const note = 'labels in the order of their names: "cat" is 0, "dog" is 1, "eel" is 2';
  assertEquals(read(["eel", "cat", "dog"]), [[2, 0, 1], 3, names, [note]]);
  assertEquals(read(["eel", "cat"], ...names), [[2, 0], 3, names, [note]]);
  assertEquals(read(Int32Array.of(2, 0), ...names), [[2, 0], 3, names, []]);
  assertEquals(decide(["eel", "cat"], { like, classes: names }).notes, undefined);
  assertThrows(() => read(["eel", "cat"], "cat", "eel"), FormatError, 'Class "eel" is none of the 3 classes');
  assertThrows(() => read(["eel", "cat"]), FormatError, "has 2 different labels, needs 3 classes");
});
