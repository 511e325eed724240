import { assertEquals } from "@std/assert";
import { progressText } from "../../../tasks/terminal/progress.ts";

Deno.test("progressText() shows the epoch, a bar and the time left", () => {
  assertEquals(
    progressText({ epoch: 3, epochs: 100, step: 50, steps: 100, seconds: 5 }),
    "epoch   3/100 [==========>         ]  50 %  3 min 15 s left",
  );
});

Deno.test("progressText() omits the remaining time until it is known", () => {
  assertEquals(
    progressText({ epoch: 1, epochs: 2, step: 0, steps: 469, seconds: 2 }),
    "epoch 1/2 [>                   ]   0 %",
  );
  assertEquals(
    progressText({ epoch: 1, epochs: 2, step: 9, steps: 10, seconds: 0.5 }),
    "epoch 1/2 [==================> ]  90 %",
  );
});

Deno.test("progressText() ends with a full bar", () => {
  assertEquals(
    progressText({ epoch: 2, epochs: 2, step: 10, steps: 10, seconds: 4 }),
    "epoch 2/2 [====================] 100 %  0.00 s left",
  );
});

Deno.test("progressText() does not count the epochs of an earlier run", () => {
  assertEquals(
    progressText({ epoch: 10, epochs: 10, step: 5, steps: 10, seconds: 2, epochsBefore: 9 }),
    "epoch 10/10 [==========>         ]  50 %  2.00 s left",
  );
});
