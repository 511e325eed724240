// Groups of processes through the C interface: each process is a thread of the test.
#pragma once

#include <thread>
#include <vector>

#include "network.hpp"
#include "transport.hpp"

// Calls `work(group)` in each process of a group, and returns the digests that the calls return.
template <class Work>
std::vector<uint64_t> digests_of_group(int32_t size, const Work& work) {
  std::vector<uint64_t> digests(static_cast<size_t>(size));
  std::vector<std::thread> ranks;
  for (int32_t rank = 0; rank < size; rank++) {
    ranks.emplace_back([&, rank] {
      own_rank = rank;
      const mlp_transport transport{MLP_TRANSPORT_VERSION, rank, size, exchange};
      char error[512];
      int32_t status = 0;
      mlp_group* group = mlp_group_create(&transport, MLP_MAX_SLICES, &status, error, sizeof error);
      must(status, error);
      digests[static_cast<size_t>(rank)] = work(group);
      mlp_group_destroy(group);
    });
  }
  for (std::thread& rank : ranks) rank.join();
  return digests;
}
