import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { formatPng } from "../../src/formats/png_write.ts";
import { parseImageSize } from "../../tasks/shared/image_size.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";
import { taskTest } from "./support.ts";

const READ = [
  ["28x28", 28, 28, 1],
  ["32x48", 32, 48, 1],
  ["32x48x3", 32, 48, 3],
  ["8X8x1", 8, 8, 1],
  ["8×9", 8, 9, 1],
  [" 64 ", 64, 64, 1],
  ["4096x1", 4096, 1, 1],
] as const;

for (const [text, width, height, channels] of READ) {
  Deno.test(`parseImageSize() reads ${JSON.stringify(text)}`, () => {
    assertEquals(parseImageSize(text), { width, height, channels });
  });
}

const REFUSED = [
  "",
  "0",
  "28x0",
  "x28",
  "28x28x2",
  "28x28x3x1",
  "-28",
  "2.5",
  "28 28",
  "4097",
  "1e3",
  "WIDTHxHEIGHT",
];

for (const text of REFUSED) {
  Deno.test(`parseImageSize() refuses ${JSON.stringify(text)}`, () => {
    const needed = `--image-size needs WIDTHxHEIGHT, each from 1 to 4,096, found ${JSON.stringify(text)}`;
    const { hint } = assertThrows(() => parseImageSize(text), UsageError, needed);
    assertEquals(hint, "such as --image-size 28x28, or --image-size 32x32x3 for color");
  });
}

taskTest("train and eval bring the pictures of class folders to --image-size, and say so", async (folder) => {
  for (
    const [name, value] of [["train/cats", 0], ["test/cats", 40], ["train/dogs", 255], [
      "test/dogs",
      200,
    ]] as const
  ) {
    const pixels = new Uint8Array(8 * 6).fill(value);
    await Deno.mkdir(`${folder.path}/set/${name}`, { recursive: true });
    await Deno.writeFile(
      `${folder.path}/set/${name}/1.png`,
      await formatPng({ width: 8, height: 6, channels: 1, pixels }),
    );
  }
  const common = ["--data", "set", "--backend", "reference"];
  const train = (...args: string[]) =>
    folder.run("train", ...common, "--epochs", "1", "-o", "m.npz", ...args);
  const { stderr } = await train();
  assertStringIncludes(stderr, "\ndata     set: 2 rows to train, 2 to test; images [28, 28], 2 classes; ");
  const brought = "images of 8×6 pixels brought to 28×28 gray, stretched (--image-size 8x6)";
  assertStringIncludes(stderr, `\ndata     ${brought}\n`);
  const sized = await train("--image-size", "8x6");
  assertStringIncludes(sized.stderr, "images [6, 8], 2 classes");
  assertEquals(sized.stderr.includes("brought to"), false);
  const evaluated = await folder.run("eval", "-m", "m.npz", ...common);
  assertEquals(evaluated.code, 0, evaluated.stderr);
  assertStringIncludes(evaluated.stdout, " of 2)");
  const refused = await train("--image-size", "8by6");
  assertEquals(refused.code, 2);
});
