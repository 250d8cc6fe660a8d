// x [B,H,W,C] with weight [kh,KERNEL,C]. One invocation: PIXELS neighbouring cells of an output row, four channels.
// Flat over (b, y, tile of a row, four channels), channels fastest. COLUMNS, SPACING: as in conv2d.wgsl.
// ALIGNED: C is a multiple of 4 and everything is bound as vec4.

fn weightAt(at : i32) -> vec4<f32> {
#if ALIGNED
  return weight[at >> 2];
#else
  return vec4<f32>(weight[at], weight[at + 1], weight[at + 2], weight[at + 3]);
#end
}

fn cellAt(at : i32) -> vec4<f32> {
#if ALIGNED
  return x[at >> 2];
#else
  return vec4<f32>(x[at], x[at + 1], x[at + 2], x[at + 3]);
#end
}

fn isInside(column : i32) -> bool {
  return column >= 0 && column < uniforms.size.y;
}

fn main(index : i32) {
  let groups = (uniforms.channels + 3) >> 2;
  let tiles = (uniforms.outSize.y + PIXELS - 1) / PIXELS;
  let tile = index / groups;
  let line = tile / tiles; // b * Ho + y
  let b = line / uniforms.outSize.x;
  if (index >= uniforms.work) {
    return;
  }
  let channel = (index - tile * groups) * 4;
  let x0 = (tile - line * tiles) * PIXELS;
  let fromY = (line - b * uniforms.outSize.x) * uniforms.strideY - uniforms.padding.x;
  let fromX = x0 * STRIDE - uniforms.padding.y;
  let inside = array<bool, COLUMNS>(
#for j in 0..COLUMNS
    isInside(fromX + ($j / SPACING) * STRIDE + $j % SPACING),
#end
  );
  let offset = array<i32, COLUMNS>(
#for j in 0..COLUMNS
    clamp(fromX + ($j / SPACING) * STRIDE + $j % SPACING, 0, uniforms.size.y - 1) * uniforms.channels + channel,
#end
  );
  var acc : array<vec4<f32>, PIXELS>;
  let lastY = min(uniforms.kernelHeight, uniforms.size.x - fromY);
  for (var ky = max(0, -fromY); ky < lastY; ky++) {
    let row = (b * uniforms.size.x + fromY + ky) * uniforms.size.y * uniforms.channels;
    let tap = ky * KERNEL * uniforms.channels + channel;
    let cells = array<vec4<f32>, COLUMNS>(
#for j in 0..COLUMNS
      select(vec4<f32>(0.0), cellAt(row + offset[$j]), inside[$j]),
#end
    );
#for kx in 0..KERNEL
    {
      let w = weightAt(tap + $kx * uniforms.channels);
#for p in 0..PIXELS
      acc[$p] += cells[$p * SPACING + $kx] * w;
#end
    }
#end
  }
  let cell = line * uniforms.outSize.y + x0;
#for p in 0..PIXELS
  if (x0 + $p < uniforms.outSize.y) {
    finish(acc[$p], cell + $p, channel);
  }
#end
}
