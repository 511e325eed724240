/** Checks the links of README.md and docs/. */
import { assert, assertArrayIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { isGranted } from "../support/permissions.ts";
import { ROOT } from "../tasks/support.ts";
import { anchorsOf, documents, localLinks } from "./documents.ts";

const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

Deno.test("README.md and docs/ link to files and headings that exist (needs --allow-read)", reading, () => {
  for (const path of documents()) {
    for (const link of localLinks(path)) {
      const [file, anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      assert(Deno.statSync(join(ROOT, target)), `${path}: ${link}`);
      const anchors = /^L\d+-L\d+$/.test(anchor) ? anchor.split("-") : [anchor]; // a range of lines
      if (anchor !== undefined) assertArrayIncludes(anchorsOf(target), anchors, `${path}: ${link}`);
    }
  }
});

Deno.test("README.md leads to every document (needs --allow-read)", reading, () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    if (!path.endsWith(".md")) continue;
    for (const link of localLinks(path)) {
      reached.add(join(dirname(path), link.split("#")[0] || "."));
    }
  }
  assertArrayIncludes([...reached], documents());
});
