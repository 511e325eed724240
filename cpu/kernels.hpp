// The kernels: one function for each operation of a plan, or for a part of it. Every function computes a share of the
// operation, a range of rows or of panels, so that threads can divide it in any way.
//
// Bits. Every number is computed by one fixed sequence of IEEE operations on float32, whatever the instruction set, the number
// of threads and the shares. A sum is one chain of fused multiply-adds, in ascending order of its index:
//
//   linear                  z[b][o] = fma(x[b][i], w[o][i], z), i ascending, from the bias
//   linear_backward_input   dx[b][i] = fma(dz[b][o], w[o][i], dx), o ascending, from 0
//   linear_backward_weight  dw[o][i] = fma(x[b][i], dz[b][o], dw), b ascending, from 0, one chain for each slice of the batch;
//                           the chains of the slices are added in pairs: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
//   bias                    db[o] = db + dz[b][o], b ascending, from 0, slices as above
//
// A term whose x is 0 may be left out: it changes no sum of finite terms, except for the sign of a sum that is 0. Sums over the
// columns of a row add vectors of 16 columns in ascending order, and then their lanes in the fixed tree of `add_lanes()`.
// Multiplications and additions are fused only if the code says so: the compiler is told not to (-ffp-contract=off).
//
// Matrices are in panels (panels.hpp), row b of a buffer is row b of the batch. Weights are stored with inputs as rows,
// (I, O): the transpose of the C interface's (O, I). A second copy with outputs as rows, (O, I), is kept for layers whose input
// gradient is needed.
#pragma once

#include "mlp.h"
#include "panels.hpp"
#include "shared/dropout.hpp"
#include "shared/updates.hpp"

// The rows of a data set, dense: bytes or floats (N, columns), row-major.
struct DenseRows {
  const uint8_t* bytes;  // null if the numbers are floats
  const float* floats;
  int columns;
  float scale;
};

// The same rows without most of their zeros. Columns 2 p and 2 p + 1 are pair p: neighbors are often both 0. Entry e of row n,
// from starts[n] to starts[n + 1], is for pair entries[e] >> 16, of which one number is not 0; pairs are in ascending order. The
// numbers of the pair are the two bytes of the low 16 bits, the first in the lowest, or floats[2 e] and floats[2 e + 1]. If the
// number of columns is odd, the second number of the last pair is 0. sparse_rows.hpp builds them.
struct SparseRows {
  const uint64_t* starts;   // (N + 1)
  const uint32_t* entries;  // a pair has a number of 16 bits: at most 131,072 columns
  const float* floats;      // (entries, 2); null if the numbers are bytes
  float scale;
};

// The rows of one batch: row b is row order[b] of the data set (or row first + b if `order` is null).
struct BatchRows {
  const uint32_t* order;
  uint64_t first;
  SHARED_INLINE uint64_t row(int b) const { return order ? order[b] : first + b; }
};

// x (B, I) = scale * rows of the data set.
struct Gather {
  DenseRows from;
  Panels x;
};

struct Dropout {
  Panels x, y;
  DropoutMask mask;
};

// y (B, O) = activation(z), z (B, O) = x (B, I) w (I, O) + bias. For MLP_SOFTMAX, y receives z; `softmax` follows.
struct Linear {
  Panels x;  // not used by linear_sparse
  Panels weights;
  const float* bias;  // (O), padded
  Panels y, z;        // z.data is null if no operation needs the sums
  mlp_activation activation;
};

// dx (B, I) = activation'(z) (dz (B, O) w (O, I)), with x = activation(z). With a mask, the product is masked first. For
// MLP_SOFTMAX, dx receives the product; `softmax_backward` follows.
struct LinearBackwardInput {
  Panels dz;
  Panels weights;  // (O, I)
  Panels x, z;     // z.data is null if the derivative does not need it
  Panels dx;
  mlp_activation activation;
  bool masked;
  DropoutMask mask;
};

// The score of a row.
struct RowScore {
  float loss;
  uint32_t correct;
};

struct Loss {
  mlp_loss kind;
  Panels y, z, dz;           // y: outputs or logits (B, O); z.data is null if the derivative does not need it
  const uint32_t* labels;    // (N), or null
  const float* targets;      // (N, O) row-major, or null
  const float* row_weights;  // (N), or null
  mlp_activation activation;
  float settings[1];
  RowScore* scores;  // (B)
  int batch_rows;    // rows of the step, over which the gradient is a mean
};

// A parameter with its optimizer state. All have the layout of the parameter: (I, O) in panels, or a bias (O), padded.
struct Parameter {
  float* values;
  float* states[MAX_STATES];  // null for states that the optimizer does not have
  float* average;             // the moving average that is updated with it, or null
};

// How the parameters of a step are updated.
struct Update {
  UpdateRule rule;
  Factors factors;                   // of this step
  float decay, complement;           // of the average
};

// The parts of the batch for gradients: slice s has rows bounds[s] to bounds[s + 1] - 1. `slices` is 1, 2, 4 or 8.
constexpr int MAX_SLICES = 8;
struct Slices {
  int count;
  int bounds[MAX_SLICES + 1];
};

