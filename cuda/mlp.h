/* The C interface of two libraries: training steps and predictions of dense networks, by libmlpcuda on an NVIDIA GPU, by
 * libmlpcpu on the computer's processor.
 *
 * A caller records one step as a plan: buffers, then operations over them (defined in `src/plan/ops.ts`), and finishes it. The
 * library keeps the data set and all buffers on the device and runs complete epochs. A device is a GPU, or a set of
 * instructions of the processor.
 *
 *   version and devices   mlp_abi_version  mlp_kind  mlp_driver_version  mlp_runtime_version  mlp_device_count
 *                         mlp_device_query
 *   rows of several plans mlp_rows_create_u8  mlp_rows_create_f32  mlp_rows_free
 *   plan                  mlp_plan_create  mlp_plan_set_threads  mlp_plan_set_group  mlp_plan_add_buffer
 *                         mlp_plan_set_inputs_u8  mlp_plan_set_inputs_f32  mlp_plan_set_rows  mlp_plan_set_labels
 *                         mlp_plan_set_targets  mlp_plan_set_row_weights  mlp_plan_finish  mlp_plan_describe  mlp_plan_destroy
 *   operations            mlp_plan_gather  mlp_plan_dropout  mlp_plan_linear  mlp_plan_loss
 *                         mlp_plan_linear_backward_input  mlp_plan_linear_backward_weight  mlp_plan_clip_by_norm
 *                         mlp_plan_update  mlp_plan_average
 *   work                  mlp_plan_write_buffer  mlp_plan_read_buffer  mlp_plan_write_buffers  mlp_plan_read_buffers
 *                         mlp_plan_run_epoch  mlp_plan_predict  mlp_plan_stop  mlp_plan_steps_done
 *   several processes     mlp_group_create  mlp_group_destroy
 *
 * Status: functions that return int32_t return MLP_OK or another code below. If it is not MLP_OK, `error` holds a message
 * without a final period, cut off at `error_size` bytes with the closing NUL; `error` may be null if `error_size` is 0.
 * Shapes: B rows of a batch, I inputs and O outputs of a layer, C classes, N rows of the data set; row-major, dense.
 * Sizes: every array is passed with the number of its elements, which is checked. Numbers of a buffer or data set are float
 * (IEEE binary32) unless the type of a parameter is another. Arrays are not used after the call.
 * Threads: any thread may call; calls on one plan must not overlap, except that mlp_plan_stop and mlp_plan_steps_done may be
 * called while mlp_plan_run_epoch is running. Different plans are independent. No call prints or ends the process. If the
 * process ends while other threads run epochs or predictions, exit() ends the epochs after their current step, and waits for
 * these calls for at most 5 seconds. */
#ifndef MLP_H
#define MLP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MLP_ABI_VERSION 6u

/* Status codes. */
enum {
  MLP_OK = 0,
  MLP_INVALID = 1,            /* an argument is invalid, or the call is not allowed in this state of the plan */
  MLP_NO_DRIVER = 2,          /* no NVIDIA driver on this machine */
  MLP_DRIVER_TOO_OLD = 3,     /* the driver is older than this library needs */
  MLP_NO_DEVICE = 4,          /* no GPU, or no device with that number */
  MLP_OUT_OF_MEMORY = 5,      /* the memory of the GPU or the computer is used up */
  MLP_DEVICE_UNSUPPORTED = 6, /* the library has no code for this GPU, or the processor or the library lacks these instructions */
  MLP_DEVICE_BUSY = 7,        /* other processes use the GPU, or its mode allows no other process */
  MLP_CONTEXT_LOST = 8,       /* work on the GPU failed; this process can no longer use it */
  MLP_TIMED_OUT = 9,          /* the system's watchdog ended the work; this process can no longer use the GPU */
  MLP_DRIVER_MISMATCH = 10,   /* parts of the driver do not match */
  MLP_FAILED = 11,            /* any other error */
  MLP_RANK_LOST = 12          /* another process of the group has ended or does not answer */
};

/* Activations y of the sums z, numbered as in `src/plan/activations.ts`. "needs z": the derivative is computed from z; the
 * others are computed from y. */
enum mlp_activation {
  MLP_LINEAR = 0,
  MLP_RELU = 1,
  MLP_SIGMOID = 2,
  MLP_TANH = 3,
  MLP_SOFTMAX = 4, /* of a row */
  MLP_SILU = 5, /* needs z */
  MLP_MISH = 6, /* needs z */
  MLP_LEAKY_RELU = 7,
  MLP_ELU = 8,
  MLP_GELU = 9 /* needs z */
};
enum { MLP_ACTIVATIONS = MLP_GELU + 1 };

