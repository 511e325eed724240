/** The page's server on a real port, with hostile clients. @module */
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { INK_SIDE, ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import type { Gui } from "../../src/gui/server/gui.ts";
import { type ListenOptions, serveGui } from "../../src/gui/server/serve.ts";
import { loadDataset } from "../../src/data/load.ts";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { within } from "../support/deadline.ts";
import { folderTest } from "../support/folders.ts";
import { isGranted } from "../support/permissions.ts";
import { serve, type Served, serveTest, untilClosed } from "./served.ts";
import { drawInk, openGui } from "./support.ts";

/** Returns the head of a request as plain text. */
function head({ server, gui }: Served, route: string, ...more: string[]): string {
  const lines = [
    `POST ${route} HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    `${TOKEN_HEADER}: ${gui.token}`,
    "Content-Type: application/octet-stream",
    ...more,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

serveTest("serveGui() responds at the address that it reports", async ({ gui, server }) => {
  assertEquals(server.url, `http://127.0.0.1:${server.port}/`);
  assertEquals(server.isLoopback, true);
  const response = await fetch(server.url);
  assertEquals(await response.text(), `<!doctype html><meta name="token" content="${gui.token}">`);
});

serveTest("serveGui() refuses 10 MB without reading them", async (served) => {
  const response = await served.post(ROUTES.predict, new Uint8Array(10_000_000));
  assertEquals([response.status, (await response.json()).error], [
    413,
    "The body is larger than 38416 bytes",
  ]);
  await served.assertAlive();
});

serveTest("serveGui() refuses an endless body without a declared length", async (served) => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 16_384;
      controller.enqueue(new Uint8Array(16_384));
    },
  });
  const response = await served.post(ROUTES.predict, endless, { "content-type": "application/octet-stream" })
    .catch(() => undefined); // the connection may be cut while the caller still sends
  if (response) {
    assertEquals([response.status, (await response.json()).error.slice(0, 14)], [413, "The body is la"]);
  }
  assert(sent < 50_000_000, `${sent} bytes were read`);
  await served.assertAlive();
});

serveTest("serveGui() stops waiting for a body that arrives very slowly", async (served) => {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: served.server.port });
  const length = INK_SIDE * INK_SIDE;
  await connection.write(new TextEncoder().encode(head(served, ROUTES.predict, `Content-Length: ${length}`)));
  let open = true;
  const drip = (async () => {
    while (open) {
      await connection.write(Uint8Array.of(1)).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const first = await untilClosed(connection).next();
  open = false;
  await drip;
  assertMatch(new TextDecoder().decode(first.value!), /^HTTP\/1\.1 408 /);
  await served.assertAlive();
}, { limits: { bodyMilliseconds: 200 } });

serveTest("serveGui() refuses any number of WebSockets", async (served) => {
  const { port } = served.server;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${ROUTES.watch}`);
  await new Promise((resolve) =>
    socket.onerror = (event) => {
      event.preventDefault();
      resolve(undefined);
    }
  );
  await new Promise((resolve) =>
    socket.readyState === WebSocket.CLOSED ? resolve(0) : socket.onclose = resolve
  );
  const upgrade = [
    `GET ${ROUTES.watch} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade, close",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ].join("\r\n");
  const responses = await Promise.all(Array.from({ length: 200 }, () => served.send(`${upgrade}\r\n\r\n`)));
  for (const response of responses) assertMatch(response, /^HTTP\/1\.1 400 /);
  await served.assertAlive();
});

serveTest(
  "serveGui() keeps running during a flood of requests, with and without the token",
  async (served) => {
    const flood = Array.from({ length: 400 }, async (_, i) => {
      const response = await served.post(
        ROUTES.predict,
        drawInk(),
        i % 2 === 0 ? {} : { [TOKEN_HEADER]: "guess" },
      );
      await response.body?.cancel();
      return response.status;
    });
    const statuses = await Promise.all(flood);
    assertEquals([...new Set(statuses.filter((_, i) => i % 2 === 1))], [403]);
    assertEquals(statuses.filter((status, i) => i % 2 === 0 && status !== 200 && status !== 429), []);
    await served.assertAlive();
  },
);

serveTest("serveGui() refuses requests that no browser sends, and keeps running", async (served) => {
  const { port } = served.server;
  const rest = "Connection: close\r\n\r\n";
  const odd = [
    `POST ${ROUTES.quit} HTTP/1.1\r\nHost: evil.example\r\n${rest}`,
    `POST ${ROUTES.quit} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\n${rest}`,
    `POST ${ROUTES.quit} HTTP/1.1\r\n${rest}`,
    `POST http://evil.example${ROUTES.quit} HTTP/1.1\r\nHost: evil.example\r\n${rest}`,
    `POST ${ROUTES.quit} HTTP/1.1\r\nHost: a b[\r\n${rest}`,
    `GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${rest}`,
    `GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${rest}`,
    `GET /%00%ff HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${rest}`,
    `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${rest}`,
    "no HTTP at all\r\n\r\n",
  ];
  for (const text of odd) {
    const answer = await served.send(text);
    assertMatch(answer, /^(HTTP\/1\.[01] 4\d\d |$)/, text);
    await served.assertAlive();
  }
});

serveTest("serveGui() ends although a page watches and idle connections stay open", async (served) => {
  const { server, gui } = served;
  const watching = await served.post(ROUTES.watch, "{}");
  using idle = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const closing = gui.quit.then(() => server.close()); // the response to the quit request must still be sent
  const quitting = await served.post(ROUTES.quit, "{}");
  assertEquals(await quitting.json(), {});
  await within(3, closing);
  assertMatch(await watching.text(), /\n\{"type":"quit"\}\n$/);
  assertEquals(await idle.read(new Uint8Array(1)).catch(() => null), null);
  await using again = serveGui(gui, { port: server.port }); // the port is free
  assertEquals(again.port, server.port);
});

serveTest("serveGui() ends although a body never arrives", async (served) => {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: served.server.port });
  await connection.write(new TextEncoder().encode(head(served, ROUTES.predict, "Content-Length: 38416")));
  await served.assertAlive(); // the earlier request has arrived
  await within(5, served.server.close());
}, { limits: { bodyMilliseconds: 60_000 } });

