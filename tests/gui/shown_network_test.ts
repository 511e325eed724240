import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { centerDigit } from "../../src/data/pictures/center.ts";
import type { ImageSpec } from "../../src/data/dataset.ts";
import { resizePicture } from "../../src/data/pictures/resize.ts";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { checkShowable, showNetwork } from "../../src/gui/network/shown_network.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork, drawInk } from "./support.ts";

const images = { inputShape: [28, 28], inputScale: 1 / 255 };

/** Creates a network whose input differs from that of a network for drawings in these fields. */
function networkOf(layers: LayerSpec[], input: Partial<typeof images> = {}): Mlp {
  return Mlp.create(layers, { ...images, ...input });
}

/** Networks that the page cannot show, and the reasons. */
const REFUSED: [mlp: Mlp, why: string][] = [
  [
    networkOf([dense(10, "softmax")], { inputShape: [32, 32, 3] }),
    "its inputs are color images of shape [32, 32, 3], drawings need gray ones",
  ],
  [
    networkOf([dense(2, "softmax")], { inputShape: [1, 1025] }),
    "its images have 1,025×1 pixels, the page shows at most 262,144, and 1,024 a side",
  ],
  [
    networkOf([dense(2, "softmax")], { inputShape: [513, 512] }),
    "its images have 512×513 pixels, the page shows at most 262,144, and 1,024 a side",
  ],
  [
    networkOfImages({ white: 1, placement: "resize" }, [30]),
    "its inputs have shape [30], drawings need [H, W]",
  ],
  [
    networkOf([dense(10, "softmax")], { inputScale: 1 }),
    "its inputs have scale 1, pixels from 0 to 255 need 0.00392156862745098; a table needs at most 100 columns, found 784",
  ],
  [networkOf([dense(1, "softmax")]), "it has one output, the page needs 2 to 100 classes"],
  [networkOf([dense(101, "softmax")]), "it has 101 outputs, the page needs 2 to 100 classes"],
  [networkOf([dense(10, "sigmoid")]), "its outputs are sigmoid, the page needs probabilities (softmax)"],
  [networkOf([dense(10, "linear")]), "its outputs are linear, the page needs probabilities (softmax)"],
];

for (const [mlp, why] of REFUSED) {
  Deno.test(`checkShowable() refuses a network: ${why.split(",")[0]}`, () => {
    assertThrows(() => checkShowable(mlp), TypeError, `The page cannot show this network: ${why}`);
  });
}

Deno.test("checkShowable() accepts inputs [784], and 2 to 100 classes", () => {
  for (const classes of [2, 26, 100]) {
    checkShowable(networkOf([dense(classes, "softmax")], { inputShape: [784] }));
  }
});

/** Creates a network with these properties of its images. */
function networkOfImages(image: ImageSpec, inputShape = [28, 28]): Mlp {
  return Mlp.create([dense(10, "softmax")], { inputShape, inputScale: 1 / image.white, image });
}

Deno.test("showNetwork() brings drawings to the range and the background of the network's pixels", () => {
  const ink = drawInk({ bar: true }), spec = { white: 255, background: "dark", placement: "center" } as const;
  const centered = centerDigit({ values: ink, width: INK_SIDE, height: INK_SIDE });
  for (const white of [1, 16, 255]) {
    for (const background of ["dark", "light"] as const) {
      const mlp = networkOfImages({ ...spec, white, background }), shown = showNetwork(mlp, "");
      const { seen, probabilities } = shown.predict(ink);
      const pixels = background === "light" ? centered.map((value) => 255 - value) : centered;
      assertEquals(seen, [...centered], "the page shows ink, which it paints dark on light paper");
      const wanted = mlp.predict(Float32Array.from(pixels, (value) => value * white / 255));
      for (const [label, value] of wanted.entries()) assertAlmostEquals(probabilities![label], value, 1e-6);
      assertEquals(shown.imageOf(ink), centered);
      assertEquals(shown.predict(new Uint8Array(INK_SIDE ** 2)), { version: 1, seen: null });
    }
  }
});

Deno.test("showNetwork() scales the complete drawing for a network of complete pictures", () => {
  const ink = drawInk({ left: 20 }), sheet = { width: INK_SIDE, height: INK_SIDE, channels: 1 } as const;
  const wanted = resizePicture({ ...sheet, pixels: ink }, { width: 28, height: 28, channels: 1 });
  const shown = showNetwork(networkOfImages({ white: 1, placement: "resize" }), "");
  assertEquals(shown.view().isCentered, false);
  assertEquals(shown.predict(ink).seen, [...wanted]);
  assertEquals(shown.imageOf(ink), wanted);
  assertEquals(shown.predict(new Uint8Array(INK_SIDE ** 2)).seen, null);
});

