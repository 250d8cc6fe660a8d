// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and Box and Muller's transform.

// High and low half of a 64-bit product, from 16-bit pieces.
fn multiply(a : u32, b : u32) -> vec2<u32> {
  let low = vec2<u32>(a & 0xffffu, b & 0xffffu);
  let high = vec2<u32>(a >> 16u, b >> 16u);
  let first = low.x * low.y;
  let middle = high.x * low.y + (first >> 16u);
  let second = low.x * high.y + (middle & 0xffffu);
  return vec2<u32>(high.x * high.y + (middle >> 16u) + (second >> 16u), a * b);
}

fn philox(start : vec4<u32>, seed : vec2<u32>) -> vec4<u32> {
  var counter = start;
  var key = seed;
  for (var round = 0; round < 10; round++) {
    let a = multiply(0xD2511F53u, counter.x);
    let b = multiply(0xCD9E8D57u, counter.z);
    counter = vec4<u32>(b.x ^ counter.y ^ key.x, b.y, a.x ^ counter.w ^ key.y, a.y);
    key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter;
}
