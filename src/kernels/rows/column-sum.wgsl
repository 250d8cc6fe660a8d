// One thread per vector of columns: the sum over the blocks. WIDTH counts vectors.
fn main(index : i32) {
  if (index < WIDTH) {
    var sum = Vector(0.0);
    for (var block = 0; block < uniforms.blocks; block = block + 1) { sum = sum + shares[block * WIDTH + index]; }
    result[index] = sum;
  }
}
