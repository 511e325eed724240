// The count of checks and faults of a test program.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>

inline int faults = 0, checks = 0;

// Counts a check. Threads may call it at the same time.
inline void expect(bool holds, const std::string& check) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  checks++;
  if (holds) return;
  faults++;
  fprintf(stderr, "fault: %s\n", check.c_str());
}
