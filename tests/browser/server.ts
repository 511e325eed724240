/** Servers of the drawing page: in this process with a small network, or as `deno task gui`. @module */
import { fromFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import type { DatasetPair } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import type { Backend } from "../../src/backends/backend.ts";
import { createGui, type GuiOptions } from "../../src/gui/server/gui.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { serveGui } from "../../src/gui/server/serve.ts";
import { createTrainingSession, type TrainingSession } from "../../src/gui/training/training.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train } from "../../src/training/train.ts";

/** Draws digits, and trains a small network that learns to read them. */
export async function trainSmall(): Promise<{ mlp: Mlp; digits: DatasetPair }> {
  const digits = drawDigits({ count: 3000, testCount: 100 });
  const mlp = Mlp.create([dense(32, "relu"), dense(12, "tanh"), dense(10, "softmax")], digits.train);
  for await (const _ of train(mlp, digits.train, { epochs: 5, learningRate: 0.004 }));
  return { mlp, digits };
}

/** Creates a training session that saves nothing. */
export function sessionOf(
  { mlp, digits }: { readonly mlp: Mlp; readonly digits: DatasetPair },
  { backend, epochs }: { readonly backend: Backend; readonly epochs: number },
): TrainingSession {
  return createTrainingSession({
    mlp,
    train: digits.train,
    test: digits.test,
    config: { epochs },
    backend,
    save: () => Promise.resolve("model/mine.npz"),
  });
}

/** A server whose responses a test can observe and delay. */
export interface TestGui extends AsyncDisposable {
  readonly url: string;
  /** The ink of each request for a guess, in order. */
  readonly sheets: Uint8Array[];
  /** The requested paths, in order. */
  readonly paths: string[];
  /** Runs before each response to a request for a guess. */
  before: (() => Promise<void>) | undefined;
  /** The number of open streams. */
  readonly watching: number;
  /** Resolves when a page quits. */
  readonly quit: Promise<void>;
  /** Waits until the page has sent the current drawing, and returns its ink. */
  lastSheet(): Promise<Uint8Array>;
}

/** Serves the page on a free port. Pages seem to be on the machine with the IP address `address`. */
export async function serveTest(
  mlp: Mlp,
  options: Partial<GuiOptions> = {},
  { address }: { readonly address?: string } = {},
): Promise<TestGui> {
  const gui = await createGui({ mlp, origin: "a test", page: pageFiles, ...options });
  const sheets: Uint8Array[] = [], paths: string[] = [];
  const test = { before: undefined as TestGui["before"], watching: 0 };
  const watched = (response: Response) => {
    if (!response.ok) return response;
    test.watching++;
    let isOpen = true;
    const end = () => {
      if (isOpen) test.watching--;
      isOpen = false;
    };
    const reader = response.body!.getReader();
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        if (isOpen) controller.close();
        end();
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    });
    return new Response(body, response);
  };
  const handle = async (request: Request) => {
    const { url, method, headers } = request, { pathname } = new URL(url);
    paths.push(pathname);
    if (pathname === "/watch") return await watched(await gui.handle(request, address));
    if (pathname !== "/predict") return await gui.handle(request, address);
    const body = new Uint8Array(await request.arrayBuffer());
    sheets.push(body);
    await test.before?.();
    return await gui.handle(new Request(url, { method, headers, body }), address);
  };
  const server = serveGui({ ...gui, handle }, { port: 0 });
  return Object.assign(test, {
    url: server.url,
    sheets,
    paths,
    quit: gui.quit,
    async lastSheet() {
      for (let known = -1; known !== sheets.length;) {
        known = sheets.length;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
      return sheets[sheets.length - 1];
    },
    [Symbol.asyncDispose]: () => server.close(),
  });
}

/** Returns the smallest box around a sheet's ink, in widths of the sheet. */
export function boxOf(sheet: Uint8Array): { left: number; top: number; right: number; bottom: number } {
  const side = Math.sqrt(sheet.length);
  let left = side, top = side, right = 0, bottom = 0;
  for (const [at, value] of sheet.entries()) {
    if (value < 128) continue;
    left = Math.min(left, at % side);
    right = Math.max(right, at % side + 1);
    top = Math.min(top, Math.floor(at / side));
    bottom = Math.max(bottom, Math.floor(at / side) + 1);
  }
  return { left: left / side, top: top / side, right: right / side, bottom: bottom / side };
}

/** Starts `deno task gui` with the working folder `folder`; its address is the first line that it prints. */
export async function startTask(
  options: readonly string[],
  folder?: string,
): Promise<{ process: Deno.ChildProcess; url: string }> {
  const [, ...granted] = config.tasks.gui.command.split(" ");
  const process = new Deno.Command(Deno.execPath(), {
    args: [...granted, ...options],
    cwd: fromFileUrl(new URL("../../", import.meta.url)),
    env: { NO_COLOR: "1", ...folder === undefined ? {} : { INIT_CWD: folder } },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  const url = new TextDecoder().decode(value).trim();
  if (!URL.canParse(url)) throw new Error("The task has not started");
  return { process, url };
}
