// Streams, memory on the GPU, and memory of the computer for copies, all freed with their owner.
#pragma once

#include <memory>
#include <utility>

#include "fault.hpp"

// A CUDA stream, destroyed with its owner.
class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

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

// Memory of the computer to copy from and to. It is page-locked, unless it is large or the system has no more of it: a copy from or
// to other memory makes the calling thread wait.
class Staging {
 public:
  // Page-locked memory is taken from all processes, and locking takes time; in a larger copy the wait does not matter.
  static constexpr uint64_t MOST_LOCKED = uint64_t(64) << 20;

  Staging() = default;
  Staging(const Staging&) = delete;
  ~Staging() { clear(); }

  // Returns memory for so many bytes, aligned for every type. It is the same memory every time, so that the copies of the call
  // before must have ended.
  uint8_t* room(uint64_t bytes) {
    if (bytes <= bytes_) return bytes_address();
    clear();
    void* locked = nullptr;
    if (bytes <= MOST_LOCKED && cudaMallocHost(&locked, bytes) == cudaSuccess) {
      locked_ = static_cast<uint8_t*>(locked);
    } else {
      cudaGetLastError();  // clears the error, so that no later call reports it
      plain_.reset(new uint8_t[bytes]);
    }
    bytes_ = bytes;
    return bytes_address();
  }

 private:
  uint8_t* bytes_address() const { return locked_ ? locked_ : plain_.get(); }
  void clear() {
    if (locked_) cudaFreeHost(locked_);
    locked_ = nullptr;
    plain_.reset();
    bytes_ = 0;
  }
  uint8_t* locked_ = nullptr;
  std::unique_ptr<uint8_t[]> plain_;
  uint64_t bytes_ = 0;
};
