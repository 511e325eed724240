/** Tests that randomly damaged files are refused, or are read as the unchanged checkpoint. @module */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { createRandom } from "../../src/random.ts";
import { arraysOf, CHECKPOINT } from "../support/checkpoint.ts";

const NEW = formatCheckpoint(CHECKPOINT);
const { digest: _, ...OLD_ARRAYS } = await arraysOf(NEW);
/** The same checkpoint as version 0.1 wrote it, without a digest. */
const OLD = formatNpz(OLD_ARRAYS);

const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Returns whether the bytes are refused. Fails if they are read as another checkpoint, or if the error is of another class. */
async function isRefused(bytes: Uint8Array, damage: string): Promise<boolean> {
  try {
    const checkpoint = await parseCheckpoint(bytes, { name: "c.npz" });
    assert(isSame(formatCheckpoint(checkpoint), NEW), `${damage} is read as another checkpoint`);
    return false;
  } catch (error) {
    assertInstanceOf(error, FormatError, `${damage}: ${error}`);
    assert(error.message.startsWith(`Cannot read "c.npz": `), error.message);
    return true;
  }
}

for (const [name, file] of Object.entries({ "a checkpoint": NEW, "a checkpoint of version 0.1": OLD })) {
  Deno.test(`parseCheckpoint() refuses ${name} with a flipped bit, or reads it unchanged`, async () => {
    const random = createRandom(1, 104);
    let refused = 0;
    const flips = 2000;
    for (let flip = 0; flip < flips; flip++) {
      const bytes = file.slice(), at = random.below(bytes.length), bit = random.below(8);
      bytes[at] ^= 1 << bit;
      if (await isRefused(bytes, `bit ${bit} of byte ${at}`)) refused++;
    }
    // A small part of the bytes is not read: dates, versions, and the copies of fields in the local headers.
    assert(refused > 0.8 * flips && refused < flips, `${refused} of ${flips} refused`);
  });

  Deno.test(`parseCheckpoint() refuses ${name} with a lost block`, async () => {
    const random = createRandom(1, 105);
    for (let loss = 0; loss < 200; loss++) {
      const bytes = file.slice(), at = random.below(bytes.length), length = 1 + random.below(4096);
      if (random.below(2) === 0) bytes.fill(0, at, at + length);
      else bytes.copyWithin(at, random.below(bytes.length), bytes.length);
      await isRefused(bytes, `a block of ${length} bytes at byte ${at}`);
    }
  });

  Deno.test(`parseCheckpoint() refuses ${name} that is truncated`, async () => {
    const random = createRandom(1, 106),
      lengths = Array.from({ length: 400 }, () => random.below(file.length));
    for (let left = 1; left <= 200; left++) lengths.push(file.length - left);
    for (const length of lengths) {
      assertEquals(
        await isRefused(file.subarray(0, length), `the first ${length} bytes`),
        true,
        `${length} bytes`,
      );
    }
  });
}
