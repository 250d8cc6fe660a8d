// One thread per row. Rows behind the threshold are not among the best k: k rows are known that come before them. The others
// count the rows before them, which is their place. (key, index) is a total order, so every place is written once.
fn main(index : i32) {
  if (index < uniforms.total) {
    let batch = index / uniforms.rows;
    let base = batch * uniforms.rows;
    let row = index - base;
    let key = keys[index];
    let limit = threshold[batch];
    let limitKey = keys[base + limit];
    if (key > limitKey || (key == limitKey && row <= limit)) {
      var before = 0;
      for (var other = 0; other < row; other = other + 1) { before = before + select(0, 1, keys[base + other] >= key); }
      for (var other = row + 1; other < uniforms.rows; other = other + 1) {
        before = before + select(0, 1, keys[base + other] > key);
      }
      if (before < uniforms.k) { result[batch * uniforms.k + before] = row; }
    }
  }
}
