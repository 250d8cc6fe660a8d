// m [36,T,O] to the result [B,Ho,Wo,O]: each tile's 4x4 output cells as A^T m A, then the epilogue. One invocation: one tile,
// four channels. Flat over (tile, four channels), channels fastest; tiles are flat over (b, tile row, tile column).

fn across(
  a : vec4<f32>, b : vec4<f32>, c : vec4<f32>, d : vec4<f32>, e : vec4<f32>, f : vec4<f32>
) -> array<vec4<f32>, 4> {
  let sum = b + c;
  let difference = b - c;
  let far = d + e;
  let apart = d - e;
  return array<vec4<f32>, 4>(
    a + sum + far,
    NEAR * difference + FAR * apart,
    NEAR * NEAR * sum + FAR * FAR * far,
    NEAR * NEAR * NEAR * difference + FAR * FAR * FAR * apart + f,
  );
}

fn main(index : i32) {
  let work = uniforms.work;
  if (index >= work) {
    return;
  }
  let vectors = uniforms.channels >> 2;
  let tile = index / vectors;
  let line = tile / uniforms.tiles.y;
  let b = line / uniforms.tiles.x;
  let y0 = (line - b * uniforms.tiles.x) * 4;
  let x0 = (tile - line * uniforms.tiles.y) * 4;
  let channel = (index - tile * vectors) * 4;
  let cell = (b * uniforms.outSize.x + y0) * uniforms.outSize.y + x0;
#for j in 0..6
  let down$j = across(
#for i in 0..6
    m[index + ($i * 6 + $j) * work],
#end
  );
#end
#for i in 0..4
  if (y0 + $i < uniforms.outSize.x) {
    let done = across(down0[$i], down1[$i], down2[$i], down3[$i], down4[$i], down5[$i]);
#for j in 0..4
    if (x0 + $j < uniforms.outSize.y) {
      finish(done[$j], cell + $i * uniforms.outSize.y + $j, channel);
    }
#end
  }
#end
}
