/** What a test may do. Bare `deno test` may do nothing. @module */

/** Whether all of these permissions are granted, without asking for them. */
export function isGranted(...permissions: Deno.PermissionDescriptor[]): boolean {
  return permissions.every((each) => Deno.permissions.querySync(each).state === "granted");
}
