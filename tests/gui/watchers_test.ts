import { assert, assertEquals, assertRejects } from "@std/assert";
import { createWatchers } from "../../src/gui/server/watchers.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const NEVER = 3_600_000;

/** Returns the messages in a stream's next chunk. */
async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<unknown> {
  const { value } = await reader.read();
  return JSON.parse(new TextDecoder().decode(value));
}

Deno.test(
  "createWatchers() sends a line for each message, beginning with the current state",
  options,
  async () => {
    const watchers = createWatchers(NEVER);
    const stream = watchers.open([{ type: "version", version: 1 }, { type: "version", version: 2 }]);
    watchers.send({ type: "version", version: 3 });
    watchers.close();
    const lines = (await new Response(stream).text()).split("\n");
    assertEquals(lines, [1, 2, 3].map((version) => `{"type":"version","version":${version}}`).concat(""));
  },
);

Deno.test("createWatchers() sends alive messages as long as a page watches", options, async () => {
  const watchers = createWatchers(5);
  const reader = watchers.open([]).getReader();
  assertEquals(await next(reader), { type: "alive" });
  assertEquals(await next(reader), { type: "alive" });
  await reader.cancel(); // the sanitizers report a timer that still runs
  assertEquals(watchers.count, 0);
});

Deno.test("createWatchers() keeps a reader whose stream begins with a large message", options, async () => {
  const watchers = createWatchers(NEVER);
  const epochs = Array.from(
    { length: 10_000 },
    (_, at) => ({ epoch: at + 1, trainLoss: 0.5, imagesPerSecond: 1 }),
  );
  const stream = watchers.open([{ type: "epochs", epochs }]);
  watchers.send({ type: "version", version: 2 });
  assertEquals(watchers.count, 1);
  watchers.close();
  assertEquals((await new Response(stream).text()).split("\n")[1], '{"type":"version","version":2}');
});

Deno.test("createWatchers() drops only the reader that falls behind", options, async () => {
  const watchers = createWatchers(NEVER);
  const slow = watchers.open([]).getReader(), fast = watchers.open([]).getReader();
  const confusion = Array<number>(1000).fill(123_456);
  for (let sent = 0; sent < 100; sent++) {
    watchers.send({ type: "epochs", epochs: [], confusion });
    assertEquals(((await next(fast)) as { confusion: number[] }).confusion.length, 1000);
  }
  assertEquals(watchers.count, 1);
  await assertRejects(() => slow.read(), Error, "too far behind");
  watchers.close();
  assert((await fast.read()).done);
});
