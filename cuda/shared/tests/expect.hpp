// The count of checks and faults of a test program.
#pragma once

#include <cstdio>
#include <string>

inline int faults = 0, checks = 0;

inline void expect(bool holds, const std::string& check) {
  checks++;
  if (holds) return;
  faults++;
  fprintf(stderr, "fault: %s\n", check.c_str());
}
