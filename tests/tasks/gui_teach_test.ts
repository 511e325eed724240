/** Tests that the network of `deno task gui` learns corrections, and is saved where the page asks. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ROUTES } from "../../src/gui/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork, drawInk } from "../gui/support.ts";
import { readerOf } from "../support/streams.ts";
import { guiTest, quit, start } from "./gui.ts";
import { drawImages, linesOf, setFile } from "./support.ts";

guiTest(
  "gui learns corrections, and saves the network where it is asked to, keeping what it replaces",
  async (folder) => {
    await folder.write("m.npz", createNetwork().format());
    await folder.write("notes.txt", new TextEncoder().encode("notes"));
    const set = ["--data", "set.npz", "--corrections", "c.npz"];
    await folder.write(
      "set.npz",
      setFile(drawImages({ rows: 300, testRows: 50, shape: [28, 28], classes: 10 })),
    );
    const running = await start(folder, "--model", "m.npz", "--port", "0", ...set);
    const save = async (request: object) => {
      const response = await running.post(ROUTES.save, JSON.stringify(request));
      return [response.status, await response.json()];
    };
    await (await running.post(`${ROUTES.correct}?label=3`, drawInk())).body?.cancel();
    const reader = readerOf((await running.post(ROUTES.watch)).body!);
    assertEquals((await (await running.post(ROUTES.learn, '{"action":"learn"}')).json()).phase, "preparing");
    const line = linesOf(await reader.until('"phase":"learned"')).at(-1)!;
    assertStringIncludes(line, '"corrections":1,"rows":300,');
    assertEquals(await save({}), [200, { file: "m.taught.npz" }]);
    assertEquals(await save({}), [409, { error: '"m.taught.npz" exists already' }]);
    assertEquals(await save({ path: "new/taught.npz" }), [200, { file: "new/taught.npz" }]);
    const before = await folder.read("m.npz"), taught = await folder.read("m.taught.npz");
    assertEquals(await save({ path: "m.npz", replace: true }), [200, { file: "m.npz" }]);
    assertEquals([await folder.read("m.npz"), await folder.read("m.previous.npz")], [taught, before]);
    const [status, { error }] = await save({ path: "notes.txt", replace: true });
    assertEquals([status, error], [422, 'Cannot save to "notes.txt": the file there is not a model']);
    assertEquals((await save({ path: "." }))[0], 422);
    const { training } = await Mlp.parse(taught);
    assertEquals(training?.dataset.source, "a correction and 300 of the 300 rows of set.npz");
    const { code, stderr } = await quit(running);
    assertEquals(code, 0);
    await reader.until(); // the stream's end
    assertStringIncludes(stderr, "\nsaved m.taught.npz, as asked on the page\n");
  },
);
