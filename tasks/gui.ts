/** `deno task gui`: the drawing page, which shows the predictions of a network, its units and its training. @module */
import { openBackend, type OpenedBackend } from "../src/backends/open.ts";
import { openCorrections } from "../src/gui/teaching/corrections_file.ts";
import { createGui } from "../src/gui/server/gui.ts";
import { isLoopback } from "../src/gui/server/guard.ts";
import { lanHosts } from "../src/gui/server/lan_addresses.ts";
import { inputViewOf } from "../src/gui/network/network_input.ts";
import { pageFiles } from "../src/gui/page/files.ts";
import { classNamesOf } from "../src/gui/network/shown_network.ts";
import type { TrainingJob } from "../src/gui/training/training.ts";
import { backendLines, type Trained, trainedOf } from "./shared/backend_lines.ts";
import { openBrowser } from "./shared/browser.ts";
import { explained, lazyBackend, savePageNetwork } from "./shared/learning.ts";
import { initOf, likeInputs, openStart, START_GROUP } from "./shared/init_option.ts";
import { dataOptionsOf, MEANING_OPTIONS, READING_OPTIONS } from "./shared/data_options.ts";
import { openDemo, openSaved, openTraining, type Shown } from "./shared/gui_network.ts";
import {
  BACKEND_OPTIONS,
  backendOptionsOf,
  DATA_ALIASES,
  DATA_OPTION,
  DEFAULT_MODEL,
  MODEL_OPTION,
  NORMALIZE_OPTION,
} from "./shared/options.ts";
import { withRecipe } from "./shared/recipes.ts";
import { listen, PORT } from "./shared/listen.ts";
import { openOutput, type Output, OUTPUT_OPTIONS, refuseToOverwrite } from "./shared/output.ts";
import { saverTo } from "./shared/run_saver.ts";
import { type Command, dashed, kebab } from "./terminal/command.ts";
import { type TaskError, UsageError } from "./terminal/errors.ts";
import { unlessAborted } from "./terminal/interrupt.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { projectPath, shownPath, userPath } from "./terminal/paths.ts";
import type { Screen } from "./terminal/screen.ts";
import { checkConfig, checkPatience, LAYERS_OPTION, layersOf, networkText } from "./shared/training.ts";

/** The hostnames of every interface. */
const EVERY: readonly string[] = ["0.0.0.0", "::"];
/** The default path of corrections: drawings that the user labels. */
const CORRECTIONS = "data/corrections.npz";

