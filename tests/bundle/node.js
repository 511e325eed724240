// Runs in Node.js: `node node.js BUNDLE` prints the results of using the bundle, as JSON.
import process from "node:process";
import { pathToFileURL } from "node:url";
import { useFiles, useLibrary } from "./use_library.js";

const library = await import(pathToFileURL(process.argv[2]).href);
const backend = await library.openBackend();
const { name, device, passedOver } = backend;
const result = {
  name,
  device,
  passedOver,
  used: await useLibrary(library, backend),
  refused: await useFiles(library),
};
await backend.close();
process.stdout.write(JSON.stringify(result));
