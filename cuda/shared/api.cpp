// The C interface of each library: checks of null pointers and numbers, and statuses for faults. It is compiled with three files
// of the library: plan.hpp, with a `struct mlp_plan` that is derived from Recording and has the functions that are called here;
// shared_rows.hpp, with a `struct mlp_rows`, made from a device and inputs; and group.hpp, with a `struct mlp_group`, made from a
// transport and a number of slices.
#include <cstring>

#include "group.hpp"
#include "plan.hpp"
#include "shared/device.hpp"
#include "shared/guarded.hpp"
#include "shared/running_call.hpp"
#include "shared_rows.hpp"

namespace {

// Runs `work` on a plan, as guarded() does, with the plan's device as that of the calling thread.
template <class Work>
int32_t with_plan(mlp_plan* plan, char* error, uint32_t error_size, const Work& work) {
  return guarded(error, error_size, [&] {
    need(plan != nullptr, "The plan is null");
    plan->use_device();
    work();
  });
}

Activation activation_of(int32_t number) {
  need(number >= 0 && number < MLP_ACTIVATIONS, "There is no activation with number %d", number);
  return static_cast<Activation>(number);
}

LossKind loss_of(int32_t number) {
  need(number >= 0 && number < MLP_LOSSES, "There is no loss with number %d", number);
  return static_cast<LossKind>(number);
}

Optimizer optimizer_of(int32_t number) {
  need(number >= 0 && number < MLP_OPTIMIZERS, "There is no optimizer with number %d", number);
  return static_cast<Optimizer>(number);
}

void check_transport(const mlp_transport* transport, uint32_t slices) {
  need(transport != nullptr, "The transport is null");
  need(transport->version == MLP_TRANSPORT_VERSION, "The transport has version %u, this library needs %u", transport->version,
       MLP_TRANSPORT_VERSION);
  need(transport->exchange != nullptr, "The transport has no function to exchange bytes");
  const int32_t rank = transport->rank, size = transport->size;
  need(slices >= 1 && slices <= MLP_MAX_SLICES && (slices & (slices - 1)) == 0,
       "A group needs 1, 2, 4 or 8 slices of a batch, found %u", slices);
  need(size >= 1 && static_cast<uint32_t>(size) <= slices && slices % size == 0,
       "The number of processes needs to divide the %u slices of a batch, found %d", slices, size);
  need(rank >= 0 && rank < size, "The rank of one of %d processes needs to be from 0 to %d, found %d", size, size - 1, rank);
}

void need_values(const void* values, uint64_t count) { need(values || count == 0, "An array is null"); }

// Makes rows of bytes or of floats; the other address is null.
mlp_rows* create_rows(int32_t device, const uint8_t* bytes, const float* floats, uint64_t count, uint64_t columns,
                      int32_t* status, char* error, uint32_t error_size) {
  mlp_rows* rows = nullptr;
  const int32_t result = guarded(error, error_size, [&] {
    need_values(bytes ? static_cast<const void*>(bytes) : floats, count);
    check_rows(count, columns);
    rows = new mlp_rows(device, bytes, floats, count, columns);
  });
  if (status) *status = result;
  return rows;
}

}  // namespace

EXPORT uint32_t mlp_abi_version(void) { return MLP_ABI_VERSION; }

EXPORT uint32_t mlp_kind(void) { return library_kind(); }

EXPORT int32_t mlp_driver_version(void) { return driver_version(); }

EXPORT int32_t mlp_runtime_version(void) { return runtime_version(); }

EXPORT int32_t mlp_device_count(int32_t* count, char* error, uint32_t error_size) {
  return guarded(error, error_size, [&] {
    need(count != nullptr, "The count is null");
    *count = 0;
    *count = count_devices();
  });
}

EXPORT int32_t mlp_device_query(int32_t device, char* name, uint32_t name_size, int64_t* facts, uint64_t fact_count,
                                char* error, uint32_t error_size) {
  return guarded(error, error_size, [&] {
    need(facts && fact_count >= MLP_FACTS, "A device has %d facts, found room for %llu", MLP_FACTS, fact_count);
    const Device found = query_device(device);
    write_text(found.name, name, name_size);
    memcpy(facts, found.facts, sizeof found.facts);
  });
}

EXPORT mlp_rows* mlp_rows_create_u8(int32_t device, const uint8_t* inputs, uint64_t count, uint64_t columns, int32_t* status,
                                    char* error, uint32_t error_size) {
  return create_rows(device, inputs, nullptr, count, columns, status, error, error_size);
}

