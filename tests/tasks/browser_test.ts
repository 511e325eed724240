import { assertEquals, assertMatch } from "@std/assert";
import { openBrowser } from "../../tasks/shared/browser.ts";
import { isGranted } from "../support/permissions.ts";
import { record } from "./terminal/fakes.ts";

Deno.test({
  name: "openBrowser() reports that it lacks the permission (needs to run without --allow-run)",
  ignore: isGranted({ name: "run" }),
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const { screen, stdout, stderr } = record();
    await openBrowser("http://127.0.0.1:8000/", screen);
    assertEquals(stdout(), "");
    assertMatch(
      stderr(),
      /^Cannot open the browser: [\w-]+ is not installed, or this process may not run it; open the address yourself\n$/,
    );
  },
});
