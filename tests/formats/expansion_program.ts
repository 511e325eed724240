/**
 * Reads an archive that expands to 128 MiB, first without trusting its sizes, and prints by how many MiB each time the most memory
 * of the process was above the memory before, as JSON.
 * @module
 */
import process from "node:process";
import { parseNpz } from "../../src/formats/npz.ts";
import { formatNpyHeader } from "../../src/formats/npy_header.ts";
import { deflatedZip } from "../support/deflated.ts";

const SIZE = 2 ** 27;

/** Yields the file of an array of zeros. */
function* content(): Generator<Uint8Array> {
  yield formatNpyHeader("|u1", [SIZE]);
  for (let at = 0; at < SIZE; at += 2 ** 20) yield new Uint8Array(2 ** 20);
}

const mostMemory = () => process.resourceUsage().maxRSS / 1024;
const bytes = await deflatedZip([{ name: "x.npy", content: content() }]);
const before = mostMemory();
const refused = await parseNpz(bytes).then(() => NaN, () => mostMemory() - before);
const { shape } = await (await parseNpz(bytes, { trustSizes: true })).read("x");
console.log(JSON.stringify({ refused, read: shape[0] === SIZE ? mostMemory() - before : NaN }));
