// Sums and maxima over LANES adjacent invocations of a workgroup of 64. LANES is a power of two up to 64; if it is 1,
// nothing is exchanged. Every sum has one order.

var<workgroup> shared_values: array<f32, 64>;
var<workgroup> shared_largest: array<Largest, 64>;

/** Returns the sum of `value` over the lanes. */
fn sum_of_lanes(index: u32, value: f32) -> f32 {
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

/** The largest of some numbers, and its place. */
struct Largest {
  order: u32, // order_of() the number
  place: u32, // of the first, if several are equal
  flags: u32, // of all numbers, combined by OR
}

/** The result for no numbers. */
const NONE = Largest(0u, 0xffffffffu, 0u);

/** Returns a number at its place. NaN counts as the smallest, or as the largest in the first place, as in the reference. */
fn largest_at(place: u32, x: f32, flags: u32) -> Largest {
  return Largest(select(order_of(x), select(1u, 0xffffffffu, place == 0u), is_nan(x)), place, flags);
}

fn larger(a: Largest, b: Largest) -> Largest {
  let second = b.order > a.order || (b.order == a.order && b.place < a.place);
  return Largest(select(a.order, b.order, second), select(a.place, b.place, second), a.flags | b.flags);
}

/** Returns the largest over the lanes. */
fn largest_of_lanes(index: u32, own: Largest) -> Largest {
  shared_largest[index] = own;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (index % LANES < half) {
      shared_largest[index] = larger(shared_largest[index], shared_largest[index + half]);
    }
  }
  workgroupBarrier();
  let found = shared_largest[index - index % LANES];
  workgroupBarrier();
  return found;
}

/** Returns an integer above 1 with the order of the numbers: -∞ < … < -0 = 0 < … < ∞. */
fn order_of(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits + 0x80000000u, 0u - bits, bits > 0x7fffffffu);
}

/** Returns the number whose order_of() is `order`. */
fn number_of(order: u32) -> f32 {
  return bitcast<f32>(select(0u - order, order - 0x80000000u, order > 0x7fffffffu));
}