/* Optimizers, numbered as in `src/plan/optimizers.ts`, with the states and settings of mlp_plan_update, in order. */
enum mlp_optimizer {
  MLP_SGD = 0, /* states: velocity (none if momentum is 0); settings: momentum, nesterov (0 or 1), weight decay */
  MLP_ADAM = 1, /* states: m, v; settings: beta1, beta2, epsilon, weight decay, decoupled (1 for AdamW, else 0) */
  MLP_RMSPROP = 2, /* states: v; settings: decay, epsilon, weight decay */
  MLP_LION = 3 /* states: m; settings: beta1, beta2, weight decay */
};
enum { MLP_OPTIMIZERS = MLP_LION + 1 };

/* Losses, numbered as in `src/plan/losses.ts`: what each is computed from, the targets that it takes, and the settings of
 * mlp_plan_loss, in order. Logits are the sums z of the last layer, whose activation is then MLP_LINEAR: y = z. */
enum mlp_loss {
  MLP_SOFTMAX_CROSS_ENTROPY = 0, /* from logits; labels or target values (probabilities); settings: label smoothing (0 to 1) */
  MLP_MEAN_SQUARED_ERROR = 1, /* from outputs; labels or target values; settings: none */
  MLP_BINARY_CROSS_ENTROPY = 2, /* from logits; target values; settings: none */
  MLP_HUBER = 3 /* from outputs; target values; settings: delta (above 0) */
};
enum { MLP_LOSSES = MLP_HUBER + 1 };

/* The ways to run a plan. If the persistent kernel is not possible, the graph is used instead; if the plan has an unusual
 * form, its operations are run one by one. mlp_plan_describe gives the path and the reason. A prediction comes from the shapes
 * of the plan and facts of the GPU alone: no path is timed, so that the choice is the same every time. */
enum {
  MLP_PATH_AUTO = 0,       /* on a GPU, the graph or the persistent kernel, whichever is predicted to take less time */
  MLP_PATH_OPS = 1,        /* one operation at a time: on a GPU, one launch or more for each */
  MLP_PATH_GRAPH = 2,      /* fused operations; on a GPU, recorded once into a CUDA graph that covers an epoch */
  MLP_PATH_PERSISTENT = 3  /* one kernel for all steps of an epoch, with weights in shared memory; libmlpcuda alone */
};

/* A plan, with its buffers and data set on one device. */
typedef struct mlp_plan mlp_plan;

/* Processes that train one network together. */
typedef struct mlp_group mlp_group;

/* Inputs on one device that several plans read. They never change. */
typedef struct mlp_rows mlp_rows;

/* ---- version and devices ---- */

/* Returns MLP_ABI_VERSION of the library. Compare it before any other call. */
uint32_t mlp_abi_version(void);

/* The libraries with this interface. */
enum {
  MLP_KIND_CUDA = 1,     /* libmlpcuda: devices are GPUs, numbered from 0 */
  MLP_KIND_EMULATED = 2, /* the same kernels on the processor, for tests */
  MLP_KIND_CPU = 3       /* libmlpcpu: devices are sets of instructions, numbered as in `enum mlp_instruction_set` */
};

/* The devices of libmlpcpu. All compute the same bits. */
enum mlp_instruction_set {
  MLP_BEST = 0,   /* the best that this processor and the library have */
  MLP_AVX2 = 1,   /* x86-64 with AVX2 and FMA */
  MLP_AVX512 = 2, /* x86-64 with AVX-512 F, BW, DQ and VL */
  MLP_NEON = 3    /* arm64 */
};
enum { MLP_INSTRUCTION_SETS = MLP_NEON + 1 };

/* Returns which library this is: one of MLP_KIND_… */
uint32_t mlp_kind(void);

/* Returns the newest CUDA version that the driver supports, as 1000 major + 10 minor; 0 without a driver, and by libmlpcpu. */
int32_t mlp_driver_version(void);

/* Returns the CUDA version that the library was built with, in the same form; 0 by libmlpcpu. */
int32_t mlp_runtime_version(void);

/* Writes the number of GPUs, or MLP_INSTRUCTION_SETS. */
int32_t mlp_device_count(int32_t *count, char *error, uint32_t error_size);

/* Facts of a device, in the order of `facts`. A processor has the value 0 for those of GPUs alone. */
enum {
  MLP_FACT_MAJOR = 0,           /* compute capability of a GPU */
  MLP_FACT_MINOR = 1,
  MLP_FACT_MULTIPROCESSORS = 2, /* of a GPU; or the processors that this process may use */
  MLP_FACT_SHARED_BYTES = 3,    /* largest shared memory of a block, of a GPU */
  MLP_FACT_TOTAL_BYTES = 4,     /* size of the memory */
  MLP_FACT_FREE_BYTES = 5,      /* free memory */
  MLP_FACTS = 6
};