const COMMAND = {
  name: "gui",
  summary:
    "Serves a page on this machine to draw on, or to set the values of a table, and to see how a network reads that: its input, " +
    "activations, prediction, and the reasons for it. Corrections train the network further.",
  groups: {
    page: {
      title: "Page",
      options: {
        ...MODEL_OPTION,
        demo: {
          kind: "boolean",
          default: false,
          help: "train a small network on drawn digits first; needs no saved model",
        },
        train: {
          kind: "boolean",
          default: false,
          help: "train a network and show it while it learns; needs no saved model",
        },
        port: {
          kind: "integer",
          min: 0,
          max: 65_535,
          default: PORT,
          help: "port to listen on, 0 for any free one; the default is the next free one if 8000 is taken",
        },
        host: {
          kind: "text",
          value: "HOST",
          default: "127.0.0.1",
          help: "address to listen on; 0.0.0.0 or :: also lets other machines open the page",
        },
        allowGuests: {
          kind: "boolean",
          default: false,
          help:
            "with --host: let other machines also label drawings, control the training and stop the server",
        },
        open: { kind: "boolean", default: false, help: "open the page in the browser" },
        data: {
          ...DATA_OPTION.data,
          help:
            "data set: shows its test rows, and --train trains on its training rows. An .npz, a .csv, a folder of IDX files " +
            "or of pictures, or `digits`; by default data/mnist.npz, else digits drawn by the program; can be given several times",
        },
        ...READING_OPTIONS,
        corrections: {
          kind: "text",
          value: "PATH",
          help:
            `file of the drawings that the user labels; \`train --data\` can read it (default ${CORRECTIONS})`,
        },
      },
      aliases: { ...DATA_ALIASES, model: ["m"] },
    },
    network: {
      title: "Network, with --train",
      options: { ...LAYERS_OPTION, ...NORMALIZE_OPTION, ...MEANING_OPTIONS, ...OUTPUT_OPTIONS },
      aliases: { output: ["o"] },
    },
    config: { ...START_GROUP, title: "Training, with --train" },
    machine: { title: "Machine, with --train or --demo", options: BACKEND_OPTIONS },
  },
  examples: [
    { args: "--demo", help: "without a model: some seconds of training first" },
    { args: "--train --epochs 20", help: "draw while the network learns" },
  ],
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: Context): Promise<void> {
  const { given, screen, signal } = context, { page, network } = given;
  checkUsage(given);
  await using backend = page.train || page.demo
    ? await openBackend(given.machine.backend ?? "auto", backendOptionsOf(given.machine))
    : undefined;
  await using output = page.train ? await openModelOutput(context) : undefined;
  const before = (given.machine.backend ?? "auto") === "auto" ? output?.before : undefined;
  const faults: TaskError[] = []; // of a model that was saved to another path
  const save = output && saverTo(output, screen, faults);
  const { mlp, origin, samples, rows, training } = await openShown(
    context,
    backend && { backend, before },
    save,
  );
  const file = page.corrections === undefined ? projectPath(CORRECTIONS) : userPath(page.corrections);
  const name = shownPath(file);
  const known = { rows: typeof rows === "function" ? undefined : rows, samples };
  const input = inputViewOf(mlp, known);
  const corrections = input.kind === "table" ? undefined : explained(
    openCorrections(file, {
      ...{ name, classNames: classNamesOf(mlp, known), imageShape: [input.height, input.width] },
    }),
    file,
  );
  const hostname = page.host ?? COMMAND.groups.page.options.host.default;
  await using learner = lazyBackend(backend);
  const model = page.train ? network.output : page.model;
  await using gui = await createGui({
    mlp,
    origin,
    samples,
    rows,
    training,
    corrections,
    openBackend: learner.open,
    save: savePageNetwork({ model, screen, own: output }),
    hostname,
    allowGuests: page.allowGuests,
    page: pageFiles,
  });
  await using server = listen(gui, { task: "gui", hostname, port: page.port, screen });
  if (page.port === undefined && server.port !== PORT) {
    screen.note(`port ${PORT} is taken, so the page is on port ${server.port}`);
  }
  screen.row(server.url);
  if (!server.isLoopback) {
    noteGuests(screen, { hostname, port: server.port, mayControl: page.allowGuests ?? false });
  }
  if (!training) {
    screen.note(`network  ${networkText(mlp)}`);
    screen.note(`from     ${origin}`);
  }
  const shown = samples?.source ?? (typeof rows === "object" ? `training set of ${rows.source}` : "none");
  screen.note(`samples  ${shown}`);
  if (input.kind === "table" && input.isAssumed) screen.note(`ranges   ${input.ranges} (--data sets them)`);
  if (corrections && Deno.permissions.querySync({ name: "write", path: file }).state !== "granted") {
    screen.note(
      `passed over --allow-write: drawings cannot be labeled, and the page cannot save the network`,
    );
  }
  screen.note("Q on the page or Ctrl-C here stops the server");
  if (page.open) openBrowser(server.url, screen);

  training?.run().catch(() => {}); // the page and the terminal show the error; it is thrown at the end
  await Promise.race([gui.quit, aborted(signal)]);
  await server.close();
  while (training?.isUnderWay) await training.stop(); // a restart that waited for a stop is a new run
  await training?.running;
  if (faults.length > 0) throw faults[0];
}

/** Opens the file in which the model will be saved. `before` tells the backend that trained the model that is there. */
async function openModelOutput(
  { given: { network }, screen, signal }: Context,
): Promise<Output & { readonly before: Trained | undefined }> {
  const path = userPath(network.output ?? DEFAULT_MODEL);
  const replaced = await unlessAborted(signal, refuseToOverwrite(path, network.force ?? false));
  return { ...await openOutput(path, { screen }), before: trainedOf(path, replaced) };
}