EXPORT mlp_rows* mlp_rows_create_f32(int32_t device, const float* inputs, uint64_t count, uint64_t columns, int32_t* status,
                                     char* error, uint32_t error_size) {
  return create_rows(device, nullptr, inputs, count, columns, status, error, error_size);
}

EXPORT void mlp_rows_free(mlp_rows* rows) {
  const RunningCall call([] {});
  delete rows;
}

EXPORT mlp_plan* mlp_plan_create(int32_t device, uint32_t batch_size, int32_t path, int32_t* status, char* error,
                                 uint32_t error_size) {
  mlp_plan* plan = nullptr;
  const int32_t result = guarded(error, error_size, [&] { plan = new mlp_plan(device, batch_size, path); });
  if (status) *status = result;
  return plan;
}

EXPORT int32_t mlp_plan_set_threads(mlp_plan* plan, uint32_t threads, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    check_threads(threads);
    plan->set_threads(threads);
  });
}

EXPORT int32_t mlp_plan_set_group(mlp_plan* plan, mlp_group* group, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->set_group(group); });
}

EXPORT int32_t mlp_plan_add_buffer(mlp_plan* plan, uint64_t rows, uint64_t columns, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->add_buffer(rows, columns); });
}

EXPORT int32_t mlp_plan_set_inputs_u8(mlp_plan* plan, const uint8_t* inputs, uint64_t count, uint64_t columns, char* error,
                                      uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(inputs, count);
    plan->set_inputs(inputs, nullptr, count, columns);
  });
}

EXPORT int32_t mlp_plan_set_inputs_f32(mlp_plan* plan, const float* inputs, uint64_t count, uint64_t columns, char* error,
                                       uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(inputs, count);
    plan->set_inputs(nullptr, inputs, count, columns);
  });
}

EXPORT int32_t mlp_plan_set_rows(mlp_plan* plan, const mlp_rows* rows, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need(rows != nullptr, "The rows are null");
    plan->set_rows(*rows);
  });
}

EXPORT int32_t mlp_plan_set_labels(mlp_plan* plan, const uint32_t* labels, uint64_t count, char* error,
                                   uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(labels, count);
    plan->set_labels(labels, count);
  });
}

EXPORT int32_t mlp_plan_set_targets(mlp_plan* plan, const float* targets, uint64_t count, uint64_t columns, char* error,
                                    uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(targets, count);
    plan->set_targets(targets, count, columns);
  });
}

EXPORT int32_t mlp_plan_set_row_weights(mlp_plan* plan, const float* row_weights, uint64_t count, char* error,
                                        uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(row_weights, count);
    plan->set_row_weights(row_weights, count);
  });
}

EXPORT int32_t mlp_plan_gather(mlp_plan* plan, int32_t x, int32_t target, int32_t row_weights, double scale, char* error,
                               uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->add(GatherOp{x, target, row_weights, static_cast<float>(scale)}); });
}

EXPORT int32_t mlp_plan_dropout(mlp_plan* plan, int32_t x, int32_t y, double rate, uint32_t seed, uint32_t layer, char* error,
                                uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->add(DropoutOp{x, y, {rate, seed, layer}}); });
}

EXPORT int32_t mlp_plan_linear(mlp_plan* plan, int32_t x, int32_t weights, int32_t bias, int32_t y, int32_t z,
                               int32_t activation, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size,
            [&] { plan->add(LinearOp{x, weights, bias, y, z, activation_of(activation)}); });
}

EXPORT int32_t mlp_plan_loss(mlp_plan* plan, int32_t loss, int32_t y, int32_t z, int32_t target, int32_t labels,
                             int32_t row_weights, int32_t dz, int32_t activation, const double* settings,
                             uint64_t setting_count, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(settings, setting_count);
    plan->add(LossOp{loss_of(loss), y, z, target, labels != 0, row_weights, dz, activation_of(activation),
                     {settings, settings + setting_count}});
  });
}

EXPORT int32_t mlp_plan_linear_backward_input(mlp_plan* plan, int32_t dz, int32_t weights, int32_t x, int32_t z, int32_t dx,
                                              int32_t activation, double rate, uint32_t seed, uint32_t layer, char* error,
                                              uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    plan->add(LinearBackwardInputOp{dz, weights, x, z, dx, activation_of(activation), {rate, seed, layer}});
  });
}

