// kernels: every kernel of the library alone, with its floor: the time that its bytes, its operations or its launch take at the
// limits that the same run has measured (limits.cuh). A kernel is launched up to 200 times in a graph; the time of a launch
// includes the edge to the next one. Its operands are those of a step of a network; they stay in the L2 if they fit, as they do
// when a network trains. The rows of the batch, however, are the same in every launch, unless the launch ends the step.
//
// `launch` of a line names a part of the graph path's step to which this launch belongs: linear, tail, inputs or weights. These
// lines together are all launches of that step.
#include "limits.cuh"
#include "operands.cuh"

namespace {

const char* text(TileSize size) {
  return size == TileSize::small ? "small" : size == TileSize::medium ? "medium" : "large";
}

// Returns a number of multiprocessors for which products (rows, columns) get tiles of this size, or 0 if there is none.
int multiprocessors_for(TileSize size, int rows, int columns) {
  for (int count : {1, divide_up(rows, 64) * divide_up(columns, 64), 1 << 30}) {
    if (tile_size_for(rows, columns, count) == size) return count;
  }
  return 0;
}

class Kernels {
 public:
  Kernels(Timer& timer, Report& report, const Limits& limits, const NetworkShape& shape, int multiprocessors)
      : timer_(timer), report_(report), limits_(limits), shape_(shape), operands_(shape, timer.stream(), multiprocessors),
        network_(network_name(shape.widths, shape.batch)), B(static_cast<double>(shape.batch)) {}

  void time_all() {
    for (int l = 0; l < shape_.layers(); l++) time_linear(l);
    if (shape_.tail_from < shape_.layers()) time_tail();
    for (int l = shape_.layers() - 1; l > 0; l--) time_backward_input(l);
    for (int l = 0; l < shape_.layers(); l++) time_backward_weights(l, l + 1, false);
    time_backward_weights(0, shape_.layers(), true);
    time_rows();
    time_parameters();
  }

 private:
  // Times `record`. `part` is the part of the graph path's step to which the launch belongs, if it does.
  template <class Record>
  void time(const std::string& name, const Work& work, const Record& record, const std::string& part = "") {
    const Sample sample = timer_.sample_in_graph([&] { operands_.start(); }, [&] { check(record()); });
    need(operands_.goes_on(), "The epoch of %s has ended, so that launches did nothing", name.c_str());
    const Floor floor = floor_of(work, limits_);
    Line line = {network_ + ": " + name, "µs", sample, floor.microseconds, floor.by, {{"network", network_}}};
    if (!part.empty()) line.labels.emplace_back("launch", part);
    report_.add(line);
  }

  Site site() const { return operands_.site(); }
  std::string layer(int l) const { return std::to_string(shape_.in(l)) + "-" + std::to_string(shape_.out(l)); }
  double weights(int l) const { return static_cast<double>(shape_.in(l)) * shape_.out(l); }
  // Returns the bytes of a layer's inputs.
  double input_bytes(int l) const { return B * shape_.in(l) * (l == 0 ? 1 : sizeof(float)); }
  double rows_bytes(int width) const { return B * width * sizeof(float); }

  void time_linear(int l) {
    const int rows = static_cast<int>(shape_.batch), in = shape_.in(l), out = shape_.out(l);
    Linear op = {operands_.input(l), operands_.weights(l).values, operands_.bias(l).values, operands_.y(l), nullptr, out,
                 operands_.activation(l), nullptr, 1};
    const double operations = 2 * B * weights(l), read = input_bytes(l) + sizeof(float) * weights(l);
    const TileSize used = tile_size_for(rows, out, site().multiprocessors);
    const bool is_before_tail = l == shape_.tail_from - 1 && shape_.tail_from < shape_.layers();
    const int splits = is_before_tail ? splits_for(rows, out, in, site().multiprocessors) : 1;
    for (TileSize size : {TileSize::small, TileSize::medium, TileSize::large}) {
      const int multiprocessors = multiprocessors_for(size, rows, out);
      if (multiprocessors == 0) continue;
      const bool in_step = size == used && splits == 1 && l < shape_.tail_from;
      time("linear " + layer(l) + ", " + text(size) + " tiles", {read + rows_bytes(out), operations},
           [&] { return launch_linear(operands_.site(multiprocessors), op); }, in_step ? "linear" : "");
    }
    if (splits == 1) return;
    op.splits = splits;
    op.parts = operands_.floats(static_cast<uint64_t>(splits) * shape_.batch * out, 0, 1e-2f);
    parts_ = op.parts;
    splits_ = splits;
    const Work in_shares = {read + splits * rows_bytes(out), operations};
    time("linear " + layer(l) + ", in " + std::to_string(splits) + " shares", in_shares,
         [&] { return launch_linear(site(), op); }, "linear");
  }

