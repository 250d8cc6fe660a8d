// Arithmetic at its fastest: CHAINS independent chains of x = x * a + b in registers, four numbers each.
// In front: alias number, and the constants CHAINS and UNROLLED.
@group(0) @binding(0) var<storage, read_write> result : array<f32>;
// rounds of UNROLLED steps of every chain
@group(0) @binding(1) var<uniform> rounds : vec4<u32>;

@compute @workgroup_size(GROUP)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let start = number(f32(id.x % 7u) * 0.125);
  #for c in 0..CHAINS
  var x$c = vec4<number>(start + number($c));
  #end
  // every chain goes to 1, 2, 3 and 4: none grows out of half precision
  let factor = vec4<number>(0.5);
  let summand = vec4<number>(0.5, 1.0, 1.5, 2.0);
  for (var round = 0u; round < rounds.x; round++) {
    #for u in 0..UNROLLED
    #for c in 0..CHAINS
    x$c = fma(x$c, factor, summand);
    #end
    #end
  }
  var sum = vec4<number>(0.0);
  #for c in 0..CHAINS
  sum += x$c;
  #end
  result[id.x] = f32(sum.x + sum.y + sum.z + sum.w);
}
