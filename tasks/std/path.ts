/**
 * The functions on paths that this project's tasks and tests use, with the names, signatures and behaviour of
 * `jsr:@std/path@1`, so that both run on a machine that reaches no registry. `deno.jsr.json` maps the same name to the
 * published package.
 * @module
 */
import nodePath from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What separates the parts of a path: `/`, on Windows `\`. */
export const SEPARATOR = nodePath.sep as "/" | "\\";

/** Joins parts into one path, without `.`, `..` and doubled separators. */
export function join(path?: string | URL, ...paths: string[]): string {
  return nodePath.join(path instanceof URL ? fromFileUrl(path) : path ?? "", ...paths);
}

/** The absolute path that the parts lead to, one after the other, from the current directory. */
export function resolve(...pathSegments: string[]): string {
  return nodePath.resolve(...pathSegments);
}

/** The directory of a path. */
export function dirname(path: string | URL): string {
  return nodePath.dirname(path instanceof URL ? fromFileUrl(path) : path);
}

/** The last part of a path, without `suffix` where it ends so. */
export function basename(path: string | URL, suffix = ""): string {
  return nodePath.basename(path instanceof URL ? fromFileUrl(path) : path, suffix);
}

/** The extension of a path's last part with its dot; `""` where it has none. */
export function extname(path: string | URL): string {
  return nodePath.extname(path instanceof URL ? fromFileUrl(path) : path);
}

/** Whether a path starts at the root. */
export function isAbsolute(path: string): boolean {
  return nodePath.isAbsolute(path);
}

/** The way from one path to another; `""` where they are the same. */
export function relative(from: string, to: string): string {
  return nodePath.relative(from, to);
}

/** The path that a `file:` URL stands for. */
export function fromFileUrl(url: URL | string): string {
  const parsed = new URL(url);
  if (parsed.protocol !== "file:") {
    throw new TypeError(`URL must be a file URL: received "${parsed.protocol}"`);
  }
  return fileURLToPath(parsed);
}

/** The `file:` URL of an absolute path. */
export function toFileUrl(path: string): URL {
  if (!isAbsolute(path)) throw new TypeError(`Path must be absolute: received "${path}"`);
  return pathToFileURL(path);
}
