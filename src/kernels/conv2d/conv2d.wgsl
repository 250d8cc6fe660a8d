// x [B,H,W,I] with weight [kh,KERNEL,I,O]. One invocation: PIXELS neighbouring cells of an output row, four output channels.
// Flat over (block of channels, b, y, tile of a row, four channels of the block), channels fastest: the weights of a block stay in
// the cache while all cells go by.
// The tile reads COLUMNS input columns once and uses each for all the KERNEL taps that touch it.
// Taps are DILATION cells apart.
// VECTOR_IN: I is a multiple of 4 and x is bound as vec4; STEP is 4, else 1. ALIGNED: the same of O and weight.

fn weightAt(at : i32) -> vec4<f32> {
#if ALIGNED
  return weight[at >> 2];
#else
  return vec4<f32>(weight[at], weight[at + 1], weight[at + 2], weight[at + 3]);
#end
}

fn isInside(column : i32) -> bool {
  return column >= 0 && column < uniforms.size.y;
}

fn main(index : i32) {
  let place = index / uniforms.block; // block * all tiles + tile
  let part = place / uniforms.allTiles;
  let channel = (part * uniforms.block + index - place * uniforms.block) * 4;
  if (index >= uniforms.work || channel >= uniforms.channels) {
    return;
  }
  let tiles = (uniforms.outSize.y + PIXELS - 1) / PIXELS;
  let tile = place - part * uniforms.allTiles;
  let line = tile / tiles; // b * Ho + y
  let b = line / uniforms.outSize.x;
  let x0 = (tile - line * tiles) * PIXELS;
  let fromY = (line - b * uniforms.outSize.x) * uniforms.strideY - uniforms.padding.x;
  let fromX = x0 * STRIDE - uniforms.padding.y;
  let steps = uniforms.inChannels / STEP;
  let inside = array<bool, COLUMNS>(
#for j in 0..COLUMNS
    isInside(fromX + ($j / SPACING) * STRIDE + $j % SPACING),
#end
  );
  let offset = array<i32, COLUMNS>(
#for j in 0..COLUMNS
    clamp(fromX + ($j / SPACING) * STRIDE + $j % SPACING, 0, uniforms.size.y - 1) * steps,
#end
  );
  var acc : array<vec4<f32>, PIXELS>;
  let lastY = min(uniforms.kernelHeight, (uniforms.size.x - fromY + DILATION - 1) / DILATION);
  for (var ky = (max(0, -fromY) + DILATION - 1) / DILATION; ky < lastY; ky++) {
    var row = (b * uniforms.size.x + fromY + ky * DILATION) * uniforms.size.y * steps;
    var tap = ky * KERNEL * uniforms.inChannels * uniforms.channels + channel;
    for (var i = 0; i < steps; i++) {
#if VECTOR_IN
      let cells = array<vec4<f32>, COLUMNS>(
#for j in 0..COLUMNS
        select(vec4<f32>(0.0), x[row + offset[$j]], inside[$j]),
#end
      );
#else
      let cells = array<f32, COLUMNS>(
#for j in 0..COLUMNS
        select(0.0, x[row + offset[$j]], inside[$j]),
#end
      );
#end
#for kx in 0..KERNEL
#for q in 0..STEP
      {
        let w = weightAt(tap + ($kx * uniforms.inChannels + $q) * uniforms.channels);
#for p in 0..PIXELS
#if VECTOR_IN
        acc[$p] += cells[$p * SPACING + $kx * DILATION][$q] * w;
#else
        acc[$p] += cells[$p * SPACING + $kx * DILATION] * w;
#end
#end
      }
#end
#end
      row++;
      tap += STEP * uniforms.channels;
    }
  }
  let cell = line * uniforms.outSize.y + x0;
#for p in 0..PIXELS
  if (x0 + $p < uniforms.outSize.y) {
    finish(acc[$p], cell + $p, channel);
  }
#end
}
