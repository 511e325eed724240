import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ARRAY_ROLES, roleOfName } from "../../../src/data/sources/npz_names.ts";
import { openNpzRows, openNpzSource } from "../../../src/data/sources/npz_source.ts";
import type { ArrayRole, DataOptions } from "../../../src/data/options.ts";
import { FormatError } from "../../../src/errors.ts";
import { formatNpz, type NpzInput, parseNpz } from "../../../src/formats/npz.ts";
import { isReadable, sharedCase } from "../../support/shared_files.ts";

const file = "set.npz";
const CLASS_NAMES: NpzInput = { shape: [2], values: ["cat", "dog"] };

/** Opens an archive whose arrays have one number each: their index. */
function npzOf(...names: string[]) {
  const arrays = names.map((name, index) => [name, { shape: [1, 1], values: Uint8Array.of(index) }] as const);
  return parseNpz(formatNpz(Object.fromEntries(arrays)), { name: file });
}

/** Returns the names of the arrays of each set. */
async function setsOf(names: string[], arrays?: DataOptions["arrays"]) {
  const { train, test, validation } = await openNpzSource(await npzOf(...names), { file, arrays });
  return [train, test, validation].map((set) => set && `${set.inputs.name} ${set.labels?.name}`);
}

const NAMES: Readonly<Partial<Record<ArrayRole, string>>> = {
  x_train:
    "x_train X_train xtrain XTrain train_x trainX train_X train_images train_data trainData Train_Images training_images " +
    "images_train data_train train_features train_inputs train_set_x X_tr xtr Xtrn train-images train.x train/images",
  y_train:
    "y_train Y_train train_y trainY train_labels train_label train_targets train_target labels_train " +
    "training_labels train_set_y y_tr ytr Y_train",
  x_test: "x_test X_test test_x testX test_images test_data data_test Xte x_te test_set_x",
  y_test: "y_test Y_test test_y test_labels test_targets target_test yte y_te",
  x_val:
    "x_val X_val x_valid X_valid x_validation val_images valid_images validation_images val_x xva x_dev dev_x",
  y_val: "y_val Y_val y_valid y_validation val_labels valid_labels validation_targets yva y_dev",
  x: "x X images image data features inputs pixels imgs",
  y: "y Y labels label target targets Labels class",
  class_names: "class_names classNames target_names label_names Class_Names list_classes",
};

for (const [role, names] of Object.entries(NAMES)) {
  Deno.test(`roleOfName() knows the names of ${role}`, () => {
    for (const name of names.split(" ")) assertEquals(roleOfName(name), role, name);
  });
}

Deno.test("roleOfName() knows no role of other names", () => {
  const others = [
    "arr_0",
    "train",
    "test",
    "layer_1.weights",
    "mean",
    "x_train_2",
    "",
    "__proto__",
    "constructor",
  ];
  for (const name of [...others, "x".repeat(1e6), "train_images ".repeat(4)]) {
    assertEquals(roleOfName(name), undefined, name.slice(0, 40));
  }
  assertEquals(Object.keys(NAMES).sort(), [...ARRAY_ROLES].sort());
});

Deno.test("openNpzSource() reads the sets under names in common use", async () => {
  assertEquals(await setsOf(["x_train", "y_train"]), ["x_train y_train", undefined, undefined]);
  assertEquals(
    await setsOf([
      "test_labels",
      "test_images",
      "val_labels",
      "val_images",
      "train_labels",
      "train_images",
      "id",
    ]),
    ["train_images train_labels", "test_images test_labels", "val_images val_labels"],
  );
  assertEquals(await setsOf(["data", "target"]), ["data target", undefined, undefined]);
  assertEquals(await setsOf(["X", "Y", "Xte", "yte"]), ["X Y", "Xte yte", undefined]);
});

Deno.test("openNpzSource() leaves arrays as the file has them", async () => {
  const labels = { dtype: "<i8", shape: [2, 1], values: BigInt64Array.of(1n, 0n) };
  const inputs = { dtype: "<f8", shape: [2, 1], values: Float64Array.of(0.5, 2) };
  const npz = await parseNpz(formatNpz({ X: inputs, y: labels, target_names: CLASS_NAMES }), { name: file });
  assertEquals(await openNpzSource(npz, { file }), {
    file,
    train: { inputs: { name: "X", ...inputs }, labels: { name: "y", ...labels } },
    classNames: { name: "target_names", dtype: "<U3", shape: [2], values: ["cat", "dog"] },
    notes: [],
  });
});

Deno.test("openNpzSource() takes the arrays that the caller names", async () => {
  assertEquals(await setsOf(["arr_0", "arr_1"], { x: "arr_0", y: "arr_1" }), [
    "arr_0 arr_1",
    undefined,
    undefined,
  ]);
  const four = { x_train: "arr_0", y_train: "arr_1", x_test: "arr_2", y_test: "arr_3" };
  assertEquals(await setsOf(["arr_0", "arr_1", "arr_2", "arr_3"], four), [
    "arr_0 arr_1",
    "arr_2 arr_3",
    undefined,
  ]);
  // The names of the other roles are found.
  assertEquals((await setsOf(["data", "images", "target"], { x: "images" }))[0], "images target");
  assertEquals(
    (await setsOf(["x_train", "y_train", "y_coarse"], { y_train: "y_coarse" }))[0],
    "x_train y_coarse",
  );
  assertEquals((await setsOf(["X", "y", "x_train", "y_train"], { x: "X", y: "y" }))[0], "X y");
});

Deno.test("openNpzSource() notes arrays that it does not use", async () => {
  const npz = await npzOf("X", "y", "X_train", "y_train", "classes");
  assertEquals((await openNpzSource(npz, { file })).notes, [
    {
      text: "X, y not used: X_train and y_train are the training set",
      option: { name: "arrays", value: "x=X,y=y" },
    },
    { text: "classes is not used: it holds no names" },
  ]);
});

