/* The C interface of libmlpcuda: training steps and predictions of dense networks on an NVIDIA GPU.
 *
 * A caller records one step as a plan: buffers, then operations over them (`src/plan/plan.ts` says what each computes), and
 * finishes it. The library keeps the data set and all buffers on the GPU and carries whole epochs out on its own.
 *
 *   version and devices   mlp_abi_version  mlp_is_emulated  mlp_driver_version  mlp_runtime_version
 *                         mlp_device_count  mlp_device_query
 *   plan                  mlp_plan_create  mlp_plan_add_buffer  mlp_plan_set_inputs_u8  mlp_plan_set_inputs_f32
 *                         mlp_plan_set_labels  mlp_plan_set_targets  mlp_plan_set_row_weights  mlp_plan_finish
 *                         mlp_plan_describe  mlp_plan_destroy
 *   operations            mlp_plan_gather  mlp_plan_dropout  mlp_plan_linear  mlp_plan_softmax_cross_entropy
 *                         mlp_plan_binary_cross_entropy  mlp_plan_mean_squared_error  mlp_plan_huber
 *                         mlp_plan_linear_backward_input  mlp_plan_linear_backward_weight  mlp_plan_clip_by_norm
 *                         mlp_plan_update  mlp_plan_average
 *   work                  mlp_plan_write_buffer  mlp_plan_read_buffer  mlp_plan_run_epoch  mlp_plan_predict
 *                         mlp_plan_stop  mlp_plan_steps_done
 *
 * Status: functions that return int32_t return MLP_OK or another code below. `error` then holds a sentence without a full
 * stop, cut off at `error_size` bytes with the closing NUL; it may be null if `error_size` is 0.
 * Shapes: B rows of a batch, I inputs and O outputs of a layer, C classes, N rows of the data set; row-major, dense.
 * Sizes: every array comes with the number of its elements, which is checked. Numbers are float (IEEE binary32) unless a
 * parameter's type says otherwise. Nothing that is passed in is kept or changed after the call.
 * Threads: any thread may call; calls on one plan must not overlap, except mlp_plan_stop and mlp_plan_steps_done, which
 * may come while mlp_plan_run_epoch is running. Different plans are independent. No call prints or ends the process. */
#ifndef MLP_H
#define MLP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MLP_ABI_VERSION 3u

/* Status codes. */
enum {
  MLP_OK = 0,
  MLP_INVALID = 1,            /* an argument is out of range, or a call comes at the wrong time */
  MLP_NO_DRIVER = 2,          /* no NVIDIA driver on this machine */
  MLP_DRIVER_TOO_OLD = 3,     /* the driver is older than this library needs */
  MLP_NO_DEVICE = 4,          /* no GPU, or none of that number */
  MLP_OUT_OF_MEMORY = 5,      /* the GPU's memory does not hold what was asked for */
  MLP_DEVICE_UNSUPPORTED = 6, /* the library has no code for this GPU */
  MLP_DEVICE_BUSY = 7,        /* the GPU is in use by others or in a mode that forbids this */
  MLP_CONTEXT_LOST = 8,       /* work on the GPU failed; this process can use it no more */
  MLP_TIMED_OUT = 9,          /* the system's watchdog ended the work; as MLP_CONTEXT_LOST */
  MLP_DRIVER_MISMATCH = 10,   /* parts of the driver do not go together */
  MLP_FAILED = 11             /* any other error of the driver */
};

/* Activations, numbered as in `src/plan/activations.ts`: y of the sums z. A derivative needs y alone unless it says more. */
enum mlp_activation {
  MLP_LINEAR = 0,
  MLP_RELU = 1,
  MLP_SIGMOID = 2,
  MLP_TANH = 3,
  MLP_SOFTMAX = 4, /* over a row */
  MLP_SILU = 5, /* needs z */
  MLP_MISH = 6, /* needs z */
  MLP_LEAKY_RELU = 7,
  MLP_ELU = 8,
  MLP_GELU = 9 /* needs z */
};
enum { MLP_ACTIVATIONS = MLP_GELU + 1 };

