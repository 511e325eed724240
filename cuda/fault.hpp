// Errors inside the library: a Fault is thrown, and the C interface turns it into a status and a sentence.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "mlp.h"
#include "prims.cuh"

struct Fault {
  int32_t status;
  std::string sentence;
};

inline unsigned long long printable(uint64_t value) { return value; }
template <class T>
T printable(T value) {
  return value;
}

// Text by a pattern of printf(), in which %llu stands for a uint64_t.
template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[512];
  snprintf(text, sizeof text, pattern, printable(values)...);
  return text;
}

// Throws an MLP_INVALID fault with this sentence unless `holds`.
template <class... Values>
void need(bool holds, const char* pattern, Values... values) {
  if (!holds) throw Fault{MLP_INVALID, format(pattern, values...)};
}
inline void need(bool holds, const char* sentence) {
  if (!holds) throw Fault{MLP_INVALID, sentence};
}

// What an error of CUDA means to somebody who has to do something about it.
Fault fault_of(cudaError_t error);

// Throws where a call of the runtime failed. The runtime would tell the error once more to the next launch that asks.
inline void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw fault_of(error);
}
