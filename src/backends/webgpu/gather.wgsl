// gather: x (B, I) = inputs (N, I)[order] scale, and labels (B) or targets (B, O) of the same rows.
//
// inputs is a part of the data set: its rows [part.first, part.first + part.rows). They are bytes, packed four to a word,
// with each row beginning at a new word (part.words in each row), or they are float32. Rows of the batch in another part
// are left to the dispatch of that part. Labels and targets are copied as words, without conversion.
// Split: each invocation copies words of a row; rows are the grid's second dimension; both in strides of the grid.
// Cost: B I bytes (or 4 B I) read and 4 B I written. Compared with `gather()` of the reference backend.

struct Part {
  first: u32,
  rows: u32,
  words: u32, // of one row of inputs
  in_features: u32,
  target_words: u32, // of one row of labels or targets; 0 in a prediction
  scale: f32,
}

@group(1) @binding(0) var<uniform> part: Part;
@group(1) @binding(1) var<storage, read> inputs: array<u32>;
@group(1) @binding(2) var<storage, read> targets: array<u32>;
@group(1) @binding(3) var<storage, read> order: array<u32>;
@group(1) @binding(4) var<storage, read_write> x: array<f32>;
@group(1) @binding(5) var<storage, read_write> target_rows: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  for (var row = invocation.y; row < step.rows; row += groups.y) {
    let source = source_of(row) - part.first; // a row before the part wraps to a large number
    if (source >= part.rows) {
      continue;
    }
    for (var word = invocation.x; word < part.words; word += groups.x * 64u) {
      gather_word(row, word, inputs[source * part.words + word]);
    }
    for (var word = invocation.x; word < part.target_words; word += groups.x * 64u) {
      target_rows[row * part.target_words + word] = targets[source * part.target_words + word];
    }
  }
}

/** Returns the data set's row for row `row` of the batch. Without an order, rows follow each other. */
fn source_of(row: u32) -> u32 {
  if (ORDERED) {
    return order[step.first + row];
  }
  return step.first + row;
}

fn gather_word(row: u32, word: u32, bits: u32) {
  let at = row * part.in_features;
  if (BYTES) {
    for (var byte = 0u; byte < 4u; byte++) {
      let column = 4u * word + byte;
      if (column < part.in_features) {
        x[at + column] = f32((bits >> (8u * byte)) & 0xffu) * part.scale;
      }
    }
  } else {
    x[at + word] = bitcast<f32>(bits) * part.scale;
  }
}
