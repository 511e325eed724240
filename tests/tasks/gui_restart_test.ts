/** Tests the files of a training of `deno task gui --train` that is restarted from the page. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { ROUTES } from "../../src/gui/protocol/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { readerOf } from "../support/streams.ts";
import { guiTest, images, quit, start, training } from "./gui.ts";

guiTest("gui --train saves the network of each restart to a file of its own", async (folder) => {
  await folder.write("set.npz", images());
  await folder.write("m.run-3.npz", new TextEncoder().encode("notes"));
  const running = await start(folder, ...training, "--epochs", "2");
  const reader = readerOf((await running.post(ROUTES.watch)).body!);
  await reader.until('"phase":"finished"');
  for (
    const [layers, saved] of [["9:tanh,10:softmax", "m.run-2.npz"], ["8:relu,10:softmax", "m.run-4.npz"]]
  ) {
    await (await running.post(ROUTES.training, JSON.stringify({ action: "restart", layers }))).json();
    await reader.until(`"saved":"${saved}"`);
  }
  const { code, stderr } = await quit(running);
  await reader.until();
  assertEquals(code, 0);
  assertMatch(stderr, /\nrestarted, network {2}784 → 9 tanh → 10 softmax, 7,165 parameters\ntraining adam, /);
  assertMatch(stderr, /\ntraining finished in epoch 2, .*, saved m\.run-4\.npz\n$/);
  assertEquals(folder.names(), ["m.npz", "m.run-2.npz", "m.run-3.npz", "m.run-4.npz", "set.npz"]);
  const widths = await Promise.all(
    ["m.npz", "m.run-2.npz", "m.run-4.npz"].map(async (name) =>
      (await Mlp.parse(await folder.read(name))).layers.map(({ outFeatures }) => outFeatures)
    ),
  );
  assertEquals(widths, [[128, 64, 10], [9, 10], [8, 10]]);
});
