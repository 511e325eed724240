import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { interpret } from "../../../src/data/meaning/interpret.ts";
import { openPictureFolder, type PictureFolderOptions } from "../../../src/data/pictures/picture_folder.ts";
import { listPictures } from "../../../src/data/pictures/picture_list.ts";
import { FormatError } from "../../../src/errors.ts";
import { formatPng } from "../../../src/formats/png_write.ts";
import { fromBase64 } from "../../fixtures/bytes.ts";
import { PICTURES_READ } from "../../fixtures/picture_fixtures.ts";
import { folderTest } from "../../support/folders.ts";
import { isReadable, sharedCase } from "../../support/shared_files.ts";

/** Returns a PNG of one gray value. */
const png = (value: number, width = 28, height = width) =>
  formatPng({ width, height, channels: 1, pixels: new Uint8Array(width * height).fill(value) });

/** Writes files, given their paths in the folder; a number is the value of a gray picture of 28×28 pixels. */
async function write(
  folder: string,
  files: { readonly [path: string]: number | Uint8Array },
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/") + 1)}`, { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, typeof content === "number" ? await png(content) : content);
  }
}

/** Opens a folder that must be one of pictures. */
async function opened(folder: string, options?: PictureFolderOptions) {
  const source = await openPictureFolder(folder, options);
  const { train, test, validation, classNames, notes = [], image } = source!;
  const shown = (set?: typeof train) =>
    set && {
      shape: set.inputs.shape,
      labels: set.labels!.values,
      // The first value of each picture.
      values: Array.from(
        { length: set.inputs.shape[0] },
        (_, row) => set.inputs.values[row * set.inputs.values.length / set.inputs.shape[0]],
      ),
    };
  return {
    train: shown(train)!,
    test: shown(test),
    validation: shown(validation),
    classNames: classNames!.values,
    notes: notes.map(({ text, option }) => option ? `${text}: ${option.name} ${option.value}` : text),
    image,
  };
}

/** Checks that a folder is refused with a message about it. */
async function refused(folder: string, fault: string, options?: PictureFolderOptions): Promise<void> {
  const { message } = await assertRejects(() => openPictureFolder(folder, options), FormatError);
  assertStringIncludes(message, JSON.stringify(folder));
  assertStringIncludes(message, fault);
}

folderTest("openPictureFolder() reads class folders in the order of code units", async (folder) => {
  await write(folder, {
    "b/2.png": 4,
    "b/10.png": 3,
    "B/x.PNG": 2,
    "a/0.png": 1,
    "é/ü.png": 5,
    "a/.hidden.png": 99,
    "a/Thumbs.db": Uint8Array.of(1),
    "__MACOSX/a/._0.png": Uint8Array.of(1),
    ".DS_Store": Uint8Array.of(1),
  });
  assertEquals(await opened(folder), {
    train: { shape: [5, 28, 28], labels: ["B", "a", "b", "b", "é"], values: [2, 1, 3, 4, 5] },
    test: undefined,
    validation: undefined,
    classNames: ["B", "a", "b", "é"],
    notes: [],
    image: { white: 255, placement: "center" },
  });
});

folderTest(
  "openPictureFolder() reads train, test and val, and orders classes that are numbers",
  async (folder) => {
    await write(folder, {
      "train/10/a.png": 10,
      "train/9/a.png": 9,
      "Test/10/a.png": 20,
      "valid/9/a.png": 30,
    });
    const { train, test, validation, classNames } = await opened(folder);
    assertEquals([train.labels, train.values], [["9", "10"], [9, 10]]);
    assertEquals([test?.labels, test?.values], [["10"], [20]]);
    assertEquals([validation?.labels, validation?.values], [["9"], [30]]);
    assertEquals(classNames, ["9", "10"]);
    const pair = interpret((await openPictureFolder(folder))!);
    assertEquals([...pair.train.labels!, ...pair.test!.labels!, ...pair.validation!.labels!], [0, 1, 1, 0]);
    assertEquals([pair.train.inputScale, pair.train.classNames], [1 / 255, ["9", "10"]]);
    assertEquals(pair.train.image, { white: 255, placement: "center", background: "dark" });
  },
);