/* Writes the device's name, NUL-terminated, and MLP_FACTS facts. Opens a context on a GPU. Returns MLP_DEVICE_UNSUPPORTED if
 * the library has no code for the GPU, or if the processor or the library does not have these instructions. */
int32_t mlp_device_query(int32_t device, char *name, uint32_t name_size, int64_t *facts, uint64_t fact_count, char *error,
                         uint32_t error_size);

/* ---- rows of several plans ---- */

/* Copies inputs (N, columns) to a device, for any number of plans; `count` is N times `columns`. What a plan derives from them,
 * such as the rows without their zeros, is kept with them and made once. Returns null, with a code in `status`, if that fails.
 * The caller passes the rows to mlp_rows_free once. */
mlp_rows *mlp_rows_create_u8(int32_t device, const uint8_t *inputs, uint64_t count, uint64_t columns, int32_t *status,
                             char *error, uint32_t error_size);
mlp_rows *mlp_rows_create_f32(int32_t device, const float *inputs, uint64_t count, uint64_t columns, int32_t *status,
                              char *error, uint32_t error_size);

/* Ends the caller's use of rows. Their memory is freed when no plan has them any more, so that plans may be at work. Does nothing
 * if `rows` is null. On a GPU it may wait for the work of plans. */
void mlp_rows_free(mlp_rows *rows);

/* ---- plan ---- */

/* Creates a plan on a device, for batches of up to `batch_size` rows; `path` is one of MLP_PATH_…. Returns null, with a code in
 * `status`, if that fails. The caller passes the plan to mlp_plan_destroy once. */
mlp_plan *mlp_plan_create(int32_t device, uint32_t batch_size, int32_t path, int32_t *status, char *error,
                          uint32_t error_size);

/* Sets the number of threads that the plan uses, before mlp_plan_finish: from 1 to 1024, or 0, the default, for one for each
 * processor that this process may use. The results do not depend on it. libmlpcuda takes 0 alone. */
int32_t mlp_plan_set_threads(mlp_plan *plan, uint32_t threads, char *error, uint32_t error_size);

/* Makes the plan train together with the same plan in the other processes of the group; before mlp_plan_finish. Each process
 * sets the same data set and the same parameters and runs the same epochs. The group must exist as long as the plan. */
int32_t mlp_plan_set_group(mlp_plan *plan, mlp_group *group, char *error, uint32_t error_size);

/* Adds a buffer of zeros: (rows, columns), or (B, columns) if `rows` is 0. Operations refer to buffers by number: 0 for the
 * first that was added, then 1, and so on. */
int32_t mlp_plan_add_buffer(mlp_plan *plan, uint64_t rows, uint64_t columns, char *error, uint32_t error_size);

/* Copies the inputs (N, columns) of the data set to the device, in place of earlier ones; `count` is N times `columns`. After
 * mlp_plan_finish, `columns` must stay the same; if the plan trains, N and the type of the numbers must stay the same too. */
int32_t mlp_plan_set_inputs_u8(mlp_plan *plan, const uint8_t *inputs, uint64_t count, uint64_t columns, char *error,
                               uint32_t error_size);
int32_t mlp_plan_set_inputs_f32(mlp_plan *plan, const float *inputs, uint64_t count, uint64_t columns, char *error,
                                uint32_t error_size);

/* Makes rows the inputs of the data set, without a copy, with the conditions and the results of mlp_plan_set_inputs_…. Plans on
 * several threads may do this, and read the rows, at the same time; mlp_rows_free must not be called before it returns. A plan
 * of libmlpcuda must be on the GPU of the rows; in libmlpcpu, rows of any device can be used by every plan. */
int32_t mlp_plan_set_rows(mlp_plan *plan, const mlp_rows *rows, char *error, uint32_t error_size);

/* Copies class labels (N) or target values (N, columns) to the device; a data set has one of these. A row whose label is C or more
 * belongs to no class: its target is 1 / C for each class. */
int32_t mlp_plan_set_labels(mlp_plan *plan, const uint32_t *labels, uint64_t count, char *error, uint32_t error_size);
int32_t mlp_plan_set_targets(mlp_plan *plan, const float *targets, uint64_t count, uint64_t columns, char *error,
                             uint32_t error_size);

