/** Tests that the network of `deno task gui` learns corrections, and is saved to the path that the page requests. @module */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ROUTES } from "../../src/gui/protocol/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork, drawInk } from "../gui/support.ts";
import { readerOf } from "../support/streams.ts";
import { guiTest, images, quit, start, training } from "./gui.ts";
import { drawImages, linesOf, setFile } from "./support.ts";

guiTest(
  "gui learns corrections, and saves the network to the path that the page requests, keeping a model that it replaces",
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

guiTest("gui --train saves a network that has learned over its own model, and keeps that", async (folder) => {
  await folder.write("set.npz", images());
  const options = [...training, "--epochs", "1", "--corrections", "c.npz"];
  const running = await start(folder, ...options);
  const reader = readerOf((await running.post(ROUTES.watch)).body!);
  await reader.until('"phase":"finished"');
  const trained = await folder.read("m.npz");
  await (await running.post(`${ROUTES.correct}?label=3`, drawInk())).body?.cancel();
  await (await running.post(ROUTES.learn, '{"action":"learn"}')).body?.cancel();
  await reader.until('"phase":"learned"');
  const response = await running.post(ROUTES.save, '{"path":"m.npz","replace":true}');
  assertEquals([response.status, await response.json()], [200, { file: "m.npz" }]);
  const { code } = await quit(running);
  await reader.until();
  assertEquals([code, await folder.read("m.previous.npz")], [0, trained]);
  assertStringIncludes(
    (await Mlp.parse(await folder.read("m.npz"))).training!.dataset.source,
    "a correction",
  );
});

guiTest(
  "gui ends at once if it is interrupted while it learns, and keeps the corrections",
  async (folder) => {
    await folder.write("m.npz", createNetwork().format());
    await folder.write("set.npz", images());
    const set = ["--data", "set.npz", "--corrections", "c.npz"];
    const running = await start(folder, "--model", "m.npz", "--port", "0", ...set);
    await (await running.post(`${ROUTES.correct}?label=3`, drawInk())).body?.cancel();
    const corrections = await folder.read("c.npz"), model = await folder.read("m.npz");
    const reader = readerOf((await running.post(ROUTES.watch)).body!);
    await (await running.post(ROUTES.learn, '{"action":"learn"}')).body?.cancel();
    await reader.until('"phase":"learning"');
    running.process.kill("SIGINT");
    const { code, stderr } = await running.end();
    await reader.until();
    assertEquals([code, stderr.includes("Error")], [130, false]);
    assertEquals(folder.names(), ["c.npz", "m.npz", "set.npz"]);
    assertEquals([await folder.read("c.npz"), await folder.read("m.npz")], [corrections, model]);
  },
);

guiTest(
  "gui says why the file of corrections cannot be used, so that the page keeps a correction",
  async (folder) => {
    await folder.write("m.npz", createNetwork().format());
    const running = await start(folder, "--model", "m.npz", "--port", "0", "--corrections", "m.npz/c.npz");
    const error = 'Cannot use "m.npz/c.npz": a part of the path is a file, not a folder';
    for (
      const [route, body] of [
        [`${ROUTES.correct}?label=3`, drawInk()],
        [ROUTES.corrections, '{"most":5}'],
        [ROUTES.correction, '{"action":"delete","id":"a"}'],
      ] as const
    ) {
      const response = await running.post(route, body);
      assertEquals([response.status, await response.json()], [503, { error }]);
    }
    const reader = readerOf((await running.post(ROUTES.watch)).body!);
    await (await running.post(ROUTES.learn, '{"action":"learn"}')).body?.cancel();
    assertStringIncludes(
      linesOf(await reader.until('"phase":"failed"')).at(-1)!,
      JSON.stringify(error).slice(1, -1),
    );
    assertEquals((await quit(running)).code, 0);
    await reader.until();
  },
);
