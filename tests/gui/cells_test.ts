/** Tests of the images behind a cell of the confusion matrix. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createCells } from "../../src/gui/network/cells.ts";
import { type CellView, ROUTES } from "../../src/gui/protocol/protocol.ts";
import { indexOfLargest } from "../../src/index_of_largest.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { drawBlobs } from "../support/sets.ts";
import { ask, createNetwork, openGui } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const mlp = createNetwork();

/** Returns a set of noise whose first pixel is the row, so that each image can be recognized. */
function imagesOf(count: number) {
  const set = {
    ...drawBlobs({ rows: count, inFeatures: 784, classes: 10 }),
    inputShape: [28, 28],
    inputScale: 1 / 255,
  };
  const inputs = Uint8Array.from(set.inputs, (value) => 40 * Math.abs(value));
  for (let row = 0; row < count; row++) inputs[784 * row] = row % 256;
  return { ...set, inputs };
}
const images = imagesOf(200);

/** Returns the class that the network predicts for each row. */
function guessesOf(network: Mlp): number[] {
  const outputs = network.predict(images.inputs);
  return Array.from(images.labels!, (_, row) => indexOfLargest(outputs.subarray(10 * row, 10 * row + 10)));
}

Deno.test(
  "createCells() finds exactly the rows of a cell, with their pixels and probabilities",
  options,
  async () => {
    const cells = createCells(images), guesses = guessesOf(mlp), outputs = mlp.predict(images.inputs);
    let found = 0;
    for (let label = 0; label < 10; label++) {
      for (let predicted = 0; predicted < 10; predicted++) {
        const view = await cells.find(mlp, { label, predicted });
        const wanted = guesses.flatMap((guess, row) =>
          guess === predicted && images.labels![row] === label ? [row] : []
        );
        assertEquals(view.images.map(({ row }) => row), wanted);
        assertEquals([view.label, view.predicted, view.searched, view.columns], [
          label,
          predicted,
          view.ofLabel,
          28,
        ]);
        for (const { row, pixels, probability } of view.images) {
          assertEquals(pixels, [...images.inputs.subarray(784 * row, 784 * row + 784)]);
          assertEquals(probability, outputs[10 * row + predicted]);
        }
        found += wanted.length;
      }
    }
    assertEquals(found, 200);
  },
);

Deno.test(
  "createCells() returns the width of images with a channel, and of square ones in rows",
  options,
  async () => {
    for (const inputShape of [[28, 28, 1], [1, 28, 28], [784]]) {
      const { columns } = await createCells({ ...images, inputShape }).find(mlp, { label: 0, predicted: 0 });
      assertEquals(columns, 28, `${inputShape}`);
    }
  },
);

Deno.test("createCells() returns at most 50 images, and stops searching then", options, async () => {
  const labels = new Uint32Array(200).fill(3), [guess] = guessesOf(mlp);
  const same = {
    ...images,
    labels,
    inputs: Uint8Array.from(images.inputs, (_, at) => images.inputs[at % 784]),
  };
  const view = await createCells(same).find(mlp, { label: 3, predicted: guess });
  assertEquals(view.images.map(({ row }) => row), Array.from({ length: 50 }, (_, row) => row));
  assertEquals([view.searched, view.ofLabel], [50, 200]);
});

Deno.test("createCells() limits its work, and lets other tasks run meanwhile", options, async () => {
  const large = Mlp.create([dense(6000, "relu"), dense(10, "softmax")], mlp, { init: "zeros" });
  const labels = new Uint32Array(2000).fill(3), set = { ...imagesOf(2000), labels };
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const { searched, ofLabel } = await createCells(set).find(large, { label: 3, predicted: 9 });
  clearInterval(timer);
  assert(searched > 100 && searched < 150, `${searched}`);
  assertEquals(ofLabel, 2000);
  assert(turns > 10, `${turns} turns`);
});

Deno.test(
  "createGui() shows a cell of the test set, also to guests, and refuses classes that do not exist",
  options,
  async () => {
    const gui = await openGui({ mlp, samples: images, hostname: "::" });
    const cell = (body: object, address?: string) =>
      ask(gui, ROUTES.cell, { body: JSON.stringify(body), address });
    const row = 17, label = images.labels![row], predicted = guessesOf(mlp)[row];
    for (const address of ["127.0.0.1", "192.168.1.5"]) {
      const { status, json } = await cell({ label, predicted }, address);
      assertEquals(status, 200);
      assert((json as unknown as CellView).images.some((image) => image.row === row));
    }
    for (
      const body of [{ label: 10, predicted: 0 }, { label: 0, predicted: -1 }, { label: 0 }, {
        label: "0",
        predicted: 0,
      }]
    ) {
      const { status, json } = await cell(body);
      assertEquals(status, 400);
      assertMatch(String(json.error), /^"(label|predicted)" needs a whole number from 0 to 9, found /);
    }
  },
);