  void time_tail() {
    Tail tail{};
    Work work = {0, 0};
    std::string name;
    for (int l = shape_.tail_from - 1; l < shape_.layers(); l++) {
      tail.layers[l - (shape_.tail_from - 1)] = {
          operands_.weights(l).values, operands_.bias(l).values, operands_.y(l),          nullptr,    operands_.dz(l),
          shape_.in(l),                shape_.out(l),            operands_.activation(l), tail.width, 0};
      tail.width += padded(shape_.out(l));
      name += (name.empty() ? "" : "-") + std::to_string(shape_.out(l));
      work.bytes += 2 * rows_bytes(shape_.out(l));  // y and dz
      if (l < shape_.tail_from) continue;
      work.bytes += sizeof(float) * weights(l);
      work.operations += 4 * B * weights(l);
    }
    tail.count = shape_.layers() - shape_.tail_from;
    tail.loss = operands_.loss();
    const float* x = operands_.x(shape_.tail_from);
    time("tail " + name, work, [&] { return launch_tail(site(), tail, x); }, splits_ == 1 ? "tail" : "");
    if (splits_ == 1) return;
    tail.parts = parts_;
    tail.part_count = splits_;
    work.bytes += splits_ * rows_bytes(shape_.out(shape_.tail_from - 1));
    time("tail " + name + " of " + std::to_string(splits_) + " partial sums", work,
         [&] { return launch_tail(site(), tail, x); }, "tail");
  }

  void time_backward_input(int l) {
    const LinearBackwardInput op = {operands_.dz(l), operands_.weights(l).values, operands_.x(l), nullptr, operands_.dz(l - 1),
                                    shape_.in(l), shape_.out(l), operands_.activation(l - 1), false, {}};
    const Work work = {rows_bytes(shape_.out(l)) + 2 * rows_bytes(shape_.in(l)) + sizeof(float) * weights(l), 2 * B * weights(l)};
    time("backward input " + layer(l), work, [&] { return launch_linear_backward_input(site(), op); },
         l < shape_.tail_from ? "inputs" : "");
  }

  // Times the weight gradients of layers from `first` to `end` - 1, which are stored or used for updates.
  void time_backward_weights(int first, int end, bool update) {
    std::vector<LinearBackwardWeight> layers;
    Work work = {0, 0};
    for (int l = first; l < end; l++) {
      LinearBackwardWeight op{};
      op.dz = operands_.dz(l);
      op.x = operands_.input(l);
      op.d_weights = operands_.d_weights(l);
      op.d_bias = operands_.d_bias(l);
      op.weights = operands_.weights(l);
      op.bias = operands_.bias(l);
      op.rule = operands_.rule();
      op.out_features = shape_.out(l);
      layers.push_back(op);
      // Of each weight: the gradient is written, or it and two moments are read and written.
      work.bytes += rows_bytes(shape_.out(l)) + input_bytes(l) + sizeof(float) * weights(l) * (update ? 6 : 1);
      work.operations += 2 * B * weights(l);
    }
    BackwardWeightGroup group = backward_weight_group(site(), layers.data(), static_cast<int>(layers.size()));
    group.update = group.ends_step = update;
    const std::string name = update ? "backward weights with updates, all layers"
                                    : "backward weights " + layer(first);
    time(name + ", " + text(group.size) + " tiles", work,
         [&] { return launch_linear_backward_weight(site(), group, operands_.step_end()); }, update ? "weights" : "");
  }

