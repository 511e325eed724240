// How the persistent kernel is laid out for the shapes of a network.
#pragma once

#include <string>
#include <vector>

#include "persistent.cuh"

// The shapes of a training step.
struct LayerShape {
  int in_features, out_features;
  Activation activation;
  bool dropout;  // of its inputs
};
struct StepShape {
  int batch;
  int copies;  // numbers kept for each weight: the weight and its optimizer states
  std::vector<LayerShape> layers;
};

// Returns the index of the first layer of the tail: from it on, all layers are small and have no dropout of their inputs. The
// first layer of the network is never part of the tail.
size_t first_of_tail(const StepShape& step);

// Lays out the kernel for as many blocks, each with at most `shared_bytes` of shared memory, and returns "", or returns the
// reason if that is not possible. Fills in all of `kernel` but pointers, inputs and loss.
std::string lay_out(const StepShape& step, int blocks, uint64_t shared_bytes, Persistent* kernel);

// Returns the number of blocks that have a tile.
int most_tiles(const Persistent& kernel);
