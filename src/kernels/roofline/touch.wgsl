// Next to nothing, but every dispatch waits for the one before.
@group(0) @binding(0) var<storage, read_write> result : array<u32>;

@compute @workgroup_size(1)
fn main() {
  result[0] += 1u;
}
