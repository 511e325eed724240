// Runs in Node.js: `node node.js FOLDER`. In each folder of FOLDER, computes the answers of out.mjs for the float32 rows of
// rows.bin, and writes them to node.bin as float64.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";

for (const name of readdirSync(process.argv[2])) {
  const file = (part) => `${process.argv[2]}/${name}/${part}`;
  const { inputShape, predict } = await import(pathToFileURL(file("out.mjs")).href);
  const { buffer, byteOffset, byteLength } = readFileSync(file("rows.bin"));
  const rows = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)), answers = [];
  const width = inputShape.reduce((product, length) => product * length, 1);
  for (let at = 0; at < rows.length; at += width) answers.push(...predict(rows.subarray(at, at + width)));
  writeFileSync(file("node.bin"), new Uint8Array(Float64Array.from(answers).buffer));
}