/* Optimizers, numbered as in `src/plan/optimizers.ts`, with what mlp_plan_update takes, in order. */
enum mlp_optimizer {
  MLP_SGD = 0, /* states: velocity (none if momentum is 0); settings: momentum, nesterov (0 or 1), weight decay */
  MLP_ADAM = 1, /* states: m, v; settings: beta1, beta2, epsilon, weight decay, decoupled (1 for AdamW, else 0) */
  MLP_RMSPROP = 2, /* states: v; settings: decay, epsilon, weight decay */
  MLP_LION = 3 /* states: m; settings: beta1, beta2, weight decay */
};
enum { MLP_OPTIMIZERS = MLP_LION + 1 };

/* How a plan is carried out. One that the persistent kernel cannot carry out takes the graph, one of an unusual form its
 * operations; mlp_plan_describe says which and why. */
enum {
  MLP_PATH_AUTO = 0,       /* the fastest of those below that fits */
  MLP_PATH_OPS = 1,        /* each operation launched on its own */
  MLP_PATH_GRAPH = 2,      /* fused operations, recorded once into a CUDA graph that covers an epoch */
  MLP_PATH_PERSISTENT = 3  /* one kernel for all steps of an epoch, weights kept on the chip */
};

/* A plan with its buffers and data set on one GPU. */
typedef struct mlp_plan mlp_plan;

/* ---- version and devices ---- */

/* MLP_ABI_VERSION of the library. Compare it before any other call. */
uint32_t mlp_abi_version(void);

/* 1 for the build that runs kernels on the CPU, which is for tests; else 0. */
uint32_t mlp_is_emulated(void);

/* The newest CUDA version that the driver supports, as 1000 major + 10 minor; 0 without a driver. */
int32_t mlp_driver_version(void);

/* The CUDA version that the library was built with, in the same form. */
int32_t mlp_runtime_version(void);

/* Writes the number of GPUs. */
int32_t mlp_device_count(int32_t *count, char *error, uint32_t error_size);

/* Facts of a GPU, in the order of `facts`. */
enum {
  MLP_FACT_MAJOR = 0, /* compute capability */
  MLP_FACT_MINOR = 1,
  MLP_FACT_MULTIPROCESSORS = 2,
  MLP_FACT_SHARED_BYTES = 3, /* that a block can have */
  MLP_FACT_TOTAL_BYTES = 4,  /* of memory */
  MLP_FACT_FREE_BYTES = 5,
  MLP_FACTS = 6
};

/* Writes the GPU's name, NUL-terminated, and MLP_FACTS facts. Opens a context on it, and returns MLP_DEVICE_UNSUPPORTED if the
 * library has no code for it. */
int32_t mlp_device_query(int32_t device, char *name, uint32_t name_size, int64_t *facts, uint64_t fact_count, char *error,
                         uint32_t error_size);

/* ---- plan ---- */

/* Starts a plan on a GPU, for batches of up to `batch_size` rows; `path` is one of MLP_PATH_….
 * Returns it, to be given to mlp_plan_destroy once, or null with a code in `status`. */
mlp_plan *mlp_plan_create(int32_t device, uint32_t batch_size, int32_t path, int32_t *status, char *error,
                          uint32_t error_size);

/* Adds a buffer of zeros: (rows, columns), or (B, columns) where `rows` is 0. Operations name buffers by number: 0 for the
 * first that was added, then 1, and so on. */
int32_t mlp_plan_add_buffer(mlp_plan *plan, uint64_t rows, uint64_t columns, char *error, uint32_t error_size);

/* Copies the inputs (N, columns) of the data set to the GPU; `count` is N columns. Replaces those there were. Once the plan
 * is finished `columns` must stay the same, and where the plan trains N and the kind too; the inputs are then written where
 * those before them lay. */
int32_t mlp_plan_set_inputs_u8(mlp_plan *plan, const uint8_t *inputs, uint64_t count, uint64_t columns, char *error,
                               uint32_t error_size);
int32_t mlp_plan_set_inputs_f32(mlp_plan *plan, const float *inputs, uint64_t count, uint64_t columns, char *error,
                                uint32_t error_size);

