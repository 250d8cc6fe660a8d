// weight [3,3,I,O] to U [36,I,O]: each pair's 3x3 filter g as G g G^T. One invocation: one input and four output channels.
// Flat over (input channel, four output channels), output fastest; the stride of a tap is `work` vectors.

fn across(a : vec4<f32>, b : vec4<f32>, c : vec4<f32>) -> array<vec4<f32>, 6> {
  const OF_NEAR = 1.0 / (2.0 * NEAR * NEAR * (NEAR * NEAR - FAR * FAR));
  const OF_FAR = 1.0 / (2.0 * FAR * FAR * (FAR * FAR - NEAR * NEAR));
  let near = OF_NEAR * (a + NEAR * NEAR * c);
  let nearOdd = OF_NEAR * NEAR * b;
  let far = OF_FAR * (a + FAR * FAR * c);
  let farOdd = OF_FAR * FAR * b;
  const OF_ZERO = 1.0 / (NEAR * NEAR * FAR * FAR);
  return array<vec4<f32>, 6>(OF_ZERO * a, near + nearOdd, near - nearOdd, far + farOdd, far - farOdd, c);
}

fn main(index : i32) {
  let work = uniforms.work;
  if (index >= work) {
    return;
  }
#for j in 0..3
  let down$j = across(weight[index + $j * work], weight[index + (3 + $j) * work], weight[index + (6 + $j) * work]);
#end
#for i in 0..6
  {
    let done = across(down0[$i], down1[$i], down2[$i]);
#for j in 0..6
    result[index + ($i * 6 + $j) * work] = done[$j];
#end
  }
#end
}
