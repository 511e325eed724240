/**
 * The functions of `jsr:@std/path@1` that this project uses, with the same types, based on `node:path`. `"links"` in
 * `deno.json` replaces the published package with this one, as for `@std/assert`.
 * @module
 */
import * as node from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Joins parts into one path, without `.`, `..` and doubled separators. */
export function join(path: string | URL, ...paths: string[]): string {
  return node.join(path instanceof URL ? fromFileUrl(path) : path, ...paths);
}

/** Returns the folder of a path. */
export function dirname(path: string | URL): string {
  return node.dirname(path instanceof URL ? fromFileUrl(path) : path);
}

/** Returns the path of a `file:` URL. */
export function fromFileUrl(url: URL | string): string {
  return fileURLToPath(url);
}

/** Returns the `file:` URL of an absolute path. */
export function toFileUrl(path: string): URL {
  if (!node.isAbsolute(path)) throw new TypeError(`Path must be absolute: received "${path}"`);
  return pathToFileURL(path);
}