/* Copies class labels (N) or target values (N, columns) to the GPU; a data set has one of them. A label that is no class, C or
 * more, stands for a target of 1 / C for each class. */
int32_t mlp_plan_set_labels(mlp_plan *plan, const uint32_t *labels, uint64_t count, char *error, uint32_t error_size);
int32_t mlp_plan_set_targets(mlp_plan *plan, const float *targets, uint64_t count, uint64_t columns, char *error,
                             uint32_t error_size);

/* Copies row weights (N) to the GPU. A row's weight multiplies its gradient; losses are reported without it. */
int32_t mlp_plan_set_row_weights(mlp_plan *plan, const float *row_weights, uint64_t count, char *error,
                                 uint32_t error_size);

/* ---- operations, in the order in which a step carries them out ---- */

/* x (B, I) = inputs[rows of the step] * scale; target (B, 1) receives labels, or (B, O) target values; row_weights (B, 1)
 * receives row weights. target and row_weights are -1 for none. */
int32_t mlp_plan_gather(mlp_plan *plan, int32_t x, int32_t target, int32_t row_weights, double scale, char *error,
                        uint32_t error_size);

/* y (B, I) = x (B, I), of which a share `rate`, from 0 to below 1, becomes 0; the others are multiplied by 1 / (1 - rate).
 * `isKept()` of `src/random.ts` says which: a function of seed, step, layer, row of the batch and column. */
int32_t mlp_plan_dropout(mlp_plan *plan, int32_t x, int32_t y, double rate, uint32_t seed, uint32_t layer, char *error,
                         uint32_t error_size);

/* y (B, O) = activation(z) of the sums z (B, O) = x (B, I) weights (O, I)ᵀ + bias (1, O); z is -1 where nothing needs them. */
int32_t mlp_plan_linear(mlp_plan *plan, int32_t x, int32_t weights, int32_t bias, int32_t y, int32_t z, int32_t activation,
                        char *error, uint32_t error_size);

/* Losses. target and row_weights (B, 1) are those of the gather; row_weights is -1 if every row weighs 1. */

/* Cross-entropy of softmax(logits (B, C)) against labels (B, 1), and dz (B, C). */
int32_t mlp_plan_softmax_cross_entropy(mlp_plan *plan, int32_t logits, int32_t target, int32_t row_weights, int32_t dz,
                                       double label_smoothing, char *error, uint32_t error_size);

/* Mean over the outputs of the cross-entropy of sigmoid(logits (B, O)) against target (B, O), and dz (B, O). */
int32_t mlp_plan_binary_cross_entropy(mlp_plan *plan, int32_t logits, int32_t target, int32_t row_weights, int32_t dz,
                                      char *error, uint32_t error_size);

/* Mean squared error of y (B, O), which `activation` made of z (B, O), against target (B, O), or labels (B, 1) where
 * `labels` is 1; and dz (B, O). z is the one that mlp_plan_linear wrote with y, or -1 where the derivative does not need it. */
int32_t mlp_plan_mean_squared_error(mlp_plan *plan, int32_t y, int32_t z, int32_t target, int32_t labels,
                                    int32_t row_weights, int32_t dz, int32_t activation, char *error, uint32_t error_size);

/* Huber's loss of y (B, O) against target (B, O), which grows linearly beyond a distance `delta` above 0; and dz (B, O). The
 * others are as those of the mean squared error. */
int32_t mlp_plan_huber(mlp_plan *plan, int32_t y, int32_t z, int32_t target, int32_t row_weights, int32_t dz,
                       int32_t activation, double delta, char *error, uint32_t error_size);

/* dx (B, I) = the gradient before the activation that made x (B, I) of z (B, I), from dz (B, O) through weights (O, I). z is
 * the one that mlp_plan_linear wrote with x, or -1 where the derivative does not need it. If a layer reads x through
 * mlp_plan_dropout, the gradient goes back through it first: rate, seed and layer are as there; else rate is 0. */
int32_t mlp_plan_linear_backward_input(mlp_plan *plan, int32_t dz, int32_t weights, int32_t x, int32_t z, int32_t dx,
                                       int32_t activation, double rate, uint32_t seed, uint32_t layer, char *error,
                                       uint32_t error_size);

