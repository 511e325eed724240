// A program that prints the predictions of model.hpp as JSON, for bench/gpu/model.ts. Arguments: multiprocessors, bytes of shared
// memory of a block, gigahertz, batch, numbers kept for each weight, and the widths of the network, such as 784 128 64 10. All
// layers but the last have a ReLU, the last has none: its softmax is part of the loss.
//
// With the argument `work` it reads lines from its input instead, and prints the cycles of each:
//   PHASE wait NAME TIMES                            NAME: a constant of the model in cycles, or `hop`
//   PHASE loop ROUNDS WARPS INSTRUCTIONS ALONE EXPOSED
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "model.hpp"

namespace {

void print(const char* name, const Prediction& prediction, bool more) {
  std::printf("  \"%s\": {\n    \"phases\": [\n", name);
  for (size_t index = 0; index < prediction.phases.size(); index++) {
    const PhaseCycles& phase = prediction.phases[index];
    std::printf("      { \"name\": \"%s\", \"cycles\": %.0f }%s\n", phase.name.c_str(), phase.cycles,
                index + 1 < prediction.phases.size() ? "," : "");
  }
  std::printf("    ],\n    \"cycles\": %.0f,\n    \"microseconds\": %.2f\n  }%s\n", prediction.cycles, prediction.microseconds,
              more ? "," : "");
}

// Returns a wait of the model in cycles, or -1 if it has no such wait.
double wait_of(const std::string& name) {
  if (name == "hop") return MODEL.hop * 1e3 * MODEL.gigahertz;
  if (name == "barrier") return MODEL.barrier;
  if (name == "loss") return MODEL.loss;
  if (name == "l2") return MODEL.l2;
  return -1;
}

int work() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string phase, kind, name;
    words >> phase >> kind;
    double cycles = -1;
    if (kind == "wait") {
      double times = 0;
      if (words >> name >> times) cycles = wait_of(name) * times;
    } else if (kind == "loop") {
      double rounds = 0, warps = 0;
      LoopCounts loop{};
      if (words >> rounds >> warps >> loop.instructions >> loop.alone >> loop.exposed) cycles = loop_cycles(loop, rounds, warps);
    }
    if (cycles < 0) {
      std::fprintf(stderr, "error: Cannot read \"%s\"\n", line.c_str());
      return 1;
    }
    std::printf("%s %.0f\n", phase.c_str(), cycles);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string(arguments[1]) == "work") return work();
  if (count < 8) {
    std::fprintf(stderr, "usage: model MULTIPROCESSORS SHARED_BYTES GIGAHERTZ BATCH COPIES INPUTS OUTPUTS...\n       model work\n");
    return 2;
  }
  const GpuFacts gpu = {std::atoi(arguments[1]), std::strtoull(arguments[2], nullptr, 10), std::atof(arguments[3])};
  StepShape step = {std::atoi(arguments[4]), std::atoi(arguments[5]), {}};
  for (int index = 6; index + 1 < count; index++) {
    const Activation activation = index + 2 < count ? MLP_RELU : MLP_LINEAR;
    step.layers.push_back({std::atoi(arguments[index]), std::atoi(arguments[index + 1]), activation, false});
  }
  Persistent kernel{};
  const std::string obstacle = lay_out(step, gpu.multiprocessors, gpu.shared_bytes, &kernel);
  std::printf("{\n");
  if (obstacle.empty()) {
    const Tiles& tiles = kernel.layers[0].tiles;
    std::printf("  \"tiles\": \"%d x %d\",\n", tiles.tile_in, tiles.tile_out);
    print("persistent", predict_persistent(gpu, step, kernel), true);
  } else {
    std::printf("  \"obstacle\": \"%s\",\n", obstacle.c_str());
  }
  print("graph", predict_graph(gpu, step), true);
  // What cuda/bench/constants.cu measures: cycles, and microseconds.
  std::printf("  \"constants\": { \"l2\": %g, \"l1\": %g, \"hop\": %g, \"edge\": %g }\n", MODEL.l2, MODEL.l1, MODEL.hop, MODEL.edge);
  std::printf("}\n");
}