folderTest("openPictureFolder() opens the folder that an archive has around the classes", async (folder) => {
  await write(folder, {
    "digits/png/training/0/a.png": 1,
    "digits/png/training/1/a.png": 2,
    "digits/png/testing/1/b.png": 3,
  });
  const { train, test } = await opened(folder);
  assertEquals([train.values, test?.values], [[1, 2], [3]]);
});

folderTest("openPictureFolder() takes train and test as classes if they hold pictures", async (folder) => {
  await write(folder, { "train/a.png": 1, "test/a.png": 2 });
  assertEquals((await opened(folder)).classNames, ["test", "train"]);
});

folderTest(
  "openPictureFolder() brings pictures of every format and size to one, and says so",
  async (folder) => {
    const fixture = (name: string) => fromBase64(PICTURES_READ.find((each) => each.name === name)!.base64);
    await write(folder, {
      "a/1.jpg": fixture("JPEG"),
      "a/2.webp": fixture("WebP, lossless"),
      "b/1.gif": fixture("GIF"),
      "b/2.bmp": fixture("BMP of 24 bits"),
      "b/3.png": await png(7, 30, 40),
      "b/4.jpeg": await png(8, 30, 40), // the content decides
    });
    const { train, image, notes } = await opened(folder);
    assertEquals([train.shape, train.values.slice(-2)], [[6, 28, 28], [7, 8]]);
    assertEquals(image, { white: 255, placement: "resize" });
    const brought = "color images of 12×8 to 30×40 pixels brought to 28×28 gray, stretched";
    assertEquals(notes, [`${brought}: imageSize WIDTHxHEIGHTx3`]);

    const chosen = await opened(folder, { imageSize: { width: 6, height: 4, channels: 3 } });
    assertEquals([chosen.train.shape, chosen.notes], [[6, 4, 6, 3], []]);
    const like = { inputShape: [36], outFeatures: 2 };
    const alike = await opened(folder, { like });
    assertEquals(alike.train.shape, [6, 6, 6]);
    assertEquals(alike.notes, ["color images of 12×8 to 30×40 pixels brought to 6×6 gray, stretched"]);
  },
);

folderTest("openPictureFolder() advises the own size of small pictures", async (folder) => {
  await write(folder, { "a/1.png": await png(1, 32), "b/1.png": await png(2, 32) });
  assertEquals((await opened(folder)).notes, [
    "images of 32×32 pixels brought to 28×28 gray: imageSize 32x32",
  ]);
});

folderTest("openPictureFolder() says which files and folders it does not use", async (folder) => {
  await write(folder, {
    "train/a/1.png": 1,
    "train/b/1.png": 1,
    "train/b/notes.txt": Uint8Array.of(1),
    "train/b/empty/x.txt": Uint8Array.of(1),
    "train/c/readme.md": Uint8Array.of(1),
    "test/1.png": 1,
    "test/2.png": 1,
    "README.md": Uint8Array.of(1),
    "papers/a.pdf": Uint8Array.of(1),
  });
  const { notes, classNames, test } = await opened(folder);
  assertEquals([classNames, test], [["a", "b"], undefined]);
  assertEquals(notes, [
    `"test" has 2 pictures without class folders, which are not used`,
    `folders beside the sets are not used: "papers"`,
    `folders without pictures are no classes: "train/c"`,
    `3 files are not used (not pictures in class folders): "README.md", "train/b/notes.txt", "train/c/readme.md"`,
  ]);
});

folderTest("openPictureFolder() returns undefined for a folder that holds something else", async (folder) => {
  assertEquals(await openPictureFolder(folder), undefined);
  await write(folder, { "raw/train-images-idx3-ubyte": Uint8Array.of(0), "raw/t10k/x": Uint8Array.of(0) });
  assertEquals(await openPictureFolder(folder), undefined);
  await write(folder, { "preview.png": 1, "a.npy": Uint8Array.of(0) });
  assertEquals(await openPictureFolder(folder), undefined);
});

