#include "thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "ieee.hpp"
#include "instruction_set.hpp"

namespace {

// How many times a waiting thread tests before it sleeps. The most takes about 50 µs, longer than a phase of a small step. If
// there are more threads than processors, it is the least, because the thread that it waits for may need its processor.
//
// Other processes may need the processors, too, so the limit at barriers adapts: it is halved when a thread waits in vain, and
// grows with the waits that are shorter. Each PROBE-th wait has the most. Measured with 2 threads on 2 processors of an AMD EPYC
// (Zen 5) that others used as well, medians of 25 runs in turns: a step of 784-128-64-10 took 0.26 ms, 0.46 ms without this; in
// batches of 8, 0.06 ms and 0.27 ms. The fastest runs were the same.
constexpr int MOST_SPINS = 2000, LEAST_SPINS = 20;
constexpr uint32_t PROBE = 16;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads) : count(threads), most_spins(threads > processor_count() ? LEAST_SPINS : MOST_SPINS) {}

  const int count, most_spins;
  std::atomic<int> barrier_spins{most_spins};
  const std::function<void(int)>* work = nullptr;
  std::atomic<uint32_t> runs{0};      // calls of run(), and one more at the end
  std::atomic<bool> ended{false};
  std::atomic<int> arrived{0};        // threads that wait at the barrier
  std::atomic<uint32_t> barriers{0};  // barriers passed
  std::atomic<int> sleeping{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::thread> workers;

  // Waits until `word` is no longer `old`. Returns the number of tests before that; `spins` if the thread slept.
  int wait(const std::atomic<uint32_t>& word, uint32_t old, int spins) {
    for (int spin = 0; spin < spins; spin++) {
      if (word.load(std::memory_order_acquire) != old) return spin;
      pause();
    }
    std::unique_lock<std::mutex> lock(mutex);
    sleeping.fetch_add(1);  // before `word` is read again: advance() writes the word before it reads `sleeping`
    changed.wait(lock, [&] { return word.load() != old; });
    sleeping.fetch_sub(1);
    return spins;
  }

  void wait_at_barrier(uint32_t passed) {
    const int limit = barrier_spins.load(std::memory_order_relaxed), spins = passed % PROBE == 0 ? most_spins : limit;
    const int used = wait(barriers, passed, spins);
    const int longer = std::max(limit, std::min(2 * used + LEAST_SPINS, most_spins)), shorter = std::max(limit / 2, LEAST_SPINS);
    const int next = used < spins ? longer : shorter;
    if (next != limit) barrier_spins.store(next, std::memory_order_relaxed);
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
      wait_at_barrier(passed);
    }
  }

  void serve(int thread) {
    const IeeeArithmetic ieee;  // a new thread has the mode of the thread that started it
    for (uint32_t done = 0;; done++) {
      wait(runs, done, most_spins);
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
