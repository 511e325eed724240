/** The hosts that the page's server accepts, and its limits on time and on the number of connections, on a real port. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { ROUTES } from "../../src/gui/protocol/protocol.ts";
import { serveGui } from "../../src/gui/server/serve.ts";
import { within } from "../support/deadline.ts";
import { serveTest } from "./served.ts";

/** `Host` headers that are not this server's; tests/gui/guard_test.ts has more. */
const OTHER_HOSTS = [
  "127.999.0.1",
  "0127.0.0.1",
  "2130706433",
  "127.1",
  "[::ffff:127.0.0.1]",
  "localhost.",
  "a@localhost",
  "",
];

serveTest("serveGui() refuses every host but its own, and a page with another port", async (served) => {
  const { port } = served.server;
  const get = (host: string, ...more: string[]) =>
    served.send([`GET / HTTP/1.1`, `Host: ${host}`, "Connection: close", ...more, "", ""].join("\r\n"));
  for (const host of OTHER_HOSTS) {
    for (const text of [host, `${host}:${port}`]) assertMatch(await get(text), /^HTTP\/1\.1 421 /, text);
  }
  for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, "[::1]", "127.0.0.2"]) {
    assertMatch(await get(host), /^HTTP\/1\.1 200 /, host);
  }
  assertMatch(await get(`localhost:${port}`, `Origin: http://localhost:${port + 1}`), /^HTTP\/1\.1 403 /);
});

serveTest(
  "serveGui() ends half a head, and an idle connection, but not a stream",
  async (served) => {
    const watching = await served.post(ROUTES.watch, "{}");
    const half = served.send("POST / HTTP/1.1\r\nHost:"), silent = served.send("");
    const idle = served.send(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    assertMatch(await half, /^HTTP\/1\.1 408 [^]*"The request took longer than 0.1 seconds"/);
    assertEquals(await silent, "");
    assertMatch(await idle, /^HTTP\/1\.1 200 /);
    await (await served.post(ROUTES.quit, "{}")).body?.cancel();
    assertMatch(await watching.text(), /\n\{"type":"quit"\}\n$/);
  },
  {},
  { headMilliseconds: 100, idleMilliseconds: 100 },
);

serveTest(
  "serveGui() ends the connections that have waited longest if too many are open",
  async (served) => {
    const watching = [await served.post(ROUTES.watch, "{}"), await served.post(ROUTES.watch, "{}")];
    const half = [served.send("GET / HTTP/1.1\r\n"), served.send("GET / HTTP/1.1\r\n")];
    await served.assertAlive(); // its connection is the fifth: the first half is ended for it
    assertMatch(await half[0], /^(HTTP\/1\.1 503 |$)/); // nothing if the server has not read it yet
    watching.push(await served.post(ROUTES.watch, "{}"), await served.post(ROUTES.watch, "{}"));
    assertMatch(await half[1], /^(HTTP\/1\.1 503 |$)/);
    // All four are in use now: another one is refused, and does not harm them.
    const refused = await served.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertMatch(
      refused,
      /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*"The server has too many connections"/,
    );
    await served.server.close();
    for (const stream of watching) assertMatch(await stream.text(), /^\{"type":"network"[^]*\}\n$/);
  },
  {},
  { connections: 4 },
);

Deno.test("serveGui() goes on at once after connections that have ended before it accepts them", async () => {
  const { listen } = Deno, accepted = Promise.withResolvers<void>(), closed = Promise.withResolvers<never>();
  let ended = 0;
  const gone = () => Promise.reject(Object.assign(new Error("not connected"), { code: "ENOTCONN" }));
  const accept = () => ++ended <= 1000 ? gone() : (accepted.resolve(), closed.promise);
  const close = () => closed.reject(new Error("closed"));
  const troubles: string[] = [];
  try {
    Deno.listen = (() => ({ accept, close, addr: { hostname: "127.0.0.1", port: 1 } })) as never;
    const page = { handle: () => Promise.reject(new Error("no request")), close() {} };
    await using _server = serveGui(page, { port: 1, onTrouble: (message) => void troubles.push(message) });
    await within(20, accepted.promise); // with a pause after each, it would take 100 seconds
    assertEquals(troubles, []);
  } finally {
    Deno.listen = listen;
  }
});
