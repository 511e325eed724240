/**
 * Measures the drawing page's server under load. Starts `deno task gui` as a process and sends drawings at a steady
 * rate, each at its time, even if earlier ones have no response yet. Memory is read on Linux only.
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { drawDigits } from "../src/data/digits/digits.ts";
import { INK_SIDE, type Prediction, ROUTES, TOKEN_HEADER } from "../src/gui/protocol/protocol.ts";
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { projectPath } from "../tasks/terminal/paths.ts";

/** Drawings that are not measured, because the server still compiles its code. */
const WARM_UP = 100;
/** The number of times that the server's memory is read, besides the start. */
const LOOKS = 10;
/** The width of a digit's pixel in pixels of the sheet. */
const SCALE = 5;

const COMMAND = {
  name: "bench/gui_load.ts",
  runBy: "deno run --allow-read --allow-run --allow-net=127.0.0.1 --allow-env=INIT_CWD,TERM",
  summary:
    "Sends drawings to the page's server at a steady rate; prints latencies, lost drawings and streams, and the server's memory.",
  groups: {
    load: {
      title: "Load",
      options: {
        seconds: { kind: "integer", default: 60, min: 1, help: "seconds to send drawings" },
        rate: { kind: "integer", default: 100, min: 1, max: 1000, help: "drawings a second" },
        streams: { kind: "integer", default: 0, min: 0, max: 250, help: "open pages, each with a stream" },
      },
    },
  },
  positionals: { name: "-- OPTIONS...", help: "options of `deno task gui` (default --demo)" },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, positionals, screen, signal }: TaskContext<typeof COMMAND["groups"]>) {
  const { seconds, rate, streams } = withDefaults(COMMAND.groups.load.options, given.load);
  const [, ...granted] = config.tasks.gui.command.split(" ");
  const options = positionals.length > 0 ? positionals : ["--demo"];
  await using server = new Deno.Command(Deno.execPath(), {
    args: [...granted, "--port", "0", ...options],
    cwd: projectPath("."),
    stdout: "piped",
  }).spawn();
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = (await reader.read()).value?.trim();
  if (url === undefined) throw new Error("The server has not started");
  const page = await (await fetch(url)).text();
  const token = /name="token" content="(\w+)"/.exec(page)?.[1] ?? "";
  const post = (route: string, type: string, body: BodyInit) =>
    fetch(new URL(route, url), {
      method: "POST",
      headers: { [TOKEN_HEADER]: token, "content-type": type },
      body,
    });

  const sheets = drawSheets(100), latencies: number[] = [];
  let sent = 0, lost = 0;
  const draw = async () => {
    const began = performance.now(), sheet = sheets[sent++ % sheets.length];
    try {
      const response = await post(ROUTES.predict, "application/octet-stream", sheet);
      const { guess }: Prediction = await response.json();
      if (!response.ok || guess === undefined) lost++;
      latencies.push(performance.now() - began);
    } catch {
      lost++;
    }
  };
  /** The streams that are open, and the messages that they have received. */
  let open = 0, messages = 0;
  const watch = async () => {
    const { body } = await post(ROUTES.watch, "application/json", "{}");
    open++;
    for await (const bytes of body!) messages += bytes.filter((byte) => byte === 10).length;
    open--;
  };
  const watching = Array.from({ length: streams }, () => watch());
  while (sent < WARM_UP) await draw();
  sent = 0;
  latencies.length = 0;
  const resident = [await residentMB(server.pid)], began = performance.now();
  const underWay = new Set<Promise<void>>();
  while (sent < seconds * rate && !signal.aborted) {
    const due = began + sent * 1000 / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const drawing: Promise<void> = draw().finally(() => underWay.delete(drawing));
    underWay.add(drawing);
    if (sent % Math.ceil(seconds * rate / LOOKS) === 0) {
      residentMB(server.pid).then((mb) => resident.push(mb));
    }
    screen.progress(`${sent} of ${seconds * rate} drawings`);
  }
  await Promise.all(underWay);
  const duration = (performance.now() - began) / 1000, streamsLeft = open;
  await (await post(ROUTES.quit, "application/json", "{}")).body?.cancel();
  const { code } = await server.status;
  await Promise.all(watching);
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(100 * latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))]) / 100;
  screen.row(JSON.stringify({
    drawings: sent,
    perSecond: Math.round(sent / duration),
    lost,
    ...streams > 0 && { streams, streamsLeft, messages },
    milliseconds: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    residentMB: resident,
    exitCode: code,
  }));
}

/** Draws digits as sheets of ink, enlarged and at varied places. */
function drawSheets(count: number): Uint8Array<ArrayBuffer>[] {
  const { inputs } = drawDigits({ count, testCount: 0 }).train;
  return Array.from({ length: count }, (_, i) => {
    const sheet = new Uint8Array(INK_SIDE * INK_SIDE), room = INK_SIDE - 28 * SCALE;
    const left = i * 7 % room, top = i * 13 % room;
    for (let y = 0; y < 28 * SCALE; y++) {
      for (let x = 0; x < 28 * SCALE; x++) {
        const pixel = inputs[i * 784 + Math.floor(y / SCALE) * 28 + Math.floor(x / SCALE)];
        sheet[(top + y) * INK_SIDE + left + x] = pixel;
      }
    }
    return sheet;
  });
}

/**
 * Returns the memory of a process in MB (10⁶ bytes). Deno does not let a program read another process's files, so
 * `cat` does.
 */
async function residentMB(pid: number): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(new TextDecoder().decode(stdout))?.[1]);
  return Math.round(kib * 1024 / 1e5) / 10;
}
