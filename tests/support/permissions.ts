/** The permissions of a test; bare `deno test` grants none. @module */

/** Returns true if all of these permissions are granted, without requesting them. */
export function isGranted(...permissions: Deno.PermissionDescriptor[]): boolean {
  return permissions.every((each) => Deno.permissions.querySync(each).state === "granted");
}