Deno.test("openNpzSource() takes classes for the class names if it holds strings", async () => {
  const one = { shape: [1, 1], values: Uint8Array.of(1) };
  const npz = await parseNpz(formatNpz({ x: one, y: one, classes: CLASS_NAMES }), { name: file });
  assertEquals((await openNpzSource(npz, { file })).classNames?.values, ["cat", "dog"]);
});

const MORE = ' (the option "arrays" takes other names)';
const REFUSED: [names: string[], fault: string, arrays?: DataOptions["arrays"]][] = [
  [[], "it holds no arrays, needs x_train and y_train"],
  [["arr_0", "arr_1"], `it holds arr_0, arr_1, needs x_train and y_train${MORE}`],
  [["x_test", "y_test"], `it holds x_test, y_test, needs x_train and y_train${MORE}`],
  [["train_images"], `it holds train_images, needs train_images and y_train${MORE}`],
  [["x", "y_train"], `it holds x, y_train, needs x_train and y_train${MORE}`],
  [["x", "y", "x_test"], `needs x_test and y_test${MORE}`],
  [["x", "y", "val_labels"], `needs x_val and val_labels${MORE}`],
  [
    ["x_train", "X_train", "y_train"],
    'both x_train and X_train could be its x_train; the option "arrays" chooses: x_train=x_train',
  ],
  [["data", "images", "y"], 'both data and images could be its x; the option "arrays" chooses: x=data'],
  [["x", "y", "testX", "test_images", "y_test"], "both testX and test_images could be its x_test"],
  [["X", "y", "X_train", "y_train"], "both y_train and y could be its y_train", { x: "X" }],
  [["x", "y", "class_names", "target_names"], "both class_names and target_names could be its class_names"],
  [["x", "y"], 'it holds x, y, the option "arrays" names "a" as x_train', { x: "a" }],
];

for (const [names, fault, arrays] of REFUSED) {
  const given = arrays ? ` with arrays ${JSON.stringify(arrays)}` : "";
  Deno.test(`openNpzSource() refuses ${names.join(", ") || "no arrays"}${given}`, async () => {
    const error = await assertRejects(() => setsOf(names, arrays), FormatError, 'Cannot load "set.npz": ');
    assertStringIncludes(error.message, fault);
    assertEquals(error.file, file);
  });
}

Deno.test("openNpzSource() lists few of many arrays, and shortens their names", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `${index}${"a".repeat(100)}`);
  const { message } = await assertRejects(() => setsOf(names), FormatError);
  assertStringIncludes(message, `19${"a".repeat(55)}..., ..., needs x_train and y_train`);
});

Deno.test("openNpzSource() refuses roles that do not exist, and two names of one array", async () => {
  const names = ["x", "y"];
  const arrays = { inputs: "x" } as DataOptions["arrays"];
  await assertRejects(
    () => setsOf(names, arrays),
    TypeError,
    'Option "arrays" has the role "inputs", needs x, y, ',
  );
  await assertRejects(() => setsOf(names, { x: "x", x_train: "x" }), TypeError, "has both x and x_train");
});

/** Returns the set that is read, and the names of its arrays. */
async function rowsOf(names: string[], options: Partial<Parameters<typeof openNpzRows>[1]> = {}) {
  const { set, train } = await openNpzRows(await npzOf(...names), { file, ...options });
  return [set, train.inputs.name, train.labels?.name];
}

Deno.test("openNpzRows() reads the rows of one set, with labels if there are any", async () => {
  assertEquals(await rowsOf(["x_test", "y_test"]), ["test", "x_test", "y_test"]);
  assertEquals(await rowsOf(["x_train", "y_train", "x_test"]), ["test", "x_test", undefined]);
  assertEquals(await rowsOf(["x_train", "y_train", "x_test"], { set: "train" }), [
    "train",
    "x_train",
    "y_train",
  ]);
  assertEquals(await rowsOf(["X"]), ["train", "X", undefined]);
  assertEquals(await rowsOf(["val_images"]), ["validation", "val_images", undefined]);
  assertEquals(await rowsOf(["arr_0"], { arrays: { x: "arr_0" } }), ["train", "arr_0", undefined]);
  assertEquals(await rowsOf(["arr_0", "x_test", "y_test"], { arrays: { x: "arr_0" } }), [
    "train",
    "arr_0",
    undefined,
  ]);
});

Deno.test("openNpzRows() refuses a set that the file does not have", async () => {
  const refused = (names: string[], fault: string, set?: "test") =>
    assertRejects(() => rowsOf(names, { set }), FormatError, fault);
  await refused(["arr_0"], "it holds arr_0, needs x_test, x_train or x (");
  await refused(["x", "y"], "it holds x, y, needs x_test (", "test");
  await refused(
    ["x_train", "x_val"],
    "has no test rows, but those of the sets train and validation; choose one",
  );
});

const MEDMNIST = sharedCase("names_medmnist.npz");

Deno.test({
  name: "openNpzSource() reads a file of MedMNIST (needs names_medmnist.npz and --allow-read)",
  ignore: !isReadable(MEDMNIST),
  fn: async () => {
    const npz = await parseNpz(await Deno.readFile(MEDMNIST));
    const { train, test, validation } = await openNpzSource(npz, { file });
    assertEquals([train, test, validation].map((set) => [set?.inputs.shape, set?.labels?.shape]), [
      [[200, 28, 28], [200, 1]],
      [[50, 28, 28], [50, 1]],
      [[50, 28, 28], [50, 1]],
    ]);
  },
});