  void time_rows() {
    const int in = shape_.in(0), hidden = shape_.out(0), classes = shape_.widths.back(), last = shape_.layers() - 1;
    const Gather gather = {operands_.set(),          operands_.loss().target_source, 0, operands_.x(0),
                           operands_.batch_labels(), nullptr,                        nullptr};
    time("gather " + std::to_string(in), {input_bytes(0) + rows_bytes(in), 0}, [&] { return launch_gather(site(), gather); });
    float* dropped = operands_.floats(static_cast<uint64_t>(shape_.batch) * hidden, 0, 1);
    const Dropout dropout = {operands_.input(1), dropped, mask_of({0.5, 1, 0})};
    time("dropout " + std::to_string(hidden), {2 * rows_bytes(hidden), 0}, [&] { return launch_dropout(site(), dropout); });
    time("softmax " + std::to_string(classes), {2 * rows_bytes(classes), 0},
         [&] { return launch_softmax(site(), operands_.y(last), classes); });
    time("loss " + std::to_string(classes), {2 * rows_bytes(classes), 0},
         [&] { return launch_loss(site(), operands_.loss(), operands_.y(last), operands_.dz(last)); },
         shape_.tail_from == shape_.layers() ? "tail" : "");
  }

  // The kernels that read and write each parameter of the network once.
  void time_parameters() {
    std::vector<UpdateItem> updates;
    std::vector<AverageItem> averages;
    std::vector<Gradient> gradients;
    double numbers = 0;
    uint64_t largest = 0;
    for (int l = 0; l < shape_.layers(); l++) {
      const uint64_t size = static_cast<uint64_t>(shape_.in(l)) * shape_.out(l), out = shape_.out(l);
      for (const auto& [parameter, gradient, count] : {std::tuple(operands_.weights(l), operands_.d_weights(l), size),
                                                       {operands_.bias(l), operands_.d_bias(l), out}}) {
        updates.push_back({parameter, gradient, count, operands_.rule()});
        gradients.push_back({gradient, count});
        numbers += static_cast<double>(count);
        largest = std::max(largest, count);
      }
      averages.push_back({operands_.weights(l).values, operands_.average(l), size, 0.9f, 0.1f});
    }
    const auto table = [&](const auto& items) {
      using Item = std::decay_t<decltype(items[0])>;
      DeviceMemory<Item> memory(items.size());
      memory.write(items.data(), items.size(), timer_.stream());
      check(cudaStreamSynchronize(timer_.stream()));
      return memory;
    };
    const auto update_table = table(updates);
    const auto average_table = table(averages);
    const auto gradient_table = table(gradients);
    const DeviceMemory<double> squares(CLIP_BLOCKS);
    const UpdateGroup update = {update_table.get(), static_cast<int>(updates.size()), largest, false};
    const AverageGroup average = {average_table.get(), static_cast<int>(averages.size()), largest, false};
    const ClipByNorm clip = {gradient_table.get(), static_cast<int>(gradients.size()), 1.0f, squares.get()};
    const double bytes = sizeof(float) * numbers;
    time("updates of all parameters", {7 * bytes, 0},
         [&] { return launch_updates(site(), update, operands_.step_end()); });
    time("averages of all weights", {3 * bytes, 0},
         [&] { return launch_averages(site(), average, operands_.step_end()); });
    time("clip by norm, two launches", {2 * bytes, 0}, [&] { return launch_clip_by_norm(site(), clip); });
  }

  Timer& timer_;
  Report& report_;
  const Limits& limits_;
  const NetworkShape shape_;
  Operands operands_;
  const std::string network_;
  const double B;  // rows of the batch
  const float* parts_ = nullptr;  // partial sums of the layer before the tail
  int splits_ = 1;
};

void run(const Request& request, Report& report) {
  int multiprocessors = 0;
  check(cudaSetDevice(0));
  check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, 0));
  Timer timer(request);
  const Limits limits = measure_limits(request, timer, multiprocessors);
  const std::vector<NetworkShape> shapes =
      request.quick ? std::vector<NetworkShape>{{{132, 16, 8, 4}, 8, 1}, {{20, 72, 5}, 9, 2}}
                    : std::vector<NetworkShape>{{{784, 128, 64, 10}, 128, 1}, {{784, 4096, 4096, 10}, 1024, 3}};
  for (const NetworkShape& shape : shapes) Kernels(timer, report, limits, shape, multiprocessors).time_all();
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
