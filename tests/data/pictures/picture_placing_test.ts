import { assertEquals } from "@std/assert";
import type { InputSpec } from "../../../src/data/dataset.ts";
import { readImages } from "../../../src/data/pictures/images.ts";
import { interpret } from "../../../src/data/meaning/interpret.ts";
import { openPictureFolder } from "../../../src/data/pictures/picture_folder.ts";
import { formatPng } from "../../../src/formats/png_write.ts";
import { folderTest } from "../../support/folders.ts";

folderTest("openPictureFolder() places pictures as a network's predictions do", async (folder) => {
  const cross = (side: number, ink: number, paper: number) => {
    const isInk = (i: number) => i % side === (side >> 2) || Math.floor(i / side) === (side >> 2);
    const isEdge = (i: number) =>
      [0, side - 1].includes(i % side) || [0, side - 1].includes(Math.floor(i / side));
    const pixels = Uint8Array.from({ length: side * side }, (_, i) => isInk(i) && !isEdge(i) ? ink : paper);
    return formatPng({ width: side, height: side, channels: 1, pixels });
  };
  for (const name of ["a", "b"]) await Deno.mkdir(`${folder}/${name}`);
  const paths = ["a/large.png", "a/own.png", "b/dark.png"].map((path) => `${folder}/${path}`);
  await Deno.writeFile(paths[0], await cross(60, 0, 255));
  await Deno.writeFile(paths[1], await cross(28, 10, 250));
  await Deno.writeFile(paths[2], await cross(28, 250, 10));
  for (const background of ["dark", "light"] as const) {
    const like: InputSpec = { inputShape: [28, 28], image: { white: 255, background, placement: "center" } };
    const source = (await openPictureFolder(folder, { like }))!;
    const pixels = source.train.inputs.values as Uint8Array;
    const [large, own, dark] = [0, 1, 2].map((row) => pixels.slice(row * 784, row * 784 + 784));
    const [predicted] = await readImages(await Deno.readFile(paths[0]), like, { name: "large" });
    assertEquals(large, predicted.inputs);
    assertEquals([own[0], own[7 * 28 + 9]], background === "dark" ? [5, 245] : [250, 10]);
    assertEquals([dark[0], dark[7 * 28 + 9]], background === "dark" ? [10, 250] : [245, 5]);
    assertEquals(interpret(source, { like }).train.inputs, pixels);
    assertEquals(source.notes?.[0].text, "ink of images of 28×28 to 60×60 pixels centered on 28×28 gray");
  }
  // A network that does not tell its background takes bright ink on a dark one.
  const old = (await openPictureFolder(folder, { like: { inputShape: [28, 28], inputScale: 1 / 255 } }))!;
  assertEquals([0, 784, 1568].map((at) => old.train.inputs.values[at]), [0, 5, 10]);
});
