/** The competitors: mlpcuda and its peers, how each is started, and its requirements. @module */
import { projectPath } from "../tasks/terminal/paths.ts";

/** The folder of the peers' packages and data sets; git ignores it. */
export const CACHE = projectPath(".cache/bench");

/** The job of one run, the same for every competitor. */
export interface Job {
  /** The data set's `.npz`, an absolute path. */
  readonly data: string;
  /** The widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** The number of passes over the training set, the warm-up included. */
  readonly epochs: number;
  /** The number of threads to use. */
  readonly threads: number;
  /** The Python to use; by default the one in `CACHE`, then `python3`. */
  readonly python: string | undefined;
}

/** mlpcuda or a peer. */
export interface Competitor {
  /** The competitor's name. */
  readonly name: string;
  /** The command that installs its requirements. */
  readonly install: string;
  /** The default number of threads; all if absent. */
  readonly threads?: number;
  /** Returns the command line of a run; `undefined` if a requirement is missing. */
  readonly command: (job: Job) => Promise<readonly string[] | undefined>;
}

/** Returns mlpcuda on one of its backends; the competitor's name is that of the backend after `OURS`. */
export function ours(backend: string): Competitor {
  return {
    name: `${OURS}${backend}`,
    install: "",
    command: ({ data, hidden, epochs, threads }) => {
      const layers = [...hidden.map((width) => `${width}:relu`), "10:softmax"].join(",");
      const output = `${CACHE}/model.npz`, named = { data, layers, epochs, threads, backend, output };
      return Promise.resolve(trainCommand(named));
    },
  };
}

/** The beginning of the name of mlpcuda as a competitor, before its backend. */
export const OURS = "mlpcuda ";

/** Returns the command line of `deno task train` that prints JSON, with these options. */
export function trainCommand(named: Readonly<Record<string, string | number>>): string[] {
  const options = Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return [Deno.execPath(), "task", "--quiet", "train", "--json", "--quiet", "--force", ...options];
}

/** The command with which Deno runs a peer's script over npm packages. */
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
  pythonPeer("numpy", { module: "numpy", packages: "numpy" }),
  pythonPeer("pytorch", { module: "torch", packages: "numpy torch" }),
  pythonPeer("pytorch_compile", {
    file: "pytorch_mlp.py",
    flags: ["--mode", "compile"],
    module: "torch",
    packages: "numpy torch",
  }),
  pythonPeer("jax", { flags: ["--platform", "cpu"], module: "jax", packages: "numpy jax" }),
  pythonPeer("sklearn", { module: "sklearn", packages: "scikit-learn" }),
  {
    name: "jaxjs",
    install: `npm install --prefix .cache/bench @jax-js/jax`,
    // Its workers take a message for every kernel, which costs more time than a second core saves.
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

/**
 * The peers that compute on Deno's WebGPU adapter. They are compared with the backend "webgpu", so they run only if
 * they are named.
 */
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

/** Returns the flags that every peer's script takes. */
export function peerFlags({ data, hidden, epochs, threads }: Job): string[] {
  return ["--data", data, "--layers", hidden.join(","), "--epochs", `${epochs}`, "--threads", `${threads}`];
}

/** Returns the path of a peer's script. */
export function script(file: string): string {
  return projectPath(`bench/peers/${file}`);
}

/** A peer that is a Python script. */
interface PythonPeer {
  /** The script, by default that with the peer's name. */
  readonly file?: string;
  /** Further flags of the script. */
  readonly flags?: readonly string[];
  /** The module that it imports. */
  readonly module: string;
  /** Its packages, as pip names them. */
  readonly packages: string;
}

/** Returns a peer that is a Python script. */
function pythonPeer(
  name: string,
  { file = `${name}_mlp.py`, flags = [], module, packages }: PythonPeer,
): Competitor {
  return {
    name,
    install: `python3 -m venv .cache/bench/venv && .cache/bench/venv/bin/pip install ${packages}`,
    command: async (job) => {
      const python = await pythonWith(["numpy", module], job.python);
      return python === undefined ? undefined : [python, script(file), ...peerFlags(job), ...flags];
    },
  };
}

/**
 * Returns the Python that has these modules: `python` if given, otherwise that of `CACHE` or `python3`; `undefined`
 * if none has.
 */
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

/** Returns the command of a peer that is a script over npm packages installed in `CACHE`. */
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

/** Returns true if a command exists and exits with 0. */
export async function succeeds([program, ...args]: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
