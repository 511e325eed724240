/** Data sets that have the meaning of a network or of another set. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Dataset } from "../../../src/data/dataset.ts";
import { interpret } from "../../../src/data/meaning/interpret.ts";
import { FormatError } from "../../../src/errors.ts";
import { array, decide, floats, images, ints } from "../../support/sources.ts";

/** A network of pixels from 0 to 1 on a light background. */
const LIKE = {
  inputShape: [64],
  inputScale: 1,
  outFeatures: 2,
  classNames: ["0", "1"],
  image: { white: 1, background: "light", placement: "resize" },
} as const;

Deno.test("interpret() brings images to the scale, the background and the shape of a network", () => {
  const dark = images([0, 0, 0, 255]), { train, notes } = interpret(dark, { like: LIKE });
  assertEquals([train.inputShape, train.inputScale, train.image], [[64], 1, LIKE.image]);
  assertEquals([...train.inputs.subarray(0, 4)], [1, 1, 1, 0]);
  assertEquals(notes?.map(({ text }) => text), [
    "pixels from 0 to 255 brought to 0 to 1",
    "dark background brought to light",
  ]);
  const bytes = {
    ...LIKE,
    inputScale: 1 / 255,
    image: { ...LIKE.image, white: 255, background: "dark" },
  } as const;
  assertEquals(
    interpret(images([0, 0, 0, 1]), { like: bytes }).train.inputs.subarray(0, 4),
    Uint8Array.of(0, 0, 0, 255),
  );
});

Deno.test("interpret() tells of pixels for a network that was not trained on pixels", () => {
  const like = { inputShape: [8, 8], inputScale: 1, outFeatures: 2 };
  const { train, notes } = interpret(images([0, 255]), { like });
  assertEquals(train.inputs[1], 255);
  assertEquals(notes, [{
    text: "pixels from 0 to 255 not scaled, because the network's inputs are not pixels",
  }]);
});

Deno.test("interpret() tells that pixels are brought to another scale, also if a scale is declared", () => {
  const { train, notes = [] } = interpret(images([255, 0, 0, 0]), { like: LIKE, inputScale: "none" });
  assertEquals(train.inputs[0], 0, "ink on a light background");
  assertEquals(notes[0], { text: "pixels from 0 to 255 brought to 0 to 1" });
});

Deno.test("interpret() does not wrap values of a test set above those of the training set", () => {
  const { train } = images([0, 0, 0, 1]), bright = images([0, 0, 0, 1.5]).train;
  const like = { inputShape: [64], inputScale: 1 / 255, outFeatures: 2 };
  const { test } = interpret({ file: "images.npz", train, test: bright }, { like });
  assertEquals(test?.inputs[3], 382.5);
});

Deno.test("interpret() uses the rows of a table unchanged for a network of a table", () => {
  const like = { inputShape: [2], inputScale: 1, outFeatures: 2 };
  const big = { inputs: array("x", [2, 2], floats(0, 300, 0.5, 1)), labels: array("y", [2], ints(0, 1)) };
  assertEquals([...interpret({ file: "t", train: big }, { like }).train.inputs], [0, 300, 0.5, 1]);
});

Deno.test("interpret() reads labels by the classes of a network", () => {
  const like = {
    inputShape: [2],
    outFeatures: 3,
    classNames: ["cat", "dog", "eel"],
    task: "classify",
  } as const;
  const labelsOf = ({ train }: { train: Dataset }) => [...train.labels!];
  assertEquals(labelsOf(decide(["eel", "cat"], { like })), [2, 0]);
  assertEquals(labelsOf(decide(ints(2, 2), { like })), [2, 2]);
  const classNames = array("class_names", [2], ["eel", "dog"]);
  assertEquals(labelsOf(decide(ints(0, 1), { like }, { classNames })), [2, 1]);
  assertThrows(() => decide(["fox"], { like }), FormatError, `has the label "fox"`);
  assertEquals(labelsOf(decide(ints(2), { like: { inputShape: [2], outFeatures: 3 } })), [2]);
});

Deno.test("interpret() reads target values of a network whatever their values", () => {
  const like = { inputShape: [2], outFeatures: 1, task: "regress" } as const;
  assertEquals(decide(ints(0, 1), { like }).train.targets, Float32Array.of(0, 1));
});

Deno.test("interpret() takes only the inputs from a network without its number of outputs", () => {
  const like = { inputShape: [64], inputScale: 1 / 255, classNames: ["a", "b"] };
  const { train } = interpret({ ...images([0, 128]), file: "set.npz" }, { like });
  assertEquals([train.inputShape, train.inputScale, train.outFeatures], [[64], 1 / 255, 2]);
  const inputs = { inputShape: [2], inputScale: 0.5 },
    named = decide(["eel", "cat", "eel"], { like: inputs }).train;
  assertEquals([named.inputScale, named.classNames, [...named.labels!]], [0.5, ["cat", "eel"], [1, 0, 1]]);
  assertEquals(decide(floats(0.5, 2.5), { like: inputs }).train.task, "regress");
});

Deno.test("interpret() reads labels by the numbers of a network's classes if they have no names", () => {
  const like = { inputShape: [2], outFeatures: 3, task: "classify" } as const;
  const read = (labels: Parameters<typeof decide>[0], ...names: string[]) => {
    const listed = names.length > 0 ? { classNames: array("folders", [names.length], names) } : undefined;
    const { train, notes = [] } = decide(labels, { like }, listed);
    return [[...train.labels!], train.outFeatures, train.classNames, notes.map(({ text }) => text)];
  };
  assertEquals(read(["2", "1"]), [[2, 1], 3, undefined, []]);
  assertEquals(read(["2", "1"], "1", "2"), [[2, 1], 3, undefined, []]);
  const names = ["cat", "dog", "eel"];
  const note = 'labels in the order of their names: "cat" is 0, "dog" is 1, "eel" is 2';
  assertEquals(read(["eel", "cat", "dog"]), [[2, 0, 1], 3, names, [note]]);
  assertEquals(read(["eel", "cat"], ...names), [[2, 0], 3, names, [note]]);
  assertEquals(read(ints(2, 0), ...names), [[2, 0], 3, names, []]);
  assertEquals(decide(["eel", "cat"], { like, classes: names }).notes, undefined);
  assertThrows(() => read(["eel", "cat"], "cat", "eel"), FormatError, 'Class "eel" is none of the 3 classes');
  assertThrows(() => read(["eel", "cat"]), FormatError, "has 2 different labels, needs 3 classes");
});
