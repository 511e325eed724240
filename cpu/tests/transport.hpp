// A transport between the threads of a test, each of which is a rank.
#pragma once

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "mlp.h"

// Messages between the threads of a test. A thread knows its rank by `own_rank`, because a transport has no context.
inline thread_local int own_rank = 0;
inline std::mutex lock;
inline std::condition_variable changed;
inline std::map<std::pair<int, int>, std::vector<char>> messages;  // by sender and receiver
inline int lost_rank = -1;                                         // answers no more
inline int longest = 0;                                            // exchanges of one rank

inline int32_t exchange(int32_t peer, const void* send, void* receive, uint64_t bytes, double) {
  std::unique_lock<std::mutex> held(lock);
  if (peer == lost_rank || own_rank == lost_rank) return MLP_RANK_LOST;
  const auto to = std::make_pair(own_rank, static_cast<int>(peer)), from = std::make_pair(static_cast<int>(peer), own_rank);
  changed.wait(held, [&] { return messages.count(to) == 0; });
  const char* sent = static_cast<const char*>(send);
  messages[to] = std::vector<char>(sent, sent + bytes);
  changed.notify_all();
  changed.wait(held, [&] { return messages.count(from) != 0; });
  if (messages[from].size() != bytes) return MLP_INVALID;
  if (bytes > 0) std::memcpy(receive, messages[from].data(), bytes);
  messages.erase(from);
  changed.notify_all();
  if (own_rank == 0) longest++;
  return MLP_OK;
}
