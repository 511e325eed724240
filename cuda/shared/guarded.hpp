// Statuses and messages for faults, which every function of a C interface returns.
#pragma once

#include <cstring>
#include <new>

#include "shared/fault.hpp"

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

inline void write_text(const std::string& from, char* to, uint32_t size) {
  if (!to || size == 0) return;
  const size_t length = from.size() < size - 1 ? from.size() : size - 1;
  memcpy(to, from.data(), length);
  to[length] = 0;
}

// Runs `work`, and turns a thrown error into a status and a message.
template <class Work>
int32_t guarded(char* error, uint32_t error_size, const Work& work) {
  try {
    work();
    return MLP_OK;
  } catch (const Fault& fault) {
    write_text(fault.message, error, error_size);
    return fault.status;
  } catch (const std::bad_alloc&) {
    write_text("the computer's memory is used up", error, error_size);
    return MLP_OUT_OF_MEMORY;
  } catch (const std::exception& exception) {
    write_text(exception.what(), error, error_size);
    return MLP_FAILED;
  }
}