/** Refuses options that exclude each other, or that have no effect without another. */
function checkUsage({ page, network, config, machine }: Context["given"]): void {
  const sources = [page.model !== undefined && "--model", page.demo && "--demo", page.train && "--train"];
  const [first, second] = sources.filter((source) => source);
  if (second) throw new UsageError(`${first} and ${second} exclude each other: the page shows one network`);
  const refuseWithout = (needed: string, options: Readonly<Record<string, unknown>>) => {
    const [option] = Object.keys(options);
    if (option !== undefined) throw new UsageError(`${dashed(kebab(option))} needs ${needed}`);
  };
  const { layers, normalize, ...training } = network;
  if (page.allowGuests && isLoopback(page.host ?? COMMAND.groups.page.options.host.default)) {
    throw new UsageError(
      "--allow-guests needs --host 0.0.0.0 or --host ::, because only this machine reaches the page",
    );
  }
  if (!page.train) refuseWithout("--train", { ...training, ...config });
  if (!page.train && (page.demo || page.model === undefined)) {
    const foreign = Object.fromEntries(
      Object.entries({ layers, normalize }).filter(([, value]) => value !== undefined),
    );
    refuseWithout("--train, or --model with a file of another program", foreign);
  }
  if (!page.train && !page.demo) refuseWithout("--train or --demo", machine);
  const settings = initOf(withRecipe(config).config, {}).config;
  checkConfig(settings);
  if (page.data === undefined) checkPatience(settings, undefined); // MNIST has no validation set
}

/** Opens the network that the options ask for. */
async function openShown(
  context: Context,
  opened: { readonly backend: OpenedBackend; readonly before: Trained | undefined } | undefined,
  save: TrainingJob["save"] | undefined,
): Promise<Shown> {
  const { given: { page, network, config, machine }, screen } = context;
  const { data: reading } = await dataOptionsOf(readingOf(page)), { normalize } = network;
  const foreign = { layers: network.layers, normalize, trustSizes: page.trustSizes };
  const samples = { data: page.data, options: reading };
  if (opened === undefined) {
    return await openSaved(page.model, samples, { ...context, ...foreign });
  }
  const { backend, before } = opened;
  for (const line of backendLines(backend, before)) screen.note(line);
  if (save === undefined) return await openDemo(backend, samples, context);
  const layers = network.layers === undefined ? undefined : layersOf(network.layers);
  const { threads } = backendOptionsOf(machine);
  const { layers: _, normalize: __, output: ___, force: ____, ...meaning } = network;
  const { data: options, ...scaled } = await dataOptionsOf({ ...readingOf(page), ...meaning });
  const { recipe, hidden, config: chosen } = withRecipe(config),
    { config: given, model } = initOf(chosen, {}),
    start = await openStart(model, { ...context, ...foreign });
  const settings = { ...given, ...scaled },
    data = { data: page.data, options: { ...options, ...likeInputs(start) } };
  return await openTraining(
    {
      backend,
      threads,
      ...data,
      layers,
      hidden,
      recipe: recipe && { name: recipe, config: given },
      config: settings,
      start,
      save,
    },
    context,
  );
}

/** Prints the addresses at which other machines open the page, and a warning with what they may do. */
function noteGuests(
  screen: Screen,
  { hostname, port, mayControl }: { hostname: string; port: number; mayControl: boolean },
): void {
  const network = interfaces();
  const hosts = lanHosts(hostname, network ?? []);
  for (const host of hosts) screen.note(`guests   http://${host}:${port}/`);
  if (network === undefined) {
    screen.note("guests   at this machine's address, which needs --allow-sys=networkInterfaces to be shown");
  } else if (hosts.length === 0) {
    screen.note(
      `guests   ${
        EVERY.includes(hostname) ? "none: this machine has no address in a network" : "at the address above"
      }`,
    );
  }
  screen.note(
    mayControl
      ? "warning: anyone who can reach this machine over the network can use the page, label drawings, and stop the server"
      : "warning: anyone who can reach this machine over the network can draw on the page; only this machine can label " +
        "drawings, control the training and stop the server (--allow-guests changes that)",
  );
}

/** Returns the network interfaces; `undefined` if this process may not see them. */
function interfaces(): Deno.NetworkInterfaceInfo[] | undefined {
  try {
    return Deno.networkInterfaces();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Returns the options for the parts of the data set's file. */
function readingOf({ arrays, imageSize, label, drop, missing, trustSizes }: Context["given"]["page"]) {
  return { arrays, imageSize, label, drop, missing, trustSizes };
}

/** Returns a promise that resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
