// The table of the kernels of one instruction set.
#include "deform.hpp"
#include "kernels.hpp"

namespace MLP_ISA {

void gather(const Gather&, const BatchRows&, Range rows);
void dropout(const Dropout&, uint32_t step, Range rows);
void linear(const Linear&, Range rows, Range panels);
void linear_sparse(const Linear&, const ColumnLists&, Range rows, Range panels);
void softmax(const Panels& y, Range rows);
void softmax_backward(const Panels& y, const Panels& d, Range rows);
void loss(const Loss&, const BatchRows&, Range rows);
void linear_backward_input(const LinearBackwardInput&, uint32_t step, Range rows, Range panels);
void linear_backward_weight(const LinearBackwardWeight&, const Slices&, const Update&, Range inputs, Range panels);
void linear_backward_weight_sparse(const LinearBackwardWeight&, const ColumnLists&, const Slices&, const Update&,
                                   Range inputs, Range panels);
void bias_gradient(const BiasGradient&, const Slices&, const Update&, Range panels);
void column_lists(const SparseRows&, const BatchRows&, Range rows, Range columns, const ColumnLists&);
void update(const Parameter&, const float* gradient, const Update&, size_t count);
void average(const float* parameter, float* average, float decay, float complement, size_t count);
void transpose(const Panels& by_input, const Panels& by_output, Range inputs, Range panels);
double sum_of_squares(const Panels& gradient, int panel, Range rows);
void scale(float* values, float factor, size_t count);
void deform(const Deformation&, const DeformMemory&, Range images);

const Kernels KERNELS = {gather,
                         dropout,
                         linear,
                         linear_sparse,
                         softmax,
                         softmax_backward,
                         loss,
                         linear_backward_input,
                         linear_backward_weight,
                         linear_backward_weight_sparse,
                         bias_gradient,
                         column_lists,
                         update,
                         average,
                         transpose,
                         sum_of_squares,
                         scale,
                         deform};

}  // namespace MLP_ISA
