import { assertEquals } from "@std/assert";
import { deniedBackendLines } from "../../tasks/shared/backend_lines.ts";

Deno.test("deniedBackendLines() names only backends that lack a permission", () => {
  const reason = 'Cannot open backend "cpu": loading "a.so" needs the permission --allow-ffi=a.so';
  const passedOver = [{ name: "cuda", reason: 'library "b.so" not found' }, { name: "cpu", reason }];
  assertEquals(deniedBackendLines({ passedOver }), [`passed over cpu: ${reason}`]);
});
