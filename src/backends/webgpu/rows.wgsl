// What kernels over rows share: LANES invocations, a power of two up to 64, work on each row, and a workgroup of 64 on
// 64 / LANES rows. With one lane nothing is exchanged. Every sum has one order.

const LOWEST = -0x1.fffffep+127; // of float32
const ROWS = 64u / LANES;
const GROUPS_ACROSS = 32768u; // of a grid in two dimensions, see rowGrid in program.ts
var<workgroup> shared_values: array<f32, 64>;
var<workgroup> shared_places: array<u32, 64>;

/** The row of an invocation; it may lie beyond the batch, where the invocation has nothing to do but wait. */
fn row_of(group: vec3<u32>, index: u32) -> u32 {
  return (group.y * GROUPS_ACROSS + group.x) * ROWS + index / LANES;
}

/** The sum of `value` over the lanes of a row. */
fn sum_of_row(index: u32, value: f32) -> f32 {
  shared_values[index] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (index % LANES < half) {
      shared_values[index] += shared_values[index + half];
    }
  }
  workgroupBarrier();
  let sum = shared_values[index - index % LANES];
  workgroupBarrier();
  return sum;
}

struct Largest {
  value: f32, // NaN where one of the numbers is none
  place: u32, // the first of equals
}

/** The largest value over the lanes of a row. */
fn largest_of_row(index: u32, own: Largest) -> Largest {
  shared_values[index] = own.value;
  shared_places[index] = own.place;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (index % LANES < half) {
      let kept = Largest(shared_values[index], shared_places[index]);
      let other = Largest(shared_values[index + half], shared_places[index + half]);
      let better = larger(kept, other);
      shared_values[index] = better.value;
      shared_places[index] = better.place;
    }
  }
  workgroupBarrier();
  let first = index - index % LANES;
  let found = Largest(shared_values[first], shared_places[first]);
  workgroupBarrier();
  return found;
}

fn larger(a: Largest, b: Largest) -> Largest {
  if (is_nan(a.value)) {
    return a;
  }
  if (is_nan(b.value) || b.value > a.value || (b.value == a.value && b.place < a.place)) {
    return b;
  }
  return a;
}
