// A part of x from `first` on.
fn main(index : i32) {
  if (index < uniforms.count) {
    result[index] = x[uniforms.first + index];
  }
}