/* d_weights (O, I) = dz (B, O)ᵀ x (B, I), d_bias (1, O) = the sum of dz over the rows. */
int32_t mlp_plan_linear_backward_weight(mlp_plan *plan, int32_t x, int32_t dz, int32_t d_weights, int32_t d_bias,
                                        char *error, uint32_t error_size);

/* Scales the gradients by min(1, max_norm / (norm of all of them + 1e-6)). */
int32_t mlp_plan_clip_by_norm(mlp_plan *plan, const int32_t *gradients, uint64_t count, double max_norm, char *error,
                              uint32_t error_size);

/* One update of a parameter from its gradient, of the same shape, by an optimizer: one of `enum mlp_optimizer`, which says
 * what states (buffers of that shape, too) and settings it takes. */
int32_t mlp_plan_update(mlp_plan *plan, int32_t optimizer, int32_t parameter, int32_t gradient, const int32_t *states,
                        uint64_t state_count, const double *settings, uint64_t setting_count, char *error,
                        uint32_t error_size);

/* average = decay average + (1 - decay) parameter, of the same shape; `decay` is from 0 to below 1. */
int32_t mlp_plan_average(mlp_plan *plan, int32_t parameter, int32_t average, double decay, char *error, uint32_t error_size);

/* Ends the recording: chooses the path and reserves memory. Inputs must be there. */
int32_t mlp_plan_finish(mlp_plan *plan, char *error, uint32_t error_size);

/* Writes, NUL-terminated, the path that the finished plan takes and why, in words. */
int32_t mlp_plan_describe(mlp_plan *plan, char *text, uint32_t text_size, char *error, uint32_t error_size);

/* ---- work ---- */

/* Copies a buffer in or out; `count` is the number of its elements. Only buffers without a batch dimension. */
int32_t mlp_plan_write_buffer(mlp_plan *plan, int32_t buffer, const float *values, uint64_t count, char *error,
                              uint32_t error_size);
int32_t mlp_plan_read_buffer(mlp_plan *plan, int32_t buffer, float *values, uint64_t count, char *error,
                             uint32_t error_size);

/* What an epoch came to, in the order of `results`. */
enum {
  MLP_RESULT_LOSS_SUM = 0, /* of the rows' losses, each before the update of its step */
  MLP_RESULT_CORRECT = 1,  /* rows whose largest output was their label's, or all outputs on the side of their targets */
  MLP_RESULT_ROWS = 2,     /* rows of the steps done */
  MLP_RESULT_STEPS = 3,    /* steps done */
  MLP_RESULT_DIVERGED = 4, /* 1 where the loss of the last step was not finite */
  MLP_RESULTS = 5
};

/* Runs one step for each B rows of `order` (row numbers of the data set; `rows` of them); the last may have fewer.
 * `learning_rates` has one rate for each of the `steps`; `steps_before` is the number of steps done since training began.
 *
 * `run` is a number from 1 by which mlp_plan_stop knows this epoch; use each once. Returns when all is done; writes MLP_RESULTS results. */
int32_t mlp_plan_run_epoch(mlp_plan *plan, uint32_t run, const uint32_t *order, uint64_t rows, const double *learning_rates,
                           uint64_t steps, uint64_t steps_before, double *results, uint64_t result_count, char *error,
                           uint32_t error_size);

/* Carries the plan out on all rows of the inputs, in order, and writes what buffer `y` (B, O) holds for each: (N, O). */
int32_t mlp_plan_predict(mlp_plan *plan, int32_t y, float *outputs, uint64_t count, char *error, uint32_t error_size);

/* Asks the epoch whose number is `run` to end after the step that is being done. */
int32_t mlp_plan_stop(mlp_plan *plan, uint32_t run, char *error, uint32_t error_size);

/* Steps that the epoch whose number is `run` has done; 0 where it has not begun. */
int64_t mlp_plan_steps_done(mlp_plan *plan, uint32_t run);

/* Frees a plan and all it holds. Null does nothing. */
void mlp_plan_destroy(mlp_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
