// One thread per block of BLOCK rows and vector of columns: the block's share of sum(dy). WIDTH counts vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let column = index % WIDTH;
    let firstRow = (index / WIDTH) * BLOCK;
    let end = min(firstRow + BLOCK, uniforms.rows);
    var sum = Vector(0.0);
    for (var row = firstRow; row < end; row = row + 1) { sum = sum + dy[row * WIDTH + column]; }
    result[index] = sum;
  }
}
