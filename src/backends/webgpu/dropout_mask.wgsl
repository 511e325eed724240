// The mask of a dropout, as `dropoutKey()` and `isKept()` of src/random.ts define it, in 32-bit integers.
//
// The uniform `layer` ends with the mask, see dropout.ts: its seed, the number of the layer whose outputs have dropout (0 for
// the inputs), the threshold ⌊rate 2³²⌋ and the factor 1 / (1 - rate).

/** x times the factor, or 0 if the mask drops x, even if x is NaN. */
fn drop(x: f32, row: u32, column: u32) -> f32 {
  let key = mixed(mixed(mixed(mixed(layer.seed) ^ step.number) ^ layer.number) ^ row);
  return select(0.0, x * layer.factor, mixed(key + column * 0x9e3779b9u) >= layer.threshold);
}

/** The finalizer of MurmurHash3. */
fn mixed(bits: u32) -> u32 {
  let once = (bits ^ (bits >> 16u)) * 0x85ebca6bu;
  let twice = (once ^ (once >> 13u)) * 0xc2b2ae35u;
  return twice ^ (twice >> 16u);
}