/* Copies row weights (N) to the device. A row's weight multiplies its gradient; losses are reported without it. */
int32_t mlp_plan_set_row_weights(mlp_plan *plan, const float *row_weights, uint64_t count, char *error,
                                 uint32_t error_size);

/* ---- operations, in the order in which a step executes them ---- */

/* x (B, I) = inputs[rows of the step] * scale; target (B, 1) receives labels, or (B, O) target values; row_weights (B, 1)
 * receives row weights. target and row_weights are -1 for none. */
int32_t mlp_plan_gather(mlp_plan *plan, int32_t x, int32_t target, int32_t row_weights, double scale, char *error,
                        uint32_t error_size);

/* y (B, I) = x (B, I) after dropout: a share `rate`, from 0 to below 1, of the values becomes 0, and the others are multiplied
 * by 1 / (1 - rate). `isKept()` of `src/random.ts` defines the kept values: a function of seed, step, layer, row of the batch
 * and column. */
int32_t mlp_plan_dropout(mlp_plan *plan, int32_t x, int32_t y, double rate, uint32_t seed, uint32_t layer, char *error,
                         uint32_t error_size);

/* y (B, O) = activation(z) with the sums z (B, O) = x (B, I) weights (O, I)ᵀ + bias (1, O). z is -1 if no operation needs the
 * sums. */
int32_t mlp_plan_linear(mlp_plan *plan, int32_t x, int32_t weights, int32_t bias, int32_t y, int32_t z, int32_t activation,
                        char *error, uint32_t error_size);

/* A loss of y (B, O) = activation(z (B, O)), and its gradient dz (B, O). `loss` is one of `enum mlp_loss`, which lists what it
 * is computed from; `labels` is 1 if target holds labels (B, 1), and 0 if it holds target values (B, O). z is the buffer that
 * mlp_plan_linear writes with y, or -1 if the derivative does not need it. target and row_weights (B, 1) are those of the
 * gather; row_weights is -1 if every row has the weight 1. */
int32_t mlp_plan_loss(mlp_plan *plan, int32_t loss, int32_t y, int32_t z, int32_t target, int32_t labels,
                      int32_t row_weights, int32_t dz, int32_t activation, const double *settings, uint64_t setting_count,
                      char *error, uint32_t error_size);

/* dx (B, I) = activation'(z) (dz (B, O) weights (O, I)), with x (B, I) = activation(z (B, I)). z is the buffer that
 * mlp_plan_linear writes with x, or -1 if the derivative does not need it. If the layer reads x through mlp_plan_dropout, the
 * product is multiplied by the same mask first: rate, seed and layer are those of the dropout. Without dropout, rate is 0. */
int32_t mlp_plan_linear_backward_input(mlp_plan *plan, int32_t dz, int32_t weights, int32_t x, int32_t z, int32_t dx,
                                       int32_t activation, double rate, uint32_t seed, uint32_t layer, char *error,
                                       uint32_t error_size);

/* d_weights (O, I) = dz (B, O)ᵀ x (B, I), d_bias (1, O) = the sum of dz over the rows. */
int32_t mlp_plan_linear_backward_weight(mlp_plan *plan, int32_t x, int32_t dz, int32_t d_weights, int32_t d_bias,
                                        char *error, uint32_t error_size);

/* Scales the gradients by min(1, max_norm / (norm of all of them + 1e-6)). */
int32_t mlp_plan_clip_by_norm(mlp_plan *plan, const int32_t *gradients, uint64_t count, double max_norm, char *error,
                              uint32_t error_size);

/* Updates a parameter from its gradient. `optimizer` is one of `enum mlp_optimizer`, which lists its states and settings.
 * Gradient and states have the shape of the parameter. */
int32_t mlp_plan_update(mlp_plan *plan, int32_t optimizer, int32_t parameter, int32_t gradient, const int32_t *states,
                        uint64_t state_count, const double *settings, uint64_t setting_count, char *error,
                        uint32_t error_size);

/* average = decay average + (1 - decay) parameter, for buffers of the same shape; `decay` is from 0 to below 1. */
int32_t mlp_plan_average(mlp_plan *plan, int32_t parameter, int32_t average, double decay, char *error, uint32_t error_size);

/* Ends the recording: chooses the path and allocates memory. The inputs must be set before. */
int32_t mlp_plan_finish(mlp_plan *plan, char *error, uint32_t error_size);

/* Writes a NUL-terminated text: the path of the finished plan, and the reason for it; on a GPU also the predicted µs of a step. An
 * epoch changes the text if the persistent kernel cannot be launched: the plan then uses the graph from that step on. */
