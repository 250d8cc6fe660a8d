// The triad of STREAM (McCalpin, 1995): two buffers are read and one is written, neighbours by neighbours.
@group(0) @binding(0) var<storage, read_write> result : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> a : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b : array<vec4<f32>>;

@compute @workgroup_size(GROUP)
fn main(@builtin(global_invocation_id) id : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>) {
  let at = id.y * groups.x * GROUP + id.x;
  if (at < arrayLength(&result)) {
    result[at] = a[at] + 3.0 * b[at];
  }
}
