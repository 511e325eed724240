// Tests what this library shares with the one for GPUs, through its C interface: wrong calls and their messages, the factors of a
// step, and the forms of a step that are fused.
#include "shared/tests/interface.hpp"
#include "shared/tests/recorded.hpp"
#include "shared/tests/shared_rows.hpp"

int main() {
  test_interface();
  test_shared_rows();
  test_recorded();
  printf("%d checks, %d faults\n", checks, faults);
  return faults == 0 ? 0 : 1;
}