int32_t mlp_plan_describe(mlp_plan *plan, char *text, uint32_t text_size, char *error, uint32_t error_size);

/* ---- work ---- */

/* Copies numbers to a buffer, or from it; `count` is the number of its elements. The buffer must have no batch dimension. */
int32_t mlp_plan_write_buffer(mlp_plan *plan, int32_t buffer, const float *values, uint64_t count, char *error,
                              uint32_t error_size);
int32_t mlp_plan_read_buffer(mlp_plan *plan, int32_t buffer, float *values, uint64_t count, char *error,
                             uint32_t error_size);

/* The same for several buffers, whose numbers are one after the other in `values`; `count` is the number of elements of all. The
 * device is waited for once, not once for each buffer. */
int32_t mlp_plan_write_buffers(mlp_plan *plan, const int32_t *buffers, uint64_t buffer_count, const float *values,
                               uint64_t count, char *error, uint32_t error_size);
int32_t mlp_plan_read_buffers(mlp_plan *plan, const int32_t *buffers, uint64_t buffer_count, float *values, uint64_t count,
                              char *error, uint32_t error_size);

/* The results of an epoch, in the order of `results`. */
enum {
  MLP_RESULT_LOSS_SUM = 0, /* sum of the rows' losses, each before the update of its step */
  MLP_RESULT_CORRECT = 1,  /* correct rows: the largest output is the label's, or every sigmoid output is correct */
  MLP_RESULT_ROWS = 2,     /* rows of the steps done */
  MLP_RESULT_STEPS = 3,    /* steps done */
  MLP_RESULT_DIVERGED = 4, /* 1 if the loss of the last step was not finite, else 0 */
  MLP_RESULTS = 5
};

/* Runs an epoch, and writes MLP_RESULTS results. `order` has `rows` row numbers of the data set; each step trains on the next B
 * of them, the last step on the rest. `learning_rates` has one rate for each of the `steps`; `steps_before` is the number of
 * steps done before this epoch since training began. `run` is the epoch's number for mlp_plan_stop, from 1 to 2^32 - 2; use
 * each number once. Returns when the epoch has ended. */
int32_t mlp_plan_run_epoch(mlp_plan *plan, uint32_t run, const uint32_t *order, uint64_t rows, const double *learning_rates,
                           uint64_t steps, uint64_t steps_before, double *results, uint64_t result_count, char *error,
                           uint32_t error_size);

/* Runs the plan on all rows of the inputs, in order, and writes the rows of buffer `y` (B, O) for them: (N, O). */
int32_t mlp_plan_predict(mlp_plan *plan, int32_t y, float *outputs, uint64_t count, char *error, uint32_t error_size);

/* Makes the epoch with the number `run` end after its current step. */
int32_t mlp_plan_stop(mlp_plan *plan, uint32_t run, char *error, uint32_t error_size);

/* Returns the number of steps that the epoch with the number `run` has done; 0 if it has not begun. */
int64_t mlp_plan_steps_done(mlp_plan *plan, uint32_t run);

/* Frees a plan and all its memory. Does nothing if `plan` is null. On a GPU it may wait for the work of other plans, so that a
 * thread with other tasks should not call it. */
void mlp_plan_destroy(mlp_plan *plan);

/* ---- several processes ---- */

#define MLP_TRANSPORT_VERSION 1u

/* How the processes of a group send bytes to each other. A process has a rank, from 0 to `size` - 1. */
typedef struct mlp_transport {
  uint32_t version; /* MLP_TRANSPORT_VERSION */
  int32_t rank, size;
  /* Sends `bytes` bytes to the process with rank `peer` and receives as many from it, at once. Returns MLP_OK, or MLP_RANK_LOST
   * if the process has ended, or has not answered after `seconds`. Called by one thread at a time. */
  int32_t (*exchange)(int32_t peer, const void *send, void *receive, uint64_t bytes, double seconds);
} mlp_transport;

/* The most parts into which a batch is cut. */
#define MLP_MAX_SLICES 8u

/* Creates a group; the transport is copied. Each batch is cut into `slices` parts, 1, 2, 4 or 8, whose gradients are added in
 * one fixed order, so that every number of processes computes the same bits; it must divide `slices`. Returns null, with a code
 * in `status`, if that fails; libmlpcuda has no groups. The caller passes the group to mlp_group_destroy once. */
mlp_group *mlp_group_create(const mlp_transport *transport, uint32_t slices, int32_t *status, char *error,
                            uint32_t error_size);

/* Frees a group, after all plans that use it. Does nothing if `group` is null. */
void mlp_group_destroy(mlp_group *group);

#ifdef __cplusplus
}
#endif
#endif
