/** The C interface of the native libraries, `cuda/mlp.h`, for Deno: the types of each function, and the numbers of its constants. @module */

/** The version of the interface that this table describes. */
export const ABI_VERSION = 6;

/** The size of the buffer of an error message, in bytes. */
export const ERROR_BYTES = 512;

/** The numbers of the kinds of library: for GPUs, CUDA kernels that run on the CPU for tests, and for the CPU. */
export const KIND_NUMBERS = { cuda: 1, emulated: 2, cpu: 3 } as const;

/** An instruction set of processors; `"auto"` is the fastest that this machine's processor has. */
export type InstructionSet = "auto" | "avx2" | "avx512" | "neon";

/** The numbers of the instruction sets, which are the devices of the CPU library. */
export const INSTRUCTION_SETS: Readonly<Record<InstructionSet, number>> = {
  auto: 0,
  avx2: 1,
  avx512: 2,
  neon: 3,
};

/** The numbers of the paths by which a plan can be run. */
export const PATH_NUMBERS = { auto: 0, ops: 1, graph: 2, persistent: 3 } as const;

/** The properties of a device, in the order in which `mlp_device_query` writes them. */
export const FACTS = ["major", "minor", "multiprocessors", "sharedBytes", "totalBytes", "freeBytes"] as const;

/** The results of an epoch, in the order in which `mlp_plan_run_epoch` writes them. */
export const RESULTS = ["lossSum", "correct", "rows", "steps", "diverged"] as const;

/** The `BackendError.code` of each status; 0 is success. */
export const STATUS_CODES: readonly string[] = [
  "ok",
  "invalid",
  "no-driver",
  "driver-too-old",
  "no-device",
  "out-of-memory",
  "device-unsupported",
  "device-busy",
  "context-lost",
  "timed-out",
  "driver-mismatch",
  "failed",
  "rank-lost",
];

const plan = "pointer", id = "i32", count = "u64", flag = "i32", choice = "i32", number = "f64";
const group = "pointer", transport = "pointer";
const rows = "usize"; // a pointer as a number, which can be sent to a worker
const mask = ["f64", "u32", "u32"] as const; // double rate, uint32_t seed, uint32_t layer
const error = ["buffer", "u32"] as const; // char *error, uint32_t error_size
const result = "i32"; // a status

/** The functions of a library. `mlp.h` describes their parameters. */
export const SYMBOLS = {
  mlp_abi_version: { parameters: [], result: "u32" },
  mlp_kind: { parameters: [], result: "u32" },
  mlp_driver_version: { parameters: [], result: "i32" },
  mlp_runtime_version: { parameters: [], result: "i32" },
  mlp_device_count: { parameters: ["buffer", ...error], result },
  mlp_device_query: { parameters: ["i32", "buffer", "u32", "buffer", count, ...error], result },

  mlp_rows_create_u8: { parameters: ["i32", "buffer", count, count, "buffer", ...error], result: rows },
  mlp_rows_create_f32: { parameters: ["i32", "buffer", count, count, "buffer", ...error], result: rows },
  mlp_rows_free: { parameters: [rows], result: "void" },

  mlp_plan_create: { parameters: ["i32", "u32", choice, "buffer", ...error], result: plan },
  mlp_plan_add_buffer: { parameters: [plan, count, count, ...error], result },
  mlp_plan_set_inputs_u8: { parameters: [plan, "buffer", count, count, ...error], result },
  mlp_plan_set_inputs_f32: { parameters: [plan, "buffer", count, count, ...error], result },
  mlp_plan_set_rows: { parameters: [plan, rows, ...error], result },
  mlp_plan_set_labels: { parameters: [plan, "buffer", count, ...error], result },
  mlp_plan_set_targets: { parameters: [plan, "buffer", count, count, ...error], result },
  mlp_plan_set_row_weights: { parameters: [plan, "buffer", count, ...error], result },
  mlp_plan_set_threads: { parameters: [plan, "u32", ...error], result },
  mlp_plan_set_group: { parameters: [plan, group, ...error], result },
  mlp_plan_finish: { parameters: [plan, ...error], result },
  mlp_plan_describe: { parameters: [plan, "buffer", "u32", ...error], result },
  mlp_plan_destroy: { parameters: [plan], result: "void", nonblocking: true },
  mlp_plan_destroy_here: { name: "mlp_plan_destroy", parameters: [plan], result: "void" },

  mlp_plan_gather: { parameters: [plan, id, id, id, number, ...error], result },
  mlp_plan_dropout: { parameters: [plan, id, id, ...mask, ...error], result },
  mlp_plan_linear: { parameters: [plan, id, id, id, id, id, choice, ...error], result },
  mlp_plan_loss: {
    parameters: [plan, choice, id, id, id, flag, id, id, choice, "buffer", count, ...error],
    result,
  },
  mlp_plan_linear_backward_input: {
    parameters: [plan, id, id, id, id, id, choice, ...mask, ...error],
    result,
  },
  mlp_plan_linear_backward_weight: { parameters: [plan, id, id, id, id, ...error], result },
  mlp_plan_clip_by_norm: { parameters: [plan, "buffer", count, number, ...error], result },
  mlp_plan_update: { parameters: [plan, choice, id, id, "buffer", count, "buffer", count, ...error], result },
  mlp_plan_average: { parameters: [plan, id, id, number, ...error], result },

  mlp_plan_write_buffer: { parameters: [plan, id, "buffer", count, ...error], result },
  mlp_plan_read_buffer: { parameters: [plan, id, "buffer", count, ...error], result },
  mlp_plan_write_buffers: { parameters: [plan, "buffer", count, "buffer", count, ...error], result },
  mlp_plan_read_buffers: { parameters: [plan, "buffer", count, "buffer", count, ...error], result },
  mlp_plan_run_epoch: {
    parameters: [plan, "u32", "buffer", count, "buffer", count, count, "buffer", count, ...error],
    result,
    nonblocking: true,
  },
  mlp_plan_predict: { parameters: [plan, id, "buffer", count, ...error], result, nonblocking: true },
  mlp_plan_predict_here: {
    name: "mlp_plan_predict", // on the calling thread, for work that is shorter than the way to another one
    parameters: [plan, id, "buffer", count, ...error],
    result,
  },
  mlp_plan_stop: { parameters: [plan, "u32", ...error], result },
  mlp_plan_steps_done: { parameters: [plan, "u32"], result: "i64" },

  mlp_group_create: { parameters: [transport, "u32", "buffer", ...error], result: group },
  mlp_group_destroy: { parameters: [group], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions that the CPU library has besides. `cpu/deform.h` describes their parameters. */
export const CPU_SYMBOLS = {
  mlp_deform_images: {
    parameters: ["i32", "u32", "buffer", "buffer", count, "u32", "u32", "buffer", count, "buffer", ...error],
    result,
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of a loaded library. */
export type Symbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

/** The functions of the CPU library alone. */
export type CpuSymbols = Deno.StaticForeignLibraryInterface<typeof CPU_SYMBOLS>;
