/** The open connections of a server, with limits on their number. @module */
import { RequestError } from "../../protocol/refusal.ts";
import { isLocal } from "../guard.ts";
import type { Connection } from "./connection.ts";

/** The maximum number of connections. */
export interface ConnectionCounts {
  /** In all. */
  readonly connections: number;
  /** From one address of another machine. */
  readonly connectionsOfOne: number;
}

/** The open connections. */
export interface Connections {
  /** The number of open connections. */
  readonly count: number;
  /**
   * Makes room for a connection from `address`. If there are too many, the one that has waited longest for a request is
   * ended. Returns false if none waits, so that a new one has to be refused.
   */
  makeRoom(address: string): boolean;
  /** Adds a connection, until it ends. */
  add(connection: Connection): void;
  /** Ends up to `count` connections, those that have waited longest for a request. Returns false if none waits. */
  endWaiting(count: number): boolean;
  /** Ends those that wait at once, and the others after their responses, at most after `milliseconds`. */
  endAll(milliseconds: number): Promise<void>;
}

/** The refusal of a connection for which there is no room. */
export function tooMany(): RequestError {
  return new RequestError(503, "The server has too many connections", { "retry-after": "1" });
}

/** Creates an empty set of connections. */
export function createConnections(limits: ConnectionCounts): Connections {
  const all = new Set<Connection>();
  /** Ends the connection of these that has waited longest. */
  const endOldest = (some: Iterable<Connection>): boolean => {
    let oldest: Connection | undefined, since = Infinity;
    for (const connection of some) {
      if (connection.waitingSince === undefined || connection.waitingSince >= since) continue;
      [oldest, since] = [connection, connection.waitingSince];
    }
    oldest?.end(tooMany());
    return oldest !== undefined;
  };
  return {
    get count() {
      return all.size;
    },
    makeRoom(address) {
      const own = isLocal(address) ? [] : [...all].filter((connection) => connection.address === address);
      if (own.length >= limits.connectionsOfOne) return endOldest(own);
      return all.size < limits.connections || endOldest(all);
    },
    add(connection) {
      all.add(connection);
      connection.ended.finally(() => all.delete(connection));
    },
    endWaiting(count) {
      let ended = 0;
      while (ended < count && endOldest(all)) ended++;
      return ended > 0;
    },
    async endAll(milliseconds) {
      const ending = new RequestError(503, "The server is ending");
      for (const connection of all) connection.end(ending);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, milliseconds);
      await Promise.race([late, Promise.all([...all].map(({ ended }) => ended))]);
      clearTimeout(timer);
      for (const connection of all) connection.close();
    },
  };
}