Deno.test("showNetwork() describes rectangular images, and scales a sheet of a whole multiple of their size", () => {
  for (
    const [inputShape, size, sheet] of [
      [[28, 28], [28, 28], [196, 196]],
      [[784], [28, 28], [196, 196]],
      [[8, 8], [8, 8], [200, 200]],
      [[16, 48], [48, 16], [192, 64]],
      [[1, 40, 10], [10, 40], [50, 200]],
      [[300, 200], [200, 300], [200, 300]],
    ]
  ) {
    const mlp = networkOfImages({ white: 255, background: "light", placement: "resize" }, inputShape);
    const shown = showNetwork(mlp, ""), { input, isCentered } = shown.view();
    const [width, height] = size, [sheetWidth, sheetHeight] = sheet;
    assertEquals(input, { kind: "image", width, height, sheetWidth, sheetHeight, background: "light" });
    assertEquals(isCentered, false);
    const scale = sheetWidth / width, at = width * (height - 1) + 1; // one pixel in the last line
    const ink = Uint8Array.from(
      { length: sheetWidth * sheetHeight },
      (_, i) =>
        Math.floor(i / sheetWidth / scale) === height - 1 && Math.floor(i % sheetWidth / scale) === 1
          ? 255
          : 0,
    );
    const image = new Uint8Array(width * height);
    image[at] = 255;
    const { seen, probabilities } = shown.predict(ink),
      wanted = mlp.predict(image.map((value) => 255 - value));
    assertEquals(seen, [...image]);
    for (const [label, value] of wanted.entries()) assertAlmostEquals(probabilities![label], value, 1e-6);
    assertThrows(() => shown.predict(ink.subarray(1)), Error, `needs ${ink.length} bytes, found`);
    assertEquals(shown.unit(0, 3).weights.length, width * height);
    assertEquals([shown.unit(0, 3).rows, shown.unit(0, 3).columns], [height, width]);
  }
});

Deno.test("showNetwork() shows two classes of images for a network with one output", () => {
  const one = networkOf([dense(1, "sigmoid")]), config = resolveConfig({ loss: "binary-cross-entropy" });
  const dataset = { source: "nothing", rows: 1 },
    training = { config, epochs: 1, dataset, backend: "reference" };
  const shown = showNetwork(new Mlp({ ...one, training }), ""), { probabilities } = shown.predict(drawInk());
  assertEquals(shown.view().classNames, ["0", "1"]);
  assertEquals(probabilities!.length, 2);
  assertAlmostEquals(probabilities![0] + probabilities![1], 1, 1e-6);
});

Deno.test("showNetwork() turns the logits of a network into probabilities", () => {
  const softmax = createNetwork();
  const logits = new Mlp({
    ...softmax,
    layers: [...softmax.layers.slice(0, 2), dense(10, "linear")],
    training: {
      config: resolveConfig({ loss: "cross-entropy" }),
      epochs: 1,
      dataset: { source: "nothing", rows: 1 },
      backend: "reference",
    },
  });
  const [found, wanted] = [logits, softmax].map((mlp) => showNetwork(mlp, "").predict(drawInk()));
  for (const [label, probability] of wanted.probabilities!.entries()) {
    assertAlmostEquals(found.probabilities![label], probability, 1e-6); // rounded to float32 at another step
  }
  assertEquals(found.guess, wanted.guess);
});

Deno.test("showNetwork() names classes as the network does", () => {
  const mlp = new Mlp({ ...networkOf([dense(3, "softmax")]), classNames: ["circle", "square", "star"] });
  assertEquals(showNetwork(mlp, "").view().classNames, ["circle", "square", "star"]);
});

Deno.test("showNetwork() predicts with the newest parameters, with a new version", () => {
  const first = createNetwork(), second = Mlp.create(first.layers, images, { seed: 2 });
  const shown = showNetwork(first, ""), ink = drawInk();
  const before = shown.predict(ink);
  assertEquals(shown.update(second.parameters), 2);
  assertEquals(shown.predict(ink), { ...showNetwork(second, "").predict(ink), version: 2 });
  assertEquals(shown.unit(0, 0).weights, [...second.parameters["layer_1.weights"].subarray(0, 784)]);
  assertEquals(shown.update(first.parameters), 3);
  assertEquals(shown.predict(ink), { ...before, version: 3 });
});

Deno.test("showNetwork() decides by the network's thresholds, which training may set", () => {
  const mlp = createNetwork(), ink = drawInk(), shown = showNetwork(mlp, ""), before = shown.predict(ink);
  assertEquals([shown.view().hasThresholds, "known" in before], [false, false]);
  mlp.thresholds = { probability: 0, energy: -100, together: 0 };
  shown.update(mlp.parameters);
  const sure = shown.predict(ink);
  assertEquals([shown.view().hasThresholds, shown.view().sureFrom], [true, 0]);
  assertEquals([sure.sure, sure.known, sure.activations], [true, true, before.activations]);
  sure.probabilities!.forEach((value, label) =>
    assertAlmostEquals(value, before.probabilities![label], 1e-6)
  );
  mlp.thresholds = { probability: 0, energy: 100, together: 1 };
  const unlike = shown.predict(ink);
  assertEquals([unlike.sure, unlike.known, unlike.guess], [false, false, before.guess]);
});
