// The launches of an epoch: in pieces if the system limits the time of a kernel, by the graph if the persistent kernel cannot be
// launched, and with one wait for the GPU.
#pragma once

#include <cstdlib>
#include <cstring>

#include "../pieces.hpp"
#include "epochs.hpp"

inline void test_pieces() {
  Pieces pieces;
  expect(pieces.steps() == 1, "the first launch has one step");
  const auto next = [&](uint32_t steps, double seconds, uint32_t wanted, const char* rule) {
    pieces.took(steps, seconds);
    expect(pieces.steps() == wanted, std::string(rule) + ", found " + std::to_string(pieces.steps()) + " steps");
  };
  next(1, 1e-5, 8, "a launch has at most 8 times as many steps as the one before");
  next(8, 1e-4, 64, "a launch has at most 8 times as many steps as the one before");
  next(64, 2, 16, "a launch takes half a second");
  next(3, 3e-5, 16, "the short launch at the end of an epoch does not make the next one longer");
  next(3, 1, 1, "a short launch that takes long makes the next one shorter");
  next(1, 100, 1, "a launch has at least one step");
  next(1, 0, 8, "a launch of no time is possible");
}

// Tests that an epoch gives the same bits in one launch and in pieces.
inline void test_time_limit() {
  std::vector<EpochCase> cases = {epoch_cases()[0], epoch_cases()[6], epoch_cases()[9], epoch_cases()[10]};
  for (EpochCase& given : cases) {
    given.rows = 12 * given.batch + 3;
    const int before = launches_together();
    const Curve wanted = run_case(given, MLP_PATH_PERSISTENT);
    const int launches = launches_together() - before;
    setenv("MLPCUDA_EMULATE_TIME_LIMIT", "1", 1);
    const Curve found = run_case(given, MLP_PATH_PERSISTENT);
    unsetenv("MLPCUDA_EMULATE_TIME_LIMIT");
    expect(launches == 2, "an epoch is one launch: " + wanted.path);
    // 13 steps: 1, at most 8, the rest; with a loss that is not finite, 3 and then 1.
    const int pieces = launches_together() - before - launches, least = given.diverges ? 3 : 4;
    expect(pieces >= least, "an epoch goes in pieces, found " + std::to_string(pieces) + " launches of two epochs");
    expect(wanted.path.find("limit") == std::string::npos && found.path.find(", in pieces of about 0.5 s, because") > 0,
           "another path: " + found.path);
    expect(found.losses == wanted.losses && found.parameters == wanted.parameters, "pieces give the same bits: " + found.path);
  }
}

// Tests that a plan whose persistent kernel cannot be launched uses the graph, and tells it.
inline void test_failed_launch() {
  const EpochCase& given = epoch_cases()[6];
  const Curve wanted = run_case(given, MLP_PATH_GRAPH);
  const std::pair<const char*, const char*> errors[] = {{"720", "the GPU cannot hold all blocks of the persistent kernel at once"},
                                                        {"701", "a kernel needs more registers or threads than the GPU has"}};
  for (const auto& [number, message] : errors) {
    setenv("MLPCUDA_EMULATE_LAUNCH", number, 1);
    const Curve found = run_case(given, MLP_PATH_AUTO);
    unsetenv("MLPCUDA_EMULATE_LAUNCH");
    expect(found.path.find("persistent kernel") == 0, "the path before the first epoch: " + found.path);
    expect(found.path_after.find("CUDA graph, ") == 0 &&
               found.path_after.find(std::string("because the persistent kernel cannot be launched: ") + message) != std::string::npos,
           "the path after the epochs: " + found.path_after);
    expect(found.losses == wanted.losses && found.parameters == wanted.parameters, "the graph gives the bits of a graph");
  }
  // An error that stays is reported: no path works after it.
  run_case(given, MLP_PATH_AUTO, [&](mlp_plan* plan) {
    const uint32_t order[] = {0};
    const double rate = 0.1;
    double results[MLP_RESULTS];
    char error[512] = "", text[512] = "";
    for (const char* name : {"MLPCUDA_EMULATE_LAUNCH", "MLPCUDA_EMULATE_ERROR"}) setenv(name, "719", 1);
    expect(mlp_plan_run_epoch(plan, 100, order, 1, &rate, 1, 0, results, MLP_RESULTS, error, sizeof error) == MLP_CONTEXT_LOST &&
               strcmp(error, "work on the GPU failed (CUDA error 719), and this process can no longer use it") == 0,
           std::string("another message for a lost context: ") + error);
    for (const char* name : {"MLPCUDA_EMULATE_LAUNCH", "MLPCUDA_EMULATE_ERROR"}) unsetenv(name);
    mlp_plan_describe(plan, text, sizeof text, error, sizeof error);
    expect(strstr(text, "persistent kernel") == text, std::string("no other path is taken: ") + text);
  });
}

// Tests that a plan runs after another one has been lowered that needs less shared memory, as plans in other threads may be.
inline void test_two_plans() {
  const EpochCase &large = epoch_cases()[6], &small = epoch_cases()[0];
  const Curve alone = run_case(large, MLP_PATH_PERSISTENT);
  const Curve found = run_case(large, MLP_PATH_PERSISTENT, [&](mlp_plan*) { run_case(small, MLP_PATH_PERSISTENT); });
  expect(found.path_after.find("persistent kernel") == 0, "the path after the epochs: " + found.path_after);
  expect(found.losses == alone.losses && found.parameters == alone.parameters, "another plan changes nothing");
}

inline void test_launches() {
  test_pieces();
  test_two_plans();
  if (mlp_kind() != MLP_KIND_EMULATED) return;
  test_time_limit();
  test_failed_launch();
}