folderTest("openPictureFolder() refuses folders that are not those of classes", async (folder) => {
  const layouts: { readonly [fault: string]: string[] } = {
    "it has 2 pictures without class folders, needs a folder for each class": ["1.png", "2.png"],
    'it has only the class folder "a", needs two classes or more': ["a/1.png"],
    'class folder "a" holds a folder "b", needs pictures only': ["a/b/1.png", "a/c/1.png", "d/b/1.png"],
    'class folder "a" holds a folder "deep", needs pictures only': ["a/1.png", "a/deep/1.png", "b/1.png"],
    'its test set has a class "c", which its training set lacks': [
      "train/a/1.png",
      "train/b/1.png",
      "test/c/1.png",
    ],
    'both "train" and "training" could be its train set': ["train/a/1.png", "training/a/1.png"],
  };
  let number = 0;
  for (const [fault, paths] of Object.entries(layouts)) {
    const root = `${folder}/${number++}`;
    await write(root, Object.fromEntries(paths.map((path) => [path, 1])));
    await refused(root, fault);
  }
});

folderTest("openPictureFolder() names the first picture that cannot be read", async (folder) => {
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a/${100 + i}.png`, i]));
  await write(folder, {
    ...files,
    "b/1.png": 1,
    "a/110.png": Uint8Array.of(1, 2),
    "a/117.jpg": Uint8Array.of(),
  });
  for (let time = 0; time < 3; time++) {
    const { message } = await assertRejects(() => openPictureFolder(folder), FormatError);
    const fault = "it is of no known format (2 bytes), needs a PNG, JPEG, WebP, GIF or BMP";
    assertEquals(message, `Cannot read ${JSON.stringify(`${folder}/a/110.png`)}: ${fault}`);
  }
  await write(folder, { "a/110.png": 1, "a/117.jpg": 1, "a/105.tif": Uint8Array.of(0x49, 0x49, 0x2A, 0) });
  const { message } = await assertRejects(() => openPictureFolder(folder), FormatError);
  assertStringIncludes(message, `/a/105.tif": it is a TIFF, needs`);
});

folderTest("openPictureFolder() follows symbolic links once, and refuses loops", async (folder) => {
  await write(folder, { "kept/x/1.png": 7, "set/a/1.png": 1 });
  await Deno.symlink(`${folder}/kept/x`, `${folder}/set/b`);
  await Deno.symlink(`${folder}/kept/x/1.png`, `${folder}/set/a/2.png`);
  const { train } = await opened(`${folder}/set`);
  assertEquals([train.labels, train.values], [["a", "a", "b"], [1, 7, 7]]);

  await Deno.symlink(`${folder}/set/a`, `${folder}/set/c`);
  await refused(`${folder}/set`, '"a" and "c" are the same folder');
  await Deno.remove(`${folder}/set/c`);
  await Deno.symlink("..", `${folder}/set/a/up`);
  await refused(`${folder}/set`, 'class folder "a" holds a folder "up"');
  await Deno.remove(`${folder}/set/a/up`);
  await Deno.symlink("loop", `${folder}/set/loop`);
  const loop = await assertRejects(() => openPictureFolder(`${folder}/set`), FormatError);
  assertEquals(loop.message, `Cannot read "${folder}/set/loop": it is a symbolic link without a target`);
});

folderTest(
  "openPictureFolder() leaves out devices with the names of pictures",
  async (folder) => {
    await write(folder, { "a/1.png": 1, "b/1.png": 1 });
    await Deno.symlink("/dev/zero", `${folder}/a/2.png`);
    const { train, notes } = await opened(folder);
    assertEquals(train.values, [1, 1]);
    assertEquals(notes, [`1 file is not used (not pictures in class folders): "a/2.png"`]);
  },
  { ignore: Deno.build.os === "windows" },
);

