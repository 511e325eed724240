/** Who is compared: our own trainer and the peers, how each is started, and what each needs. @module */
import { projectPath } from "../tasks/terminal/paths.ts";

/** Where packages of the peers are installed and the sets for them are written; git ignores it. */
export const CACHE = projectPath(".cache/bench");

/** One run as every competitor is asked for it. */
export interface Job {
  /** The set's `.npz`, an absolute path. */
  readonly data: string;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Passes over the training set, the warm-up included. */
  readonly epochs: number;
  /** Threads to use. */
  readonly threads: number;
  /** What computes, for our own trainer. */
  readonly backend: string;
  /** The Python to use; else the one in `CACHE`, else `python3`. */
  readonly python: string | undefined;
}

/** Our own trainer or a peer. */
export interface Competitor {
  /** Its name. */
  readonly name: string;
  /** What to type to get what it needs, where that is missing. */
  readonly install: string;
  /** Threads it is given where none are asked for; all of them where this is absent. */
  readonly threads?: number;
  /** The command line of a run; `undefined` where what it needs is missing. */
  readonly command: (job: Job) => Promise<readonly string[] | undefined>;
}

/** Our own trainer. */
export const OURS: Competitor = {
  name: "mlpcuda",
  install: "",
  command: ({ data, hidden, epochs, threads, backend }) => {
    const layers = [...hidden.map((width) => `${width}:relu`), "10:softmax"].join(",");
    const flags = { data, layers, epochs, threads, backend, output: `${CACHE}/model.npz` };
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return Promise.resolve([
      Deno.execPath(),
      "task",
      "--quiet",
      "train",
      "--json",
      "--quiet",
      "--force",
      ...given,
    ]);
  },
};

/** How Deno runs a peer's script over npm packages. */
const DENO = [
  Deno.execPath(),
  "run",
  "--no-prompt",
  "--no-config",
  "--node-modules-dir=manual",
  "--allow-read",
  "--allow-env",
  "--allow-sys",
];

/** The peers, in the order in which they run. */
export const PEERS: readonly Competitor[] = [
  pythonPeer("numpy", "numpy", "numpy"),
  pythonPeer("pytorch", "torch", "numpy torch"),
  pythonPeer("sklearn", "sklearn", "scikit-learn"),
  {
    name: "jaxjs",
    install: `npm install --prefix .cache/bench @jax-js/jax`,
    // Its workers take a message for every kernel, which costs more than a second core brings.
    threads: 1,
    command: npmCommand("jaxjs", ["@jax-js/jax"], DENO),
  },
  {
    name: "tfjs",
    install: `Node.js, and npm install --prefix .cache/bench @tensorflow/tfjs @tensorflow/tfjs-backend-wasm`,
    threads: 1,
    command: npmCommand("tfjs", ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"], ["node"]),
  },
];

/** Peers that compute on Deno's WebGPU adapter: to be compared with our backend "webgpu", so only where asked for. */
export const WEBGPU_PEERS: readonly Competitor[] = [
  {
    name: "jaxjs_webgpu",
    install: `npm install --prefix .cache/bench @jax-js/jax`,
    threads: 1,
    command: npmCommand("jaxjs", ["@jax-js/jax"], DENO, "webgpu"),
  },
  {
    name: "tfjs_webgpu",
    install: `npm install --prefix .cache/bench @tensorflow/tfjs @tensorflow/tfjs-backend-webgpu`,
    threads: 1,
    command: npmCommand("tfjs", ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-webgpu"], DENO, "webgpu"),
  },
];

/** The flags that every peer's script takes. */
export function peerFlags({ data, hidden, epochs, threads }: Job): string[] {
  return ["--data", data, "--layers", hidden.join(","), "--epochs", `${epochs}`, "--threads", `${threads}`];
}

/** A peer's script. */
export function script(file: string): string {
  return projectPath(`bench/peers/${file}`);
}

/** A peer that is a script in Python: `module` is what it imports, `packages` what pip installs. */
function pythonPeer(name: string, module: string, packages: string): Competitor {
  return {
    name,
    install: `python3 -m venv .cache/bench/venv && .cache/bench/venv/bin/pip install ${packages}`,
    command: async (job) => {
      const python = await pythonWith(["numpy", module], job.python);
      return python === undefined ? undefined : [python, script(`${name}_mlp.py`), ...peerFlags(job)];
    },
  };
}

/** The Python that has these modules: `python`, or else that of `CACHE` or `python3`; `undefined` where none has. */
export async function pythonWith(
  modules: readonly string[],
  python: string | undefined,
): Promise<string | undefined> {
  const candidates = python === undefined ? [`${CACHE}/venv/bin/python`, "python3"] : [python];
  const found = modules.map((module) => `u.find_spec("${module}")`).join(" and ");
  for (const candidate of candidates) {
    if (await succeeds([candidate, "-c", `import importlib.util as u, sys; sys.exit(not (${found}))`])) {
      return candidate;
    }
  }
}

/** The command of a peer that is a script over npm packages installed in `CACHE`. */
function npmCommand(
  name: string,
  packages: readonly string[],
  host: readonly string[],
  device = "wasm",
): Competitor["command"] {
  return async (job) => {
    const installed = await Promise.all(
      packages.map((name) => isFile(`${CACHE}/node_modules/${name}/package.json`)),
    );
    if (installed.includes(false) || !await succeeds([host[0], "--version"])) return;
    const flags = [...peerFlags(job), "--modules", CACHE, "--device", device];
    return [...host, script(`${name}_mlp.mjs`), ...flags];
  };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether a command is there and exits with 0. */
export async function succeeds([program, ...args]: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
