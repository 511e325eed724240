/** The imports between the modules of src/. */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { dirname, relative, resolve, sep } from "node:path";
import { isGranted } from "./support/permissions.ts";

const SRC = fromFileUrl(new URL("../src", import.meta.url));

/** Matches an import or re-export of a module of this project, including types. */
const IMPORT = /\b(?:from|import\()\s*"(\.[^"]+\.ts)"/g;

/** Returns the modules below a folder, each with its imports. */
async function importsBelow(
  folder: string,
  found = new Map<string, string[]>(),
): Promise<Map<string, string[]>> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await importsBelow(path, found);
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(path);
      found.set(path, [...text.matchAll(IMPORT)].map(([, other]) => resolve(dirname(path), other)));
    }
  }
  return found;
}

/** Returns a cycle of imports, from a module back to itself; `undefined` if there is none. */
function cycleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>(), way: string[] = [];
  const visit = (module: string): string[] | undefined => {
    if (way.includes(module)) return [...way.slice(way.indexOf(module)), module];
    if (done.has(module)) return undefined;
    way.push(module);
    for (const other of imports.get(module) ?? []) {
      const cycle = visit(other);
      if (cycle) return cycle;
    }
    way.pop();
    done.add(module);
    return undefined;
  };
  for (const module of imports.keys()) {
    const cycle = visit(module);
    if (cycle) return cycle;
  }
  return undefined;
}

Deno.test("cycleIn() finds a cycle, and ignores paths that only join again", () => {
  assertEquals(cycleIn(new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]])), undefined);
  assertEquals(cycleIn(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
});

Deno.test({
  name: "src/ has no import cycle, including imports of types (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const imports = await importsBelow(SRC);
    assertEquals(imports.size > 100, true);
    assertEquals(cycleIn(imports)?.map((path) => relative(SRC, path)), undefined);
  },
});

/**
 * The folders of src/ whose modules a folder may import, besides its own. The files directly in src/ are not checked:
 * a folder may import any modules through them if there is no cycle.
 */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  plan: [],
  formats: [],
  workers: [],
  data: ["formats"],
  augment: ["data", "workers"],
  backends: ["plan", "data", "workers"],
  training: ["plan", "data", "formats", "augment", "backends"],
  export: ["plan", "data", "formats", "backends", "training", "import"],
  import: ["plan", "data", "formats", "backends", "training"],
  gui: ["plan", "data", "formats", "augment", "backends", "training"],
  report: ["data", "formats", "backends", "training"],
  sweep: ["plan", "data", "backends", "training"],
};

Deno.test({
  name:
    "src/ imports in one direction: training, backends, plan; data and formats below (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const partsOf = (path: string) => relative(SRC, path).split(sep), faults: string[] = [];
    for (const [module, others] of await importsBelow(SRC)) {
      const [folder, ...inside] = partsOf(module);
      if (inside.length === 0) continue;
      for (const other of others) {
        const [to, ...rest] = partsOf(other);
        if (rest.length === 0 || to === folder || BELOW[folder]?.includes(to)) continue;
        faults.push(`${relative(SRC, module)} imports ${relative(SRC, other)}`);
      }
    }
    assertEquals(faults, []);
  },
});
