import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { taskTest } from "./support.ts";

taskTest("explain prints the default step, one operation on each line", async ({ run }) => {
  const { code, stdout, stderr } = await run("explain");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout.trimEnd().split("\n").length, 17);
  assertStringIncludes(stdout, "y1 = relu(x W1ᵀ + b1)");
});

taskTest("explain accepts train's options, and target values", async ({ run }) => {
  const { code, stdout } = await run(
    "explain",
    ...["--layers", "4:tanh,2", "--inputs", "3", "--targets", "--batch-size", "7", "--lr", "0.1"],
  );
  assertEquals(code, 0);
  assertMatch(stdout, /^3 inputs, 2 outputs, 26 parameters; batches of B = 7 rows/);
  assertStringIncludes(stdout, "loss = mean((y2 - target)²)");
});

taskTest(
  "explain --forward prints a prediction, even of networks that no loss can train",
  async ({ run }) => {
    const { code, stdout } = await run("explain", "--forward", "--layers", "4:relu", "--inputs", "3");
    assertEquals(code, 0);
    assertEquals(
      stdout,
      [
        "3 inputs, 4 outputs, 16 parameters; batches of B rows; 2 operations over 4 buffers",
        "0  gather  x [B, 3]   x = inputs[rows]",
        "1  linear  y1 [B, 4]  y1 = relu(x W1ᵀ + b1)\n",
      ].join("\n"),
    );
  },
);

taskTest("explain refuses networks that cannot be trained, as train does", async ({ run }) => {
  const { code, stdout, stderr } = await run("explain", "--layers", "4:relu");
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, 'Loss "cross-entropy" needs');
});
