import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { projectPath, shownPath, userFolder, userPath } from "../../../tasks/terminal/paths.ts";
import { isGranted } from "../../support/permissions.ts";

const ignore = !isGranted({ name: "read" });
const options = { ignore, permissions: ignore ? undefined : { read: true } } as const;

Deno.test("userPath() is relative to the user's folder (needs --allow-read)", options, () => {
  assertEquals(userPath("a/b.npz"), join(userFolder(), "a", "b.npz"));
  assertEquals(userPath("/a/b.npz"), "/a/b.npz");
});

Deno.test(
  "userFolder() is the current folder without the permission to read INIT_CWD (needs --allow-read)",
  options,
  () => {
    assertEquals(userFolder(), Deno.cwd());
  },
);

Deno.test(
  "shownPath() is relative for paths inside the user's folder (needs --allow-read)",
  options,
  () => {
    assertEquals(shownPath(userPath("model/model.npz")), join("model", "model.npz"));
    assertEquals(shownPath(join(userFolder(), "..", "x.npz")), join(userFolder(), "..", "x.npz"));
    assertEquals(shownPath(userPath("..data/x.npz")), join("..data", "x.npz"));
  },
);

Deno.test("projectPath() is relative to the project's folder", () => {
  assertMatch(projectPath("deno.json"), /[/\\]deno\.json$/);
  assertEquals(projectPath("tests/tasks/terminal/paths_test.ts"), import.meta.filename);
});