EXPORT int32_t mlp_plan_linear_backward_weight(mlp_plan* plan, int32_t x, int32_t dz, int32_t d_weights, int32_t d_bias,
                                               char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->add(LinearBackwardWeightOp{x, dz, d_weights, d_bias}); });
}

EXPORT int32_t mlp_plan_clip_by_norm(mlp_plan* plan, const int32_t* gradients, uint64_t count, double max_norm, char* error,
                                     uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(gradients, count);
    plan->add(ClipByNormOp{{gradients, gradients + count}, max_norm});
  });
}

EXPORT int32_t mlp_plan_update(mlp_plan* plan, int32_t optimizer, int32_t parameter, int32_t gradient,
                               const int32_t* states, uint64_t state_count, const double* settings, uint64_t setting_count,
                               char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(states, state_count);
    need_values(settings, setting_count);
    plan->add(UpdateOp{{optimizer_of(optimizer), {settings, settings + setting_count}}, parameter, gradient,
                       {states, states + state_count}});
  });
}

EXPORT int32_t mlp_plan_average(mlp_plan* plan, int32_t parameter, int32_t average, double decay, char* error,
                                uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->add(AverageOp{parameter, average, decay}); });
}

EXPORT int32_t mlp_plan_finish(mlp_plan* plan, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->finish(); });
}

EXPORT int32_t mlp_plan_describe(mlp_plan* plan, char* text, uint32_t text_size, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { write_text(plan->describe(), text, text_size); });
}

EXPORT int32_t mlp_plan_write_buffer(mlp_plan* plan, int32_t buffer, const float* values, uint64_t count, char* error,
                                     uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(values, count);
    plan->write_buffers(&buffer, 1, values, count);
  });
}

EXPORT int32_t mlp_plan_read_buffer(mlp_plan* plan, int32_t buffer, float* values, uint64_t count, char* error,
                                    uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(values, count);
    plan->read_buffers(&buffer, 1, values, count);
  });
}

EXPORT int32_t mlp_plan_write_buffers(mlp_plan* plan, const int32_t* buffers, uint64_t buffer_count, const float* values,
                                      uint64_t count, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(buffers, buffer_count);
    need_values(values, count);
    plan->write_buffers(buffers, buffer_count, values, count);
  });
}

EXPORT int32_t mlp_plan_read_buffers(mlp_plan* plan, const int32_t* buffers, uint64_t buffer_count, float* values,
                                     uint64_t count, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(buffers, buffer_count);
    need_values(values, count);
    plan->read_buffers(buffers, buffer_count, values, count);
  });
}

EXPORT int32_t mlp_plan_run_epoch(mlp_plan* plan, uint32_t run, const uint32_t* order, uint64_t rows,
                                  const double* learning_rates, uint64_t steps, uint64_t steps_before, double* results,
                                  uint64_t result_count, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(order, rows);
    need_values(learning_rates, steps);
    need(results && result_count >= MLP_RESULTS, "An epoch has %d results, found room for %llu", MLP_RESULTS, result_count);
    const RunningCall call([&] { plan->stop(run); });
    plan->run_epoch(run, order, rows, learning_rates, steps, steps_before, results);
  });
}

EXPORT int32_t mlp_plan_predict(mlp_plan* plan, int32_t y, float* outputs, uint64_t count, char* error,
                                uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] {
    need_values(outputs, count);
    const RunningCall call([] {});
    plan->predict(y, outputs, count);
  });
}

EXPORT int32_t mlp_plan_stop(mlp_plan* plan, uint32_t run, char* error, uint32_t error_size) {
  return with_plan(plan, error, error_size, [&] { plan->stop(run); });
}

EXPORT int64_t mlp_plan_steps_done(mlp_plan* plan, uint32_t run) {
  int64_t steps = 0;
  with_plan(plan, nullptr, 0, [&] { steps = plan->steps_done(run); });
  return steps;
}

EXPORT void mlp_plan_destroy(mlp_plan* plan) {
  const RunningCall call([] {});
  delete plan;
}

EXPORT mlp_group* mlp_group_create(const mlp_transport* transport, uint32_t slices, int32_t* status, char* error,
                                   uint32_t error_size) {
  mlp_group* group = nullptr;
  const int32_t result = guarded(error, error_size, [&] {
    check_transport(transport, slices);
    group = new mlp_group(*transport, slices);
  });
  if (status) *status = result;
  return group;
}

EXPORT void mlp_group_destroy(mlp_group* group) { delete group; }