serveTest(
  "serveGui() uses the next free port if none is given, and fails if a given port is in use",
  async ({ gui, server }) => {
    const options: ListenOptions = { port: server.port };
    assertThrows(() => serveGui(gui, options), Deno.errors.AddrInUse);
    await using next = serveGui(gui, { ...options, orNext: true });
    assertNotEquals(next.port, server.port);
  },
);

serveTest("serveGui() tells the address of the client", async ({ gui, server }) => {
  const addresses: (string | undefined)[] = [];
  const handle: Gui["handle"] = (request, address) => {
    addresses.push(address);
    return gui.handle(request, address);
  };
  await using other = serveGui({ ...gui, handle }, { port: 0 });
  for (const { url } of [server, other]) await (await fetch(url)).body?.cancel();
  assertEquals(addresses, ["127.0.0.1"]);
});

serveTest(
  "serveGui() serves 200 pages that watch and draw at the same time, and refuses more than its limit",
  async (served) => {
    const pages = Array.from({ length: 200 }, async (_, page) => {
      const stream = await served.post(ROUTES.watch, "{}");
      assertEquals(stream.status, 200);
      const text = stream.text();
      for (let drawing = 0; drawing < 3; drawing++) {
        const response = await served.post(ROUTES.predict, drawInk({ left: 40 + page % 100 }));
        assertEquals([response.status, (await response.json()).probabilities.length], [200, 10]);
      }
      return { text };
    });
    const streams = await Promise.all(pages);
    const full = await served.post(ROUTES.watch, "{}");
    assertEquals([full.status, (await full.json()).error], [429, "The server is full: 200 pages are open"]);
    await (await served.post(ROUTES.quit, "{}")).body?.cancel();
    for (const { text } of streams) assertMatch(await text, /^\{"type":"network".*\n\{"type":"quit"\}\n$/s);
  },
  { limits: { watchers: 200 } },
);

folderTest("two servers lose no correction of one file that they acknowledged", async (folder) => {
  const path = `${folder}/c.npz`, classNames = Array.from({ length: 10 }, (_, label) => `${label}`);
  const guis = await Promise.all(
    [1, 2].map(() => openGui({ corrections: openCorrections(path, { classNames }) })),
  );
  await using one = serveGui(guis[0], { port: 0 });
  await using two = serveGui(guis[1], { port: 0 });
  const counts = await Promise.all([one, two].flatMap((server, at) => {
    const { post } = serve(guis[at], server);
    return Array.from({ length: 20 }, async (_, label) => {
      const sheet = drawInk(), row = 42 + 5 * label, end = row * INK_SIDE + 90; // no drawing is another one
      for (let y = 0; y < 5; y++) sheet.fill(255 - 100 * at, end + y * INK_SIDE - 30, end + y * INK_SIDE);
      const response = await post(`${ROUTES.correct}?label=${label % 10}`, sheet);
      assertEquals(response.status, 200);
      return (await response.json()).count;
    });
  }));
  const numbers = Array.from({ length: 40 }, (_, at) => at + 1);
  assertEquals(counts.sort((a, b) => a - b), numbers);
  const { labels } = (await loadDataset(path)).train;
  assertEquals([...labels!].sort(), numbers.map((number) => Math.floor((number - 1) / 4)));
}, { ignore: !isGranted({ name: "net", host: "127.0.0.1" }) });
