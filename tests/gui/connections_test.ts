import { assertEquals } from "@std/assert";
import type { Connection } from "../../src/gui/server/http/connection.ts";
import { createConnections } from "../../src/gui/server/http/connections.ts";

/** Creates a connection of `address` that has waited since then; `undefined` for one with a request. */
function open(address: string, waitingSince: number | undefined): Connection & { readonly isEnded: boolean } {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let isEnded = false;
  const close = () => {
    isEnded = true;
    resolve();
  };
  return {
    address,
    waitingSince,
    ended,
    end: () => waitingSince !== undefined && close(),
    close,
    get isEnded() {
      return isEnded;
    },
  };
}

Deno.test("createConnections() lets a client of another machine have only its own share", async () => {
  const connections = createConnections({ connections: 5, connectionsOfOne: 2 });
  const far = [open("192.168.1.7", 20), open("192.168.1.7", 10)],
    near = [open("127.0.0.1", 1), open("::1", 2)];
  for (const connection of [...far, ...near]) connections.add(connection);
  assertEquals(connections.makeRoom("192.168.1.7"), true);
  await Promise.resolve();
  assertEquals([far, near].map((some) => some.map(({ isEnded }) => isEnded)), [[false, true], [
    false,
    false,
  ]]);

  const busy = open("192.168.1.8", undefined);
  for (let at = 0; at < 2; at++) connections.add(busy);
  connections.add(open("192.168.1.8", undefined));
  assertEquals(connections.makeRoom("192.168.1.8"), false); // both have requests
  assertEquals(connections.makeRoom("127.0.0.1"), true); // the five include one that waits
  assertEquals(near.map(({ isEnded }) => isEnded), [true, false]);
});

Deno.test("createConnections() ends all connections, also those whose requests take too long", async () => {
  const connections = createConnections({ connections: 5, connectionsOfOne: 2 });
  const all = [open("127.0.0.1", 1), open("127.0.0.1", undefined)];
  for (const connection of all) connections.add(connection);
  await connections.endAll(10);
  assertEquals(all.every(({ isEnded }) => isEnded), true);
});
