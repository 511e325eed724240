// Memory on the GPU that is freed with its owner.
#pragma once

#include <utility>

#include "fault.hpp"

template <class T>
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(uint64_t count) : count_(count) {
    if (count == 0) return;
    const uint64_t bytes = count * sizeof(T);
    const cudaError_t error = cudaMalloc(&address_, bytes);
    if (error == cudaSuccess) return;
    if (static_cast<int>(error) != 2) throw fault_of(error);
    cudaGetLastError();  // clears the error, so that no later call reports it
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    throw Fault{MLP_OUT_OF_MEMORY,
                format("the GPU's memory is used up: %llu bytes were asked for, %llu of %llu are free",
                       bytes, free, total)};
  }
  DeviceMemory(DeviceMemory&& other) noexcept { swap(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceMemory() {
    if (address_) cudaFree(address_);
  }

  T* get() const { return address_; }
  uint64_t count() const { return count_; }

  void fill_with_zeros(cudaStream_t stream) {
    if (count_ > 0) check(cudaMemsetAsync(address_, 0, count_ * sizeof(T), stream));
  }
  void write(const T* from, uint64_t count, cudaStream_t stream) {
    if (count > 0) check(cudaMemcpyAsync(address_, from, count * sizeof(T), cudaMemcpyHostToDevice, stream));
  }
  void read(T* to, uint64_t count, cudaStream_t stream) const {
    if (count > 0) check(cudaMemcpyAsync(to, address_, count * sizeof(T), cudaMemcpyDeviceToHost, stream));
  }

 private:
  void swap(DeviceMemory& other) {
    std::swap(address_, other.address_);
    std::swap(count_, other.count_);
  }
  T* address_ = nullptr;
  uint64_t count_ = 0;
};
