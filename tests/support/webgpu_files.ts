/** Finds the files that have tests of WebGPU. @module */

const IMPORT = /^(import|\}).* from ".*\/support\/backends\.ts";$/m;

/**
 * Lists the test files that use the rows of backends.ts, in order.
 *
 * @param paths files, and folders to search
 */
export async function webgpuFiles(paths: readonly string[]): Promise<string[]> {
  const files = (await Promise.all(paths.map(testFiles))).flat();
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  return files.filter((_, at) => IMPORT.test(texts[at])).sort();
}

/** Returns the path of a file, or the test files of a folder and its subfolders. */
export async function testFiles(path: string): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(path));
  const found = entries.map(({ name, isDirectory }) => {
    const inside = `${path.replace(/\/$/, "")}/${name}`;
    return isDirectory ? testFiles(inside) : name.endsWith("_test.ts") ? [inside] : [];
  });
  return (await Promise.all(found)).flat();
}
