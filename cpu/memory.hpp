// Memory aligned to cache lines, freed with its owner.
#pragma once

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

// `count` numbers, all zero at first.
template <class T>
class Memory {
 public:
  Memory() = default;
  explicit Memory(size_t count) {
    allocate(count);
    if (data_) std::memset(static_cast<void*>(data_), 0, count * sizeof(T));
  }
  // Returns memory with any numbers. Pages that are not written take no memory of the computer.
  static Memory unset(size_t count) {
    Memory made;
    made.allocate(count);
    return made;
  }
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Memory() { std::free(data_); }

  T* get() const { return data_; }
  size_t count() const { return count_; }
  T& operator[](size_t index) const { return data_[index]; }

 private:
  static constexpr size_t LINE = 64, HUGE_PAGE = size_t(1) << 21, LARGE = size_t(1) << 22;
  void allocate(size_t count) {
    if (count == 0) return;
    const size_t step = count * sizeof(T) >= LARGE ? HUGE_PAGE : LINE, bytes = (count * sizeof(T) + step - 1) / step * step;
    data_ = static_cast<T*>(std::aligned_alloc(step, bytes));
    if (!data_) throw std::bad_alloc();
    count_ = count;
#ifdef MADV_HUGEPAGE
    if (step == HUGE_PAGE) madvise(data_, bytes, MADV_HUGEPAGE);  // fewer misses of the table of pages; failure does no harm
#endif
  }
  void swap(Memory& other) {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
  }
  T* data_ = nullptr;
  size_t count_ = 0;
};

template <class T>
Memory<T> copy_of(const T* from, size_t count) {
  Memory<T> memory = Memory<T>::unset(count);
  if (count > 0) std::memcpy(memory.get(), from, count * sizeof(T));
  return memory;
}
