#include "thread_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "ieee.hpp"
#include "instruction_set.hpp"

namespace {

// How many times a waiting thread tests before it sleeps: about 50 µs, longer than a phase of a small step. If there are more
// threads than processors, it sleeps sooner, because the thread that it waits for may need its processor.
constexpr int SPINS = 2000, SPINS_IF_OVERSUBSCRIBED = 20;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads) : count(threads), spins(threads > processor_count() ? SPINS_IF_OVERSUBSCRIBED : SPINS) {}

  const int count, spins;
  const std::function<void(int)>* work = nullptr;
  std::atomic<uint32_t> runs{0};      // calls of run(), and one more at the end
  std::atomic<bool> ended{false};
  std::atomic<int> arrived{0};        // threads that wait at the barrier
  std::atomic<uint32_t> barriers{0};  // barriers passed
  std::atomic<int> sleeping{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::thread> workers;

  // Waits until `word` is no longer `old`.
  void wait(const std::atomic<uint32_t>& word, uint32_t old) {
    for (int spin = 0; spin < spins; spin++) {
      if (word.load(std::memory_order_acquire) != old) return;
      pause();
    }
    std::unique_lock<std::mutex> lock(mutex);
    sleeping.fetch_add(1);  // before `word` is read again: advance() writes the word before it reads `sleeping`
    changed.wait(lock, [&] { return word.load() != old; });
    sleeping.fetch_sub(1);
  }

  void advance(std::atomic<uint32_t>& word) {
    word.fetch_add(1);
    if (sleeping.load() == 0) return;
    { std::lock_guard<std::mutex> lock(mutex); }  // every thread that is counted is now waiting
    changed.notify_all();
  }

  void barrier() {
    if (count == 1) return;
    const uint32_t passed = barriers.load(std::memory_order_relaxed);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) == count - 1) {
      arrived.store(0, std::memory_order_relaxed);
      advance(barriers);
    } else {
      wait(barriers, passed);
    }
  }

  void serve(int thread) {
    const IeeeArithmetic ieee;  // a new thread has the mode of the thread that started it
    for (uint32_t done = 0;; done++) {
      wait(runs, done);
      if (ended.load()) return;
      (*work)(thread);
      barrier();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(new State(threads)) {
  try {
    for (int thread = 1; thread < threads; thread++) {
      state_->workers.emplace_back([state = state_.get(), thread] { state->serve(thread); });
    }
  } catch (...) {
    end();
    throw;
  }
}

ThreadPool::~ThreadPool() { end(); }

void ThreadPool::end() {
  state_->ended.store(true);
  state_->advance(state_->runs);
  for (std::thread& worker : state_->workers) worker.join();
}

int ThreadPool::threads() const { return state_->count; }

void ThreadPool::run(const std::function<void(int thread)>& work) {
  const IeeeArithmetic ieee;
  if (state_->count == 1) return work(0);
  state_->work = &work;
  state_->advance(state_->runs);
  work(0);
  state_->barrier();
}

void ThreadPool::barrier() { state_->barrier(); }
