/** `deno task learn`: serves a page that shows a training step on a drawn digit, beside the code that runs. @module */
import { createLearnServer } from "../src/gui/learn/server.ts";
import { originOf } from "./shared/gui_network.ts";
import { measureSteps } from "./shared/step_times.ts";
import { learnPage, trainSmall } from "./shared/learn_page.ts";
import { listen, PORT } from "./shared/listen.ts";
import { loadModel } from "./shared/model.ts";
import { FOREIGN_OPTIONS, MODEL_OPTION } from "./shared/options.ts";
import type { Command } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { count } from "./terminal/numbers.ts";

const HOSTNAME = "127.0.0.1";

const COMMAND = {
  name: "learn",
  summary:
    "Serves a page on this machine that shows a training step on a digit that you draw: every operation with its tested source " +
    "and its numbers, the loss along any parameter, steps and what they change, and eight mistakes to switch on. Everything is " +
    "computed in the page. `export MODEL --learn -o learn.html` writes the page as a file.",
  groups: {
    page: {
      title: "Page",
      options: {
        model: {
          ...MODEL_OPTION.model,
          help:
            "saved model of images of 28×28 pixels; without it, a small network is trained on drawn digits first",
        },
        ...FOREIGN_OPTIONS,
        measure: {
          kind: "boolean",
          default: false,
          help:
            "time a step on the backends webgpu, cpu and cuda of this machine, for the tabs of WGSL, C++ and CUDA",
        },
        port: {
          kind: "integer",
          min: 0,
          max: 65_535,
          default: PORT,
          help: "port to listen on, 0 for any free one; the default is the next free one if 8000 is taken",
        },
      },
      aliases: { model: ["m"] },
    },
  },
  examples: [
    { args: "", help: "with a small network, after some seconds of training" },
    { args: "--model model/model.npz", help: "with your own network" },
    { args: "--measure", help: "with the time of a step on each backend of this machine" },
  ],
} as const satisfies Command;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { given: { page: { model, measure, port, layers, normalize } }, screen, signal } = context;
  const [foreign] = Object.entries({ layers, normalize }).filter(([, value]) => value !== undefined);
  if (model === undefined && foreign) throw new UsageError(`--${foreign[0]} needs --model`);
  const network = model === undefined
    ? await trainSmall(context)
    : await load(model, context, { layers, normalize });
  const steps = measure ? await measureSteps(network.mlp, context) : undefined;
  const page = await learnPage(network, undefined, { ...context, steps });
  await using server = listen(createLearnServer(page), { task: "learn", hostname: HOSTNAME, port, screen });
  if (port === undefined && server.port !== PORT) {
    screen.note(`port ${PORT} is taken, so the page is on port ${server.port}`);
  }
  screen.row(server.url);
  screen.note(
    `page     ${count(page.bytes.length)} bytes, with ${page.testRows} test digits; Ctrl-C stops the server`,
  );
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
}

async function load(
  model: string,
  context: TaskContext<typeof COMMAND["groups"]>,
  foreign: { readonly layers?: string; readonly normalize?: string },
) {
  const mlp = await loadModel(model, { ...context, ...foreign });
  return { mlp, origin: originOf(model.replace(/^.*[\\/]/, ""), mlp) };
}
