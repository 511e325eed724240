/** The C interface of `cuda/mlp.h` as Deno sees it: each function with its C types, and its numbers. @module */

/** The version of the interface that this table describes. */
export const ABI_VERSION = 2;

/** Bytes that a sentence about an error may have. */
export const ERROR_BYTES = 512;

/** The paths' numbers: how a plan is carried out. */
export const PATH_NUMBERS = { auto: 0, ops: 1, graph: 2, persistent: 3 } as const;

/** The facts of a device, in the order in which `mlp_device_query` writes them. */
export const FACTS = ["major", "minor", "multiprocessors", "sharedBytes", "totalBytes", "freeBytes"] as const;

/** The results of an epoch, in the order in which `mlp_plan_run_epoch` writes them. */
export const RESULTS = ["lossSum", "correct", "rows", "steps", "diverged"] as const;

/** What a status means, as `BackendError.code`; 0 is success. */
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
];

const plan = "pointer", id = "i32", count = "u64", flag = "i32", number = "f64";
const error = ["buffer", "u32"] as const; // char *error, uint32_t error_size
const result = "i32"; // a status

/** Every function of the library. Where a C parameter's name says more than its type, the type has that name here. */
export const SYMBOLS = {
  mlp_abi_version: { parameters: [], result: "u32" },
  mlp_is_emulated: { parameters: [], result: "u32" },
  mlp_driver_version: { parameters: [], result: "i32" },
  mlp_runtime_version: { parameters: [], result: "i32" },
  // int32_t *count
  mlp_device_count: { parameters: ["buffer", ...error], result },
  // int32_t device, char *name, uint32_t name_size, int64_t *facts, uint64_t fact_count
  mlp_device_query: { parameters: ["i32", "buffer", "u32", "buffer", count, ...error], result },

  // int32_t device, uint32_t batch_size, int32_t path, int32_t *status
  mlp_plan_create: { parameters: ["i32", "u32", "i32", "buffer", ...error], result: plan },
  // uint64_t rows, uint64_t columns
  mlp_plan_add_buffer: { parameters: [plan, count, count, ...error], result },
  // const uint8_t *inputs or const float *inputs, uint64_t count, uint64_t columns
  mlp_plan_set_inputs_u8: { parameters: [plan, "buffer", count, count, ...error], result },
  mlp_plan_set_inputs_f32: { parameters: [plan, "buffer", count, count, ...error], result },
  // const uint32_t *labels, uint64_t count
  mlp_plan_set_labels: { parameters: [plan, "buffer", count, ...error], result },
  // const float *targets, uint64_t count, uint64_t columns
  mlp_plan_set_targets: { parameters: [plan, "buffer", count, count, ...error], result },
  mlp_plan_finish: { parameters: [plan, ...error], result },
  // char *text, uint32_t text_size
  mlp_plan_describe: { parameters: [plan, "buffer", "u32", ...error], result },
  mlp_plan_destroy: { parameters: [plan], result: "void" },

  // x, target, scale
  mlp_plan_gather: { parameters: [plan, id, id, number, ...error], result },
  // x, weights, bias, y, z, activation
  mlp_plan_linear: { parameters: [plan, id, id, id, id, id, "i32", ...error], result },
  // logits, target, dz, label_smoothing
  mlp_plan_softmax_cross_entropy: { parameters: [plan, id, id, id, number, ...error], result },
  // y, z, target, labels, dz, activation
  mlp_plan_mean_squared_error: { parameters: [plan, id, id, id, flag, id, "i32", ...error], result },
  // dz, weights, x, z, dx, activation
  mlp_plan_linear_backward_input: { parameters: [plan, id, id, id, id, id, "i32", ...error], result },
  // x, dz, d_weights, d_bias
  mlp_plan_linear_backward_weight: { parameters: [plan, id, id, id, id, ...error], result },
  // const int32_t *gradients, uint64_t count, double max_norm
  mlp_plan_clip_by_norm: { parameters: [plan, "buffer", count, number, ...error], result },
  // optimizer, parameter, gradient, const int32_t *states, uint64_t state_count, const double *settings,
  // uint64_t setting_count
  mlp_plan_update: {
    parameters: [plan, "i32", id, id, "buffer", count, "buffer", count, ...error],
    result,
  },

  // buffer, const float *values, uint64_t count
  mlp_plan_write_buffer: { parameters: [plan, id, "buffer", count, ...error], result },
  mlp_plan_read_buffer: { parameters: [plan, id, "buffer", count, ...error], result },
  // uint32_t run, const uint32_t *order, uint64_t rows, const double *learning_rates, uint64_t steps,
  // uint64_t steps_before, double *results, uint64_t result_count
  mlp_plan_run_epoch: {
    parameters: [plan, "u32", "buffer", count, "buffer", count, count, "buffer", count, ...error],
    result,
    nonblocking: true,
  },
  // y, float *outputs, uint64_t count
  mlp_plan_predict: { parameters: [plan, id, "buffer", count, ...error], result, nonblocking: true },
  // uint32_t run
  mlp_plan_stop: { parameters: [plan, "u32", ...error], result },
  mlp_plan_steps_done: { parameters: [plan, "u32"], result: "i64" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of a loaded library. */
export type Symbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;
