/**
 * The server of a page that is one file. It takes the place of `../../page/server.js` when the page's script is bundled: the
 * same requests and messages, but the page itself computes the responses.
 * @module
 */
import { Mlp } from "../../../mlp.ts";
import type { Actions } from "../../server/actions.ts";
import type { Responses, Server, ServerListener } from "../../page/parts.ts";
import { showNetwork, type ShownNetwork } from "../../network/shown_network.ts";
import { standaloneActions } from "./actions.ts";
import { openBackend } from "./open_backend.ts";
import { DATA_IDS } from "../data_ids.ts";
import { unpackBytes } from "../packing.ts";
import { parsePageData } from "../rows.ts";

/** The part of a browser's document that this module uses. */
interface PageDocument {
  getElementById(id: string): { readonly textContent: string | null } | null;
  createElement(tag: "a"): { href: string; download: string; click(): void };
}

const { document } = globalThis as unknown as { readonly document: PageDocument };

/** Connects the page to the network that is in its own document. */
export function connect({ onConnection, onMessage }: ServerListener): Server {
  let actions: Actions = {}, network: ShownNetwork | undefined;
  const open = async () => {
    const mlp = await Mlp.parse(await unpackBytes(textOf(DATA_IDS.network)), { name: "the page's network" });
    const data = await parsePageData(await unpackBytes(textOf(DATA_IDS.data)), mlp);
    network = showNetwork(mlp, data.origin, { rows: data.train?.dataset, samples: data.test?.dataset });
    actions = standaloneActions({ mlp, network, data, openBackend, send: onMessage, download });
  };
  return {
    get isConnected() {
      return network !== undefined;
    },
    async start() {
      try {
        await open();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return onConnection({
          kind: "ended",
          label: "Damaged",
          words: `This page cannot be used: ${reason}`,
        });
      }
      onConnection({ kind: "connected", label: "Needs no server" });
      onMessage({ type: "network", network: network!.view() });
      onMessage({ type: "access", isGuest: false });
    },
    async ask<R extends keyof Responses>(route: R, body: object, signal?: AbortSignal) {
      const { pathname, searchParams } = new URL(route, "http://page");
      const action = Object.hasOwn(actions, pathname) ? actions[pathname] : undefined;
      if (action === undefined) {
        throw Object.assign(new Error("A page without a server cannot do this"), { status: 404 });
      }
      const bytes = body instanceof Uint8Array
        ? body as Uint8Array<ArrayBuffer>
        : new TextEncoder().encode(JSON.stringify(body));
      const response = await action.respond(bytes, searchParams, false);
      signal?.throwIfAborted();
      return response as Responses[R];
    },
    quit: () => Promise.resolve(),
  };
}

function textOf(id: string): string {
  return document.getElementById(id)?.textContent?.trim() ?? "";
}

/** Lets the browser save bytes as a file. */
function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const href = URL.createObjectURL(new Blob([bytes]));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
