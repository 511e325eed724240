import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { drawOn } from "../../tasks/shared/data.ts";
import { record } from "./terminal/fakes.ts";

Deno.test("drawOn() shows the number of drawn digits on the transient line, and clears it", async () => {
  const { screen, stderr, stdout } = record({ transient: true });
  const sets = await drawOn({ screen, signal: new AbortController().signal }, { count: 3000, testCount: 50 });
  assertEquals(sets, drawDigits({ count: 3000, testCount: 50 }));
  assertEquals(stdout(), "");
  assertMatch(stderr(), /drawing digits: [\d,]+ of 3,050/);
  assert(stderr().endsWith("\r\x1b[K"));
});

Deno.test("drawOn() stops on a signal while it draws, and clears the line", async () => {
  const { screen, stderr } = record({ transient: true });
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("Ctrl-C")), 30);
  await assertRejects(() => drawOn({ screen, signal: controller.signal }), Error, "Ctrl-C");
  assert(stderr().endsWith("\r\x1b[K"));
});
