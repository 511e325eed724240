/** Compares docs/architecture.md and its drawing with the folders of src/ and their imports. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { isGranted } from "../support/permissions.ts";
import { ROOT } from "../tasks/support.ts";
import { tableRows, textOf } from "./documents.ts";

const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

/** Returns the folders of src/. */
const folders = () =>
  [...Deno.readDirSync(join(ROOT, "src"))].filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
    .sort();

/** Returns the imports that tests/imports_test.ts allows, as its source has them. */
function allowedImports(): Record<string, string[]> {
  const [, object] = /^const BELOW: .*? = \{\n(.*?)^\};/ms.exec(textOf("tests/imports_test.ts"))!;
  const lines = [...object.matchAll(/^ {2}(\w+): \[([^\]]*)\],$/gm)];
  return Object.fromEntries(lines.map(([, name, list]) => [name, list.match(/\w+/g) ?? []]));
}

Deno.test(
  "docs/architecture.md has each folder of src/ and its imports (needs --allow-read)",
  reading,
  () => {
    const code = (cell: string) => cell.match(/(?<=`)\w+(?=`)/g) ?? [];
    const rows = tableRows("docs/architecture.md"), first = rows.findIndex(([cell]) => cell === "folder") + 2;
    const table = rows.slice(first, first + folders().length);
    const found = table.map(([folder, , imports]) => [code(folder)[0], code(imports)]);
    assertEquals(Object.fromEntries(found), allowedImports());
    assertEquals(found.map(([name]) => name as string).sort(), folders());
  },
);

Deno.test("docs/architecture.svg shows each folder of src/ (needs --allow-read)", reading, () => {
  const drawing = textOf("docs/architecture.svg");
  const names = [...drawing.matchAll(/<text class="name"[^>]*>(\w+)\/<\/text>/g)].map(([, name]) => name);
  const backends = ["reference", "wasm", "webgpu", "native"], others = ["tasks", "cpu", "cuda"];
  assertEquals(names.sort(), [...folders(), ...backends, ...others].sort());
  for (const name of backends) assert(Deno.statSync(join(ROOT, "src/backends", name)).isDirectory);
});
