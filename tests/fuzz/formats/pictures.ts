/** Inputs for the reader of the sizes that PNG, JPEG, WebP, GIF and BMP files declare. @module */
import { pictureSize } from "../../../src/formats/picture.ts";
import { pictureFormatOf } from "../../../src/formats/picture_kind.ts";
import type { Draw } from "../draw.ts";
import type { FuzzReader } from "../kinds.ts";
import { createWriter } from "../writer.ts";
import { makePng } from "./png.ts";

/** A width and a height. */
type Size = readonly [width: number, height: number];

function jpeg(draw: Draw, [width, height]: Size): Uint8Array {
  const file = createWriter();
  const segment = (marker: number, write: (content: ReturnType<typeof createWriter>) => void) => {
    const content = createWriter();
    write(content);
    file.bytes([0xFF, draw.number(marker) & 255]);
    file.big(draw.number(content.length + 2), 2);
    file.bytes(draw.bytes(content.done()));
  };
  file.bytes([0xFF, 0xD8]);
  const segments = [
    () => segment(0xE0, (content) => content.text("JFIF\0")),
    () =>
      segment(draw.pick([0xC0, 0xC1, 0xC2]), (content) => {
        content.little(draw.number(8), 1);
        content.big(height, 2);
        content.big(width, 2);
        content.bytes([1, 1, 0x11, 0]);
      }),
    () => segment(0xC4, (content) => content.bytes(new Uint8Array(17))),
    () => segment(0xDA, (content) => content.bytes([1, 1, 0, 0, 63, 0])),
  ];
  for (const write of draw.parts(segments)) write();
  file.bytes(draw.bytes(Uint8Array.of(0x12, 0xFF, 0, 0x34)));
  file.bytes(draw.bytes(Uint8Array.of(0xFF, 0xD9)));
  return file.done();
}

function webp(draw: Draw, [width, height]: Size): Uint8Array {
  const chunks = createWriter(), kind = draw.pick(["VP8 ", "VP8L", "VP8X"]);
  const chunk = (name: string, bytes: Uint8Array) => {
    chunks.text(draw.text(name));
    chunks.little(draw.number(bytes.length), 4);
    chunks.bytes(draw.bytes(bytes));
    if (bytes.length % 2) chunks.little(0, 1);
  };
  const lossy = createWriter(), lossless = createWriter(), canvas = createWriter();
  lossy.bytes([0, 0, 0, 0x9D, 1, 0x2A]);
  lossy.little(width & 0x3FFF, 2);
  lossy.little(height & 0x3FFF, 2);
  lossless.bytes([0x2F]);
  lossless.little((width - 1 & 0x3FFF) + (height - 1 & 0x3FFF) * 2 ** 14, 4);
  canvas.bytes([0, 0, 0, 0]);
  canvas.little(width - 1, 3);
  canvas.little(height - 1, 3);
  if (kind === "VP8X") chunk("VP8X", canvas.done());
  if (kind === "VP8L") chunk("VP8L", lossless.done());
  else chunk("VP8 ", lossy.done());
  const file = createWriter(), content = chunks.done();
  file.text("RIFF");
  file.little(draw.number(4 + content.length), 4);
  file.text("WEBP");
  file.bytes(content);
  return file.done();
}

function gif(draw: Draw, [width, height]: Size): Uint8Array {
  const file = createWriter(), hasColors = draw.chance(0.5);
  file.text(draw.pick(["GIF87a", "GIF89a"]));
  file.little(draw.number(width), 2);
  file.little(draw.number(height), 2);
  file.bytes([draw.number(hasColors ? 0x80 : 0) & 255, 0, 0]);
  if (hasColors) file.bytes(new Uint8Array(6));
  if (draw.chance(0.5)) file.bytes(draw.bytes(Uint8Array.of(0x21, 0xF9, 4, 0, 0, 0, 0, 0)));
  file.bytes([draw.number(0x2C) & 255, 0, 0, 0, 0]);
  file.little(draw.number(width), 2);
  file.little(draw.number(height), 2);
  file.bytes([0, 2, 1, 0, 0, 0x3B]);
  return draw.bytes(file.done());
}

function bmp(draw: Draw, [width, height]: Size): Uint8Array {
  const file = createWriter(), isOld = draw.chance(0.3);
  file.text("BM");
  file.little(draw.number(60), 4);
  file.little(0, 4);
  file.little(draw.number(54), 4);
  file.little(draw.number(isOld ? 12 : 40), 4);
  file.little(width, isOld ? 2 : 4);
  file.little(draw.chance(0.3) && !isOld ? -height : height, isOld ? 2 : 4);
  file.bytes(new Uint8Array(30));
  return draw.bytes(file.done());
}

/** The reader of declared sizes. Its container is the first bytes, which tell the format. */
export const PICTURES: FuzzReader = {
  name: "picture",
  share: 66,
  places: 8,
  make(draw) {
    const size = [draw.between(1, 300), draw.between(1, 300)] as const;
    const write = draw.pick([jpeg, webp, gif, bmp, png]);
    const [width, height] = size.map((length) => draw.number(length));
    const bytes = write(draw, [width, height]);
    return { bytes, ...write !== png && { expected: { width, height } } };
  },
  read: (bytes) => pictureSize(bytes),
  isPast: (bytes) => pictureFormatOf(bytes) !== undefined,
  fault(result) {
    const { width, height } = result as { width: number; height: number };
    const isRight = [width, height].every((length) => Number.isInteger(length) && length >= 1);
    if (!isRight || width * height > 2 ** 26) return `${width}×${height} pixels`;
  },
};

function png(draw: Draw): Uint8Array {
  return makePng(draw).bytes;
}
