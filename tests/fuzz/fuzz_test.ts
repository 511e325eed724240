/** Some inputs of `deno task fuzz`, which runs millions, and the parts of its loop. @module */
import { assert, assertEquals } from "@std/assert";
import { inflateRawSync } from "node:zlib";
import { FormatError } from "../../src/errors.ts";
import { isGranted } from "../support/permissions.ts";
import { createDraw } from "./draw.ts";
import { deflated } from "./formats/deflate.ts";
import { type FuzzReader, isSame } from "./kinds.ts";
import { makeInput, memoryLimit, runPortion } from "./loop.ts";
import { READERS } from "./readers.ts";
import { smaller } from "./reproduce.ts";
import { runPortions } from "./threads.ts";
import { judge } from "./verdict.ts";

/** Inputs of a reader in each test run. */
const INPUTS = 60;

for (const reader of READERS) {
  Deno.test(`The reader ${reader.name} gives a FormatError or a right result for ${INPUTS} inputs with faults`, async () => {
    const { failures, inputs, past, results } = await runPortion({
      reader: reader.name,
      seed: 104,
      from: 0,
      count: INPUTS,
    });
    assertEquals(failures, []);
    assertEquals(inputs, INPUTS);
    assert(past >= INPUTS / 5, `${past} of ${INPUTS} inputs got past the container`);
    assert(results > 0, "no input gave a result");
  });
}

Deno.test("makeInput() makes the same bytes for the same seed, reader and number, and others for another", () => {
  const [reader] = READERS,
    bytesOf = (seed: number, index: number) => makeInput(reader, 0, seed, index).bytes;
  assertEquals(bytesOf(1, 7), bytesOf(1, 7));
  assert(!isSame(bytesOf(1, 7), bytesOf(1, 8)));
  assert(!isSame(bytesOf(1, 7), bytesOf(2, 7)));
});

Deno.test("deflated() writes what zlib reads, in blocks of every kind", () => {
  const kinds = new Set<number>();
  for (let index = 0; index < 60; index++) {
    const draw = createDraw(1, 0, index, Infinity);
    const bytes = Uint8Array.from({ length: draw.below(300) }, () => draw.below(1 << draw.between(1, 8)));
    const packed = deflated(bytes, draw);
    kinds.add(packed[0] >> 1 & 3);
    assertEquals(new Uint8Array(inflateRawSync(packed)), bytes);
  }
  assertEquals([...kinds].sort(), [0, 1, 2]);
});

/** Returns a reader that does `read` with its input. */
function readerThat(read: (bytes: Uint8Array) => unknown): FuzzReader {
  return {
    name: "test",
    share: 1,
    places: 1,
    make: () => ({ bytes: new Uint8Array() }),
    read,
    isPast: () => true,
  };
}

const FAULTS: readonly (readonly [kind: string, error: unknown, fault: string])[] = [
  ["an error of V8", new RangeError("Invalid array length"), "another error: RangeError"],
  ["a text that is thrown", "no", "throws no"],
  ["a message without a beginning", new FormatError("it is damaged"), "a message of another form"],
  ["a period at the end", new FormatError('Cannot read "a": it is damaged.'), "a message of another form"],
  [
    "a message with the text of a decoder",
    new FormatError('Cannot read "a": corrupt deflate stream'),
    "inner text",
  ],
  ["a wrong offset", Object.assign(new FormatError('Cannot read "a": no'), { offset: -1 }), "offset -1"],
  [
    "a long message",
    new FormatError(`Cannot read "${"a".repeat(2000)}": no`),
    "a message of 2018 characters",
  ],
];

for (const [kind, error, needed] of FAULTS) {
  Deno.test(`judge() finds ${kind}`, async () => {
    const reader = readerThat(() => {
      throw error;
    });
    const { fault = "" } = await judge(reader, { bytes: new Uint8Array() }, { faults: 1 });
    assert(fault.includes(needed), fault);
  });
}

Deno.test("judge() finds a wrong result, a right file that is refused, and a result that cannot be used", async () => {
  const bytes = new Uint8Array(),
    refuse = () => {
      throw new FormatError('Cannot read "a": it is damaged');
    };
  const faultOf = async (reader: FuzzReader, faults: number, expected?: unknown) =>
    (await judge(reader, { bytes, expected }, { faults })).fault;
  assertEquals(await faultOf(readerThat(() => [1]), 0, [1]), undefined);
  assertEquals(await faultOf(readerThat(() => [1]), 0, [2]), "wrong result: another result than was written");
  assertEquals(await faultOf(readerThat(() => [1]), 1, [2]), undefined);
  assertEquals(await faultOf(readerThat(refuse), 1, [2]), undefined);
  assertEquals(
    await faultOf(readerThat(refuse), 0, [2]),
    'refuses a right file: Cannot read "a": it is damaged',
  );
  const unusable = { ...readerThat(() => 1), fault: refuse };
  assert((await faultOf(unusable, 1))?.includes("its result cannot be used"));
});

Deno.test("smaller() removes the parts of an input that its failure does not need", async () => {
  const reader = readerThat((bytes) => {
    if (bytes.includes(7) && bytes.includes(9)) throw new TypeError("seven and nine");
  });
  assertEquals(await smaller(reader, Uint8Array.of(1, 2, 7, 3, 4, 5, 9, 6)), Uint8Array.of(7, 9));
});

Deno.test({
  name: "runPortions() gives the same counts on threads as without (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const portions = [0, 20, 40].map((from) => ({ reader: "npy", seed: 3, from, count: 20 }));
    const countsOn = async (threads: number) => {
      const progress: number[] = [];
      const { tallies } = await runPortions(portions, {
        threads,
        onProgress: (inputs) => progress.push(inputs),
      });
      const { inputs, bytes, past, results, errors, faultless } = tallies.get("npy")!;
      return { progress, inputs, bytes, past, results, errors, faultless };
    };
    const counts = await countsOn(0);
    assertEquals(counts.progress, [20, 40, 60]);
    assertEquals(await countsOn(2), counts);
  },
});

Deno.test("memoryLimit() is 16 MiB and 100 times the size, and a copy of that", () => {
  assertEquals(memoryLimit(1000), 2 * (16_777_216 + 100_000));
  assertEquals(memoryLimit(1000, 64), 2 * (67_108_864 + 100_000));
});
