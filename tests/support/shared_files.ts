/** Files that tests use if this machine has them. @module */
import { fromFileUrl } from "@std/path";
import { isGranted } from "./permissions.ts";

/** Returns whether a file or folder exists and may be read. */
export function isReadable(path: string | URL): boolean {
  if (!isGranted({ name: "read", path })) return false;
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Returns the path of a file or folder of `../shared/cases`, beside the project; it need not exist. */
export function sharedCase(name: string): string {
  return fromFileUrl(new URL(`../../../shared/cases/${name}`, import.meta.url));
}
