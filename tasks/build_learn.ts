/**
 * `deno task build:learn`: writes the sources that the learning page shows, and the reference with its eight mistakes, anew. Run
 * `deno task build:page` after it.
 * @module
 */
import { BROKEN, BROKEN_FILES, brokenSource } from "./learn/broken.ts";
import { SOURCES, sourcesText } from "./learn/sources.ts";
import { ROOT } from "./backprop/source.ts";

for (const file of BROKEN_FILES) await Deno.writeTextFile(`${ROOT}${BROKEN}/${file}.ts`, brokenSource(file));
await Deno.writeTextFile(ROOT + SOURCES, sourcesText());
console.log(`wrote ${BROKEN}/ and ${SOURCES}`);