folderTest(
  "openPictureFolder() refuses more class folders, and more pixels, than it reads",
  async (folder) => {
    for (let i = 0; i <= 10_000; i++) Deno.mkdirSync(`${folder}/many/${i}`, { recursive: true });
    await refused(`${folder}/many`, '/many" has 10,001 folders, at most 10,000 classes are read');
    await write(folder, { "two/a/1.png": 1, "two/b/1.png": 1 });
    const imageSize = { width: 65_535, height: 65_535, channels: 1 } as const;
    await refused(`${folder}/two`, "take 8,589,672,450 bytes, at most 4,294,967,296 are read", { imageSize });
  },
);

folderTest(
  "openPictureFolder() reports its progress, and ends with the reason of its signal",
  async (folder) => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${"ab"[i % 2]}/${i}.png`, i]));
    await write(folder, files);
    const counts: number[] = [];
    await openPictureFolder(folder, { onProgress: ({ read, total }) => counts.push(read / total) });
    assertEquals(counts, Array.from({ length: 60 }, (_, i) => (i + 1) / 60));

    const controller = new AbortController(), reason = new Error("enough");
    let read = 0;
    const onProgress = () => ++read === 10 && controller.abort(reason);
    const open = () => openPictureFolder(folder, { signal: controller.signal, onProgress });
    assertEquals(await assertRejects(open, Error), reason);
    assertEquals(read < 25, true);
  },
);

folderTest("listPictures() lists a folder, class folders, or a set", async (folder) => {
  const empty = new Uint8Array();
  const list = async (path: string, set?: "train" | "test") => {
    const { pictures, notes } = await listPictures(`${folder}/${path}`, { set });
    return [
      pictures.map(({ path, className }) => [path.slice(folder.length + 1), className]),
      notes.map(({ text }) => text),
    ];
  };
  await write(folder, {
    "flat/2.png": empty,
    "flat/1.jpg": empty,
    "flat/old/3.png": empty,
    "flat/a.txt": empty,
    "sets/train/a/1.png": empty,
    "sets/test/a/2.png": empty,
    "nothing/a.txt": empty,
  });
  assertEquals(await list("flat"), [
    [["flat/1.jpg", undefined], ["flat/2.png", undefined]],
    [`folders beside the pictures are not used: "old"`, `files that are not pictures are not used: "a.txt"`],
  ]);
  assertEquals(await list("sets"), [[["sets/test/a/2.png", "a"]], []]);
  assertEquals(await list("sets", "train"), [[["sets/train/a/1.png", "a"]], []]);
  assertEquals(await list("sets/test"), [[["sets/test/a/2.png", "a"]], []]);
  assertEquals(await list("nothing"), [[], []]);
});

folderTest("openPictureFolder() puts white strokes on a transparent canvas on black", async (folder) => {
  const pixels = new Uint8Array(2 * 784).fill(255);
  for (let at = 1; at < pixels.length; at += 2) pixels[at] = at > 700 && at < 740 ? 255 : 0; // a stroke in row 12
  const strokes = await formatPng({ width: 28, height: 28, channels: 2, pixels });
  await write(folder, { "a/0.png": strokes, "b/0.png": 7 });
  const { train } = (await openPictureFolder(folder))!, values = train.inputs.values as Uint8Array;
  assertEquals([values[0], values[360], values[784]], [0, 255, 7]);
});

const DIGITS = sharedCase("folders");

Deno.test({
  name: "openPictureFolder() reads digits in class folders (needs ../shared/cases/folders and --allow-read)",
  ignore: !isReadable(DIGITS),
  fn: async () => {
    const { train, test, classNames, notes } = await opened(DIGITS);
    assertEquals([train.shape, test?.shape, notes], [[40, 28, 28], [10, 28, 28], []]);
    assertEquals(classNames, Array.from("0123456789"));
    assertEquals(test?.labels, ["0", "1", "1", "2", "4", "4", "5", "7", "9", "9"]);
  },
});
