// x [B,H,W,I] to V [36,T,I]: each tile's 6x6 input cells d as B^T d B. One invocation: one tile, one vector of channels.
// Flat over (tile, vector of channels), channels fastest; tiles are flat over (b, tile row, tile column).
// Vector: numbers handled at once; `vectors` of them make I.

fn across(a : Vector, b : Vector, c : Vector, d : Vector, e : Vector, f : Vector) -> array<Vector, 6> {
  let p = e - FAR * FAR * c;
  let q = NEAR * (d - FAR * FAR * b);
  let r = e - NEAR * NEAR * c;
  let s = FAR * (d - NEAR * NEAR * b);
  const PRODUCT = NEAR * NEAR * FAR * FAR;
  const SUM = NEAR * NEAR + FAR * FAR;
  return array<Vector, 6>(PRODUCT * a - SUM * c + e, p + q, p - q, r + s, r - s, PRODUCT * b - SUM * d + f);
}

fn main(index : i32) {
  if (index >= uniforms.work) {
    return;
  }
  let tile = index / uniforms.vectors;
  let v = index - tile * uniforms.vectors;
  let line = tile / uniforms.tiles.y;
  let b = line / uniforms.tiles.x;
  let y0 = (line - b * uniforms.tiles.x) * 4 - uniforms.padding.x;
  let x0 = (tile - line * uniforms.tiles.y) * 4 - uniforms.padding.y;
#for i in 0..6
  let row$i = ((b * uniforms.size.x + clamp(y0 + $i, 0, uniforms.size.x - 1)) * uniforms.size.y) * uniforms.vectors + v;
  let inside$i = y0 + $i >= 0 && y0 + $i < uniforms.size.x;
#end
#for j in 0..6
  let inColumn$j = x0 + $j >= 0 && x0 + $j < uniforms.size.y;
  let column$j = clamp(x0 + $j, 0, uniforms.size.y - 1) * uniforms.vectors;
  let down$j = across(
#for i in 0..6
    select(Vector(0.0), x[row$i + column$j], inColumn$j && inside$i),
#end
  );
#end
#for i in 0..6
  {
    let done = across(down0[$i], down1[$i], down2[$i], down3[$i], down4[$i], down5[$i]);
#for j in 0..6
    result[index + ($i * 6 + $j) * uniforms.work] = done[$j];
#end
  }
#end
}
