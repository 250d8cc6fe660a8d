// The operands of tile.wgsl for a convolution as a matrix product. The left matrix has a row for each output cell, flat over
// (b, y, x), and a column for each weight of an output channel, flat over (ky, kx, i); it is x [B,H,W,I] read in place, zeros
// outside. The right matrix is the filter, or, for the filter's gradient, dy: both are [.., O] with O a multiple of 4.
// `first` is the first cell, or the first number, of a chunk; VECTOR_IN: I is a multiple of 4 and x is bound as vec4.

fn xAt(cell : i32, tap : i32) -> i32 {
  let line = cell / uniforms.outSize.y; // b * Ho + y
  let b = line / uniforms.outSize.x;
  let place = tap / INPUT;
  let ky = place / KERNEL;
  let y = (line - b * uniforms.outSize.x) * uniforms.convStrides.x + ky * DILATION - uniforms.padding.x;
  let x = (cell - line * uniforms.outSize.y) * uniforms.convStrides.y + (place - ky * KERNEL) * DILATION - uniforms.padding.y;
  let inside = y >= 0 && y < uniforms.size.x && x >= 0 && x < uniforms.size.y;
  return select(-1, ((b * uniforms.size.x + y) * uniforms.size.y + x) * INPUT + tap - place * INPUT, inside);
}

fn aQuad(first : i32, line : i32, at : i32, lines : i32, length : i32) -> vec4<f32> {
  let cell = first + line;
  if (line >= lines || at >= length || cell >= uniforms.cells) {
    return vec4<f32>(0.0);
  }
#if VECTOR_IN
  let source = xAt(cell, at);
  return select(vec4<f32>(0.0), x[max(source, 0) >> 2], source >= 0);
#else
  var quad = vec4<f32>(0.0);
#for j in 0..4
  if (at + $j < length) {
    let source = xAt(cell, at + $j);
    quad[$j] = select(0.0, x[max(source, 0)], source >= 0);
  }
#end
  return quad;
#end
}

fn bQuad(first : i32, line : i32, at : i32, lines : i32, length : i32) -> vec4<f32> {
  let start = first + line * length + at;
  if (line >= lines || at >= length || start >= uniforms.rightEnd) {
    return vec4<f32>(0.0);
  }
  return right[start >> 2];
}
