/** Test support for `deno task gui` as a process: its start, the actions of a page, and its end. @module */
import { assertEquals } from "@std/assert";
import { ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import { isGranted } from "../support/permissions.ts";
import { readerOf } from "../support/streams.ts";
import { drawImages, type Folder, inFolder, setFile } from "./support.ts";

/** Registers a test of the task with a new folder. */
export function guiTest(sentence: string, body: (folder: Folder) => Promise<void>): void {
  const needed = [{ name: "read" }, { name: "write" }, { name: "run" }, {
    name: "net",
    host: "127.0.0.1",
  }] as const;
  Deno.test({
    name: `${sentence} (needs --allow-read --allow-write --allow-run --allow-net=127.0.0.1)`,
    ignore: !isGranted(...needed) || Deno.build.os === "windows",
    sanitizeOps: true,
    sanitizeResources: true,
    fn: () => inFolder(body),
  });
}

/** A running task, and the actions of a page. */
export interface Running {
  readonly url: string;
  readonly process: Deno.ChildProcess;
  post(route: string, body?: BodyInit): Promise<Response>;
  /** Waits for the end; returns the stdout after the address, and all of stderr. */
  end(): Promise<{ code: number; rest: string; stderr: string }>;
}

/** Starts the task and waits for the address. */
export async function start(folder: Folder, ...args: string[]): Promise<Running> {
  const process = folder.start("gui", ...args);
  const stdout = readerOf(process.stdout), stderr = readerOf(process.stderr);
  const url = (await stdout.until("\n")).trim();
  const end = async () => {
    const [text, notes] = [await stdout.until(), await stderr.until()];
    return { code: (await process.status).code, rest: text.slice(url.length + 1), stderr: notes };
  };
  if (!URL.canParse(url)) throw new Error(`The task has not started: ${(await end()).stderr}`);
  const html = await (await fetch(url)).text();
  const token = /<meta name="token" content="([0-9a-f]{64})">/.exec(html)?.[1] ?? "";
  const post = (route: string, body: BodyInit = "{}") =>
    fetch(new URL(route, url), {
      method: "POST",
      body,
      headers: {
        "content-type": typeof body === "string" ? "application/json" : "application/octet-stream",
        [TOKEN_HEADER]: token,
      },
    });
  return { url, process, post, end };
}

/** Ends the task as the page does. */
export async function quit(running: Running): Promise<{ code: number; rest: string; stderr: string }> {
  assertEquals(await (await running.post(ROUTES.quit)).json(), {});
  return await running.end();
}

/** Returns a set of images that takes some time to learn. */
export const images = (): Uint8Array =>
  setFile(drawImages({ rows: 3000, testRows: 100, shape: [28, 28], classes: 10 }));
/** The options of a training on them. */
export const training = ["--train", "--data", "set.npz", "-o", "m.npz", "--port", "0"];
