#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>
#include "kernels.hpp"
#include "sparse_rows.hpp"
namespace avx512 {
void linear_sparse(const Linear&, const ColumnLists&, Range rows, Range panels);
void column_lists(const SparseRows&, const BatchRows&, Range rows, Range columns, const ColumnLists&);
void linear_backward_weight_sparse(const LinearBackwardWeight&, const ColumnLists&, const Slices&, const Update&, Range inputs, Range panels);
}
using namespace avx512;
double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
float* floats(size_t n) { float* p = static_cast<float*>(aligned_alloc(64, (n * 4 + 63) / 64 * 64)); std::fill(p, p + n, 0.0f); return p; }
int main(int, char** argv) {
  const int N = 60000, I = 784, O = 128, B = 128;
  std::vector<uint8_t> x(size_t(N) * I);
  FILE* f = fopen(argv[1], "rb"); if (fread(x.data(), 1, x.size(), f) != x.size()) return 1; fclose(f);
  for (int threads : {2, 1}) {
    Team team(threads);
    SparseSet set; DenseRows dense{x.data(), nullptr, I, 1.0f / 255};
    double share = 0, t0, t1;
    for (int i = 0; i < 5; i++) { t0 = now(); share = set.count(dense, N, team); t1 = now(); set.fill(team); double t2 = now();
      printf("threads %d count %.1f fill %.1f ms share %.3f\n", threads, (t1 - t0) * 1e3, (t2 - t1) * 1e3, share); }
    SparseRows from = set.rows();
    std::mt19937 g(1); std::vector<uint32_t> order(N); for (int i = 0; i < N; i++) order[i] = i; std::shuffle(order.begin(), order.end(), g);
    Panels w{floats(I * O), I, O}, y{floats(B * O), B, O}, dz{floats(B * O), B, O};
    float* m = floats(I * O), *v = floats(I * O), *bias = floats(O);
    std::normal_distribution<float> nd(0, 0.05f); for (int i = 0; i < I * O; i++) w.data[i] = nd(g); for (int i = 0; i < B * O; i++) dz.data[i] = nd(g) * 0.1f;
    Linear lin{{}, w, bias, y, {}, MLP_RELU};
    LinearBackwardWeight bw{}; bw.dz = dz; bw.weights = w; bw.parameter.values = w.data; bw.parameter.states[0] = m; bw.parameter.states[1] = v;
    Settings st{MLP_ADAM, {0.9, 0.999, 1e-8, 0, 1}};
    std::vector<std::vector<double>> least(3, std::vector<double>(469, 1e9)); std::vector<double> best(3, 1e9);
    for (int epoch = 0; epoch < 8; epoch++) {
      std::vector<std::vector<double>> sum(threads, std::vector<double>(8));
      team.run([&](int t) {
        std::vector<uint32_t> counts(list_count(B, I)), entries(list_count(B, I) * LIST_STRIDE);
        ColumnLists lists{counts.data(), entries.data(), nullptr, I / 2, from.scale};
        for (int i = 0, s = 0; i < N; i += B, s++) {
          BatchRows batch{order.data() + i, 0}; int rows = std::min(B, N - i);
          Update u{rule_of(st), factors_of_step(st, 1e-3, epoch * 469 + s + 1), 0, 0};
          Slices sl{1, {0, rows}};
          team.barrier(); double a = now();
          column_lists(from, batch, {0, rows}, {0, I}, lists);
          team.barrier(); double b = now();
          linear_sparse(lin, lists, {0, rows}, {2 * t / threads, 2 * (t + 1) / threads});
          team.barrier(); double c = now();
          linear_backward_weight_sparse(bw, lists, sl, u, {0, I}, {2 * t / threads, 2 * (t + 1) / threads});
          team.barrier(); double d = now();
          if (t == 0) { least[0][s] = std::min(least[0][s], b - a); least[1][s] = std::min(least[1][s], c - b); least[2][s] = std::min(least[2][s], d - c); }
          sum[t][0] += b - a; sum[t][1] += c - b; sum[t][2] += d - c;
        }
      });
      for (int q = 0; q < 3; q++) best[q] = std::min(best[q], sum[0][q] * 1e3);
    }
    double lowest[3] = {}; for (int q = 0; q < 3; q++) for (double d : least[q]) lowest[q] += d * 1e3;
    printf("least: lists %.1f  forward %.1f  gradient %.1f\n", lowest[0], lowest[1], lowest[2]);
    double h = 0; for (int i = 0; i < I * O; i++) h += w.data[i];
    printf("threads %d: lists %.1f  forward %.1f  gradient %.1f ms (best of 8)  check %.9g\n", threads, best[0], best[1], best[2], h);
  }
}
