/** The permissions of the tasks, as docs/permissions.md lists them. @module */

/** A permission of a task. */
export interface Permission {
  /** The flag after `--allow-`. */
  readonly name: "read" | "write" | "net" | "ffi" | "env" | "run" | "sys";
  /** The task's use of it, as the document says. */
  readonly use: string;
  /** The consequence if it is denied, as the document says. */
  readonly without: string;
  /** The command line of the test without it; by default {@linkcode TaskPermissions.args}. */
  readonly args?: readonly string[];
  /** Matches stderr of that command line. */
  readonly denied: RegExp;
  /** True if that command line ends with an error. */
  readonly ends?: boolean;
}

/** The permissions of a task. */
export interface TaskPermissions {
  /** The command line of the test with all permissions. */
  readonly args: readonly string[];
  readonly permissions: readonly Permission[];
}

/** Matches one error that names the flag, and nothing after it. */
const refused = (name: string) =>
  new RegExp(
    `^error: Cannot [^\\n]*: this process has no ${name} permission\\n  hint: [^\\n]*--allow-${name}\\b[^\\n]*\\n$`,
    "m",
  );
/** Matches output that does not mention it: this command line does not need it. */
const SILENT = /^(?![^]*(passed over|permission|--allow))/;

const ENV: Permission = {
  name: "env",
  use: "reads the variables below",
  without:
    "goes on, and says so: paths begin in the project's folder, and the libraries are those of the package",
  denied: /^passed over --allow-env=INIT_CWD,TERM: relative paths begin in the folder of the process, .*$/m,
};

const MNIST: Permission = {
  name: "net",
  use: "downloads MNIST, if no `--data` is given and `data/mnist.npz` does not exist",
  without: "goes on, and says so: uses digits drawn by the program",
  denied: SILENT,
};

/** Returns the read permission of a task. */
function read(use: string): Permission {
  return { name: "read", use, without: "ends with an error", denied: refused("read"), ends: true };
}

/** Returns the write permission of a task that ends without it. */
function write(use: string, without: string): Permission {
  return { name: "write", use, without, denied: refused("write"), ends: true };
}

/** Returns the FFI permission of a task. The test has `--backend cpu`, so that it does not search for a GPU. */
function ffi(...args: string[]): Permission {
  return {
    name: "ffi",
    use: "loads the libraries of `cuda` and `cpu`",
    without: "goes on, and says so: `auto` passes over both; with `--backend cpu`, ends with an error",
    args: [...args, "--backend", "cpu"],
    // The second if the machine has not built the library.
    denied:
      /^error: Cannot open backend "cpu": (loading ".*" needs the permission --allow-ffi=.*|library ".*" .*)\n {2}hint: .*\n$/m,
    ends: true,
  };
}

/** The permissions of each task. The command lines use the files of the test: m.npz and drawn.npz, networks, and set.npz, a data set. */
export const TASK_PERMISSIONS: Readonly<Record<string, TaskPermissions>> = {
  train: {
    args: [
      "--data",
      "set.npz",
      "--layers",
      "3:softmax",
      "--epochs",
      "1",
      "-o",
      "new.npz",
      "--backend",
      "wasm",
    ],
    permissions: [
      read("reads data sets, and the model that it replaces"),
      write("saves the model, checkpoints and reports", "ends with an error before it trains"),
      MNIST,
      ffi("--data", "set.npz", "--layers", "3:softmax", "-o", "new.npz"),
      ENV,
    ],
  },
  sweep: {
    args: [
      "--data",
      "set.npz",
      "--layers",
      "3:softmax",
      "--epochs",
      "1",
      "--out",
      "swept",
      "--backend",
      "wasm",
    ],
    permissions: [
      read("reads data sets, and the results of `--out` with which it goes on"),
      write("saves the results of `--out`", "ends with an error if it has something to save"),
      MNIST,
      ffi("--data", "set.npz", "--layers", "3:softmax"),
      { ...ENV, use: "reads the variables below, and those of `--shard env`" },
    ],
  },
  eval: {
    args: ["--model", "m.npz", "--data", "set.npz", "--backend", "wasm", "--report", "report.html"],
    permissions: [
      read("reads the model and the data set"),
      write("saves `--report`", "ends with an error if it has something to save"),
      MNIST,
      ffi("--model", "m.npz", "--data", "set.npz"),
      ENV,
    ],
  },
  predict: {
    args: ["--model", "m.npz", "--backend", "wasm", "--csv", "out.csv", "set.npz"],
    permissions: [
      read("reads the model and the images or rows"),
      write("saves `--csv`", "ends with an error if it has something to save"),
      ffi("--model", "m.npz", "set.npz"),
      ENV,
    ],
  },
  export: {
    args: ["m.npz", "-o", "m.safetensors"],
    permissions: [
      read("reads the model, and the rows to compare on"),
      write("saves the exported file", "ends with an error"),
      { ...ENV, without: "goes on, and says so: paths begin in the project's folder" },
    ],
  },
  gui: {
    args: ["--model", "m.npz", "--port", "0"],
    permissions: [
      read("reads the model, data sets and corrections"),
      {
        name: "write",
        use: "saves corrections, and networks from the page or of `--train`",
        without: "goes on, and says so: the page cannot save; with `--train`, ends with an error",
        denied:
          /^passed over --allow-write: drawings cannot be labeled, and the page cannot save the network$/m,
      },
      {
        name: "net",
        use: "listens on an address of this machine to serve the page; with `--train`, downloads MNIST",
        without: "ends with an error",
        denied: refused("net"),
        ends: true,
      },
      {
        name: "ffi",
        use: "loads the libraries of `cuda` and `cpu`, to train and to learn corrections",
        without: "goes on: `auto` passes over both",
        denied: SILENT,
      },
      ENV,
      {
        name: "run",
        use: "starts `xdg-open`, `open` or `explorer`, for `--open`",
        without: "goes on, and says so: open the address yourself",
        args: ["--model", "m.npz", "--port", "0", "--open"],
        denied:
          /^Cannot open the browser: \S+ is not installed, or this process may not run it; open the address yourself$/m,
      },
      {
        name: "sys",
        use: "lists the addresses of this machine, for `--host`",
        without: "goes on, and says so: the addresses for guests are not printed",
        args: ["--model", "m.npz", "--port", "0", "--host", "0.0.0.0"],
        denied:
          /^guests {3}at this machine's address, which needs --allow-sys=networkInterfaces to be shown$/m,
      },
    ],
  },
  learn: {
    args: ["--model", "drawn.npz", "--port", "0"],
    permissions: [
      read("reads the model"),
      {
        name: "net",
        use: "listens on 127.0.0.1 to serve the page",
        without: "ends with an error",
        denied: refused("net"),
        ends: true,
      },
      {
        name: "ffi",
        use: "loads the libraries of `cuda` and `cpu`, for `--measure`",
        without: "goes on, and says so: their steps are not timed",
        denied: SILENT,
      },
      ENV,
    ],
  },
  info: {
    args: ["--model", "m.npz"],
    permissions: [
      read("reads `--model`; also checks that a library is whole before it is loaded"),
      {
        name: "ffi",
        use: "loads the libraries of `cuda` and `cpu`, to describe them",
        without: "goes on, and says so: neither is described",
        denied: SILENT, // it is on stdout, in the lines of the backends
      },
      ENV,
    ],
  },
  explain: { args: [], permissions: [{ ...ENV, without: "goes on, and says so" }] },
};