// dw (I, O) = xᵀ dz over the slices, stored or used for an update at once.
struct LinearBackwardWeight {
  Panels x;        // (B, I); not used by linear_backward_weight_sparse
  Panels dz;       // (B, O)
  Panels weights;  // (I, O), its shape alone if the gradient is stored
  float* d_weights;  // receives the gradient in the layout of `weights`; null to update
  Parameter parameter;
  Panels by_output;  // (O, I): the second copy of the weights, written with the update; data is null if there is none
};

// db (O) over the slices, stored or used for an update at once.
struct BiasGradient {
  Panels dz;
  float* d_bias;  // null to update
  Parameter parameter;
};

// The entries of one batch as lists by pair of columns, for each block of 128 rows: block c has rows 128 c to 128 c + 127. Entry
// e of pair p in block c, at [(c P + p) LIST_STRIDE + e], is for row 128 c + (entry >> 16); the low 16 bits are the two bytes.
// Rows are in ascending order, e < counts[c P + p].
//
// Each thread writes the lists of its share into memory of its own, before it calls linear_sparse or
// linear_backward_weight_sparse: building them takes less time than fetching them from the cache of another processor core.
constexpr int LIST_ROWS = 128;
constexpr int LIST_STRIDE = 144;  // an odd number of cache lines, so that the lists are in different sets of the cache
struct ColumnLists {
  uint32_t* counts;   // (C, P)
  uint32_t* entries;  // (C, P, LIST_STRIDE)
  float* values;      // (C, P, LIST_STRIDE, 2), scaled; null if the numbers are bytes
  int pairs;          // P
  float scale;        // of the bytes
};
// Returns the number of lists, C P, for a batch and a number of columns.
SHARED_INLINE size_t list_count(int batch, int columns) {
  return static_cast<size_t>((batch + LIST_ROWS - 1) / LIST_ROWS) * ((columns + 1) / 2);
}

// Deformed images; see deform.hpp.
struct Deformation;
struct DeformMemory;

// The functions of one instruction set. Every range is a share; ranges of rows are rows of the batch if not stated otherwise.
struct Kernels {
  void (*gather)(const Gather&, const BatchRows&, Range rows);
  void (*dropout)(const Dropout&, uint32_t step, Range rows);
  void (*linear)(const Linear&, Range rows, Range panels);  // panels of y
  // The lists have the entries of exactly these rows, and all columns.
  void (*linear_sparse)(const Linear&, const ColumnLists&, Range rows, Range panels);
  void (*softmax)(const Panels& y, Range rows);
  void (*softmax_backward)(const Panels& y, const Panels& d, Range rows);
  void (*loss)(const Loss&, const BatchRows&, Range rows);
  void (*linear_backward_input)(const LinearBackwardInput&, uint32_t step, Range rows, Range panels);  // panels of dx
  // inputs: rows of `weights`, from a multiple of 16 to a multiple of 16 or the end.
  void (*linear_backward_weight)(const LinearBackwardWeight&, const Slices&, const Update&, Range inputs, Range panels);
  // The lists have the entries of all rows of the batch, and at least columns `inputs`. There is no `by_output`.
  void (*linear_backward_weight_sparse)(const LinearBackwardWeight&, const ColumnLists&, const Slices&, const Update&,
                                        Range inputs, Range panels);
  void (*bias_gradient)(const BiasGradient&, const Slices&, const Update&, Range panels);
  // Writes the lists of columns `columns.first`, which is even, to `columns.last - 1`, for rows `rows` of the batch: the lists of
  // the blocks in which these rows are hold no others. columns.last is even or the number of columns.
  void (*column_lists)(const SparseRows&, const BatchRows&, Range rows, Range columns, const ColumnLists&);
  // update, average and scale work on `count` numbers, padding included: from a multiple of 16 to a multiple of 16 or the end.
  // All pointers are at the first number.
  // Updates a parameter from its stored gradient.
  void (*update)(const Parameter&, const float* gradient, const Update&, size_t count);
  void (*average)(const float* parameter, float* average, float decay, float complement, size_t count);
  // Writes (O, I) from (I, O), for rows `inputs` of (I, O) as in linear_backward_weight.
  void (*transpose)(const Panels& by_input, const Panels& by_output, Range inputs, Range panels);
  // Returns the sum of the squares of rows of a panel in float64, without its padding: 16 sums, one for each column modulo 16,
  // added in a fixed tree. A bias is a matrix of one row. The caller adds the shares in a fixed order; they must be the same for
  // any number of threads.
  double (*sum_of_squares)(const Panels& gradient, int panel, Range rows);
  void (*scale)(float* values, float factor, size_t count);
  void (*deform)(const Deformation&, const DeformMemory&, Range images);
};

// The kernels of each instruction set (table.cpp). Those of other processors are not part of the build.
namespace avx512 {
extern const Kernels KERNELS;
}
namespace avx2 {
extern const Kernels KERNELS;
}
namespace neon {
extern const Kernels KERNELS;
}

