// Errors inside a library: a Fault is thrown, and the C interface turns it into a status and a message.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "mlp.h"

struct Fault {
  int32_t status;  // MLP_INVALID or a later one
  std::string message;
};

// Returns a value as format() passes it to snprintf().
inline unsigned long long printable(uint64_t value) { return value; }
template <class T>
T printable(T value) {
  return value;
}

// Returns text by a pattern of printf(); %llu is for uint64_t.
template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[512];
  snprintf(text, sizeof text, pattern, printable(values)...);
  return text;
}

// Throws an MLP_INVALID fault with this message unless `holds`.
template <class... Values>
void need(bool holds, const char* pattern, Values... values) {
  if (!holds) throw Fault{MLP_INVALID, format(pattern, values...)};
}
inline void need(bool holds, const char* message) {
  if (!holds) throw Fault{MLP_INVALID, message};
}
