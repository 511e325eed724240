// The processes that train one network together, each on its part of every batch. A batch is cut into slices; each process has
// as many, and adds up their gradients itself (linear_backward_weight). add_up() adds those of the processes.
//
// Bits. Gradients are added in pairs, ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) for slices 0 to 7, whichever process has them, so
// that the number of processes does not change a bit.
//
// Method. Process r exchanges with r ^ 1, then r ^ 2, then r ^ 4. Each time, each of the two sends half of the numbers that it
// has, and adds what it receives to the other half. At the end, each process has the sums of one part of the numbers; the same
// exchanges in reverse order bring all parts to all. The report of a step is sent with the first exchanges.
//
// Cost for n floats and R processes: 2 n (1 - 1 / R) floats are sent and received by each process, n (1 - 1 / R) additions,
// 2 log2 R exchanges, and log2 R short ones if the numbers are too many to be copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels.hpp"
#include "shared/fault.hpp"

// The losses of a step, and whether training is to end. Before add_up(), it has the numbers of this process, and zeros for the
// slices of the others; after it, the numbers of all processes.
struct StepReport {
  double loss_sums[MAX_SLICES];
  uint32_t correct[MAX_SLICES];
  uint32_t stop;  // not 0 if training is to end after this step
};

struct mlp_group {
 public:
  // `size` of the transport divides `slices`, a power of 2.
  mlp_group(const mlp_transport& transport, uint32_t slices);

  int rank() const { return transport_.rank; }
  int size() const { return transport_.size; }
  int slice_count() const { return slices_; }

  // Returns the slices of this process: numbers from 0 to slice_count() - 1.
  Range own_slices() const { return {rank() * per_process(), (rank() + 1) * per_process()}; }

  // Returns the rows of a step that this process computes, and where its slices are cut, both as rows of the batch.
  Range rows(int batch_rows) const;
  Slices slices(int batch_rows) const;

  // Adds up `count` numbers of all processes, and their reports. Throws a Fault with MLP_RANK_LOST if a process is lost; the
  // numbers are then useless, and the group cannot be used any more.
  void add_up(StepReport& report, float* numbers, size_t count);

 private:
  struct Message;

  int per_process() const { return slices_ / size(); }
  int bound(int batch_rows, int slice) const;
  void exchange(int peer, const void* send, void* receive, size_t bytes);
  void reduce(int distance, StepReport& report, float* rest, const float* send, float* keep, size_t half);

  const mlp_transport transport_;
  const int slices_;
  std::vector<float> received_, sent_;
};
