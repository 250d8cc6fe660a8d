// a [B,M,K] times b [B,K,N], either of them read as if transposed. One invocation: ROWS rows and four columns.
// Flat over (batch, strip of STRIP times four columns, tile of rows, four columns), columns fastest: what a strip reads of b stays
// in the cache for all rows. uniforms.channels is N; what is read past M or N is not written.
// VECTOR_A, VECTOR_B: bound as vec4, its last axis is a multiple of 4. ALIGNED: the same of the result.
// HALF_B: b [K,N] is f16, two numbers in an i32, bound in pairs of these.
// `sizes` is M, K; `strides` the distance of neighbouring matrices of a and b in numbers, 0 for a shared one.

fn bAt(at : i32) -> vec4<f32> {
#if VECTOR_B
#if HALF_B
  let pair = bitcast<vec2<u32>>(b[at >> 2]);
  return vec4<f32>(unpack2x16float(pair.x), unpack2x16float(pair.y));
#else
  return b[at >> 2];
#end
#else
  return vec4<f32>(b[at], b[at + 1], b[at + 2], b[at + 3]);
#end
}

fn main(index : i32) {
  if (index >= uniforms.work) {
    return;
  }
  let rows = uniforms.sizes.x;
  let inner = uniforms.sizes.y;
  let groups = (uniforms.channels + 3) >> 2;
  let tiles = (rows + ROWS - 1) / ROWS;
  let ofBatch = tiles * groups;
  let batch = index / ofBatch;
  let inBatch = index - batch * ofBatch;
  let strip = inBatch / (tiles * STRIP);
  let inStrip = inBatch - strip * tiles * STRIP;
  let width = min(STRIP, groups - strip * STRIP);
  let tile = inStrip / width;
  let column = (strip * STRIP + inStrip - tile * width) * 4;
  let row = tile * ROWS;
  let firstA = batch * uniforms.strides.x;
  let firstB = batch * uniforms.strides.y;
  var acc : array<vec4<f32>, ROWS>;
#if TRANSPOSE_A
  var atA = firstA + row;
  var atB = firstB + column;
  for (var k = 0; k < inner; k++) {
    let w = bAt(atB);
#if VECTOR_A
    let left = array<vec4<f32>, QUADS>(
#for g in 0..QUADS
      a[(atA >> 2) + $g],
#end
    );
#for r in 0..ROWS
    acc[$r] += left[$r / 4][$r % 4] * w;
#end
#else
#for r in 0..ROWS
    acc[$r] += a[atA + $r] * w;
#end
#end
    atA += rows;
    atB += uniforms.channels;
  }
#else
  let atA = array<i32, ROWS>(
#for r in 0..ROWS
#if VECTOR_A
    (firstA + (row + $r) * inner) >> 2,
#else
    firstA + (row + $r) * inner,
#end
#end
  );
#if TRANSPOSE_B
  let atB = array<i32, 4>(
#for q in 0..4
#if VECTOR_B
    (firstB + (column + $q) * inner) >> 2,
#else
    firstB + (column + $q) * inner,
#end
#end
  );
#if VECTOR_B
  let steps = inner >> 2;
  for (var k = 0; k < steps; k++) {
#for q in 0..4
    let b$q = b[atB[$q] + k];
#end
#for r in 0..ROWS
    {
      let left = a[atA[$r] + k];
      acc[$r] += vec4<f32>(dot(left, b0), dot(left, b1), dot(left, b2), dot(left, b3));
    }
#end
  }
#else
  for (var k = 0; k < inner; k++) {
    let w = vec4<f32>(b[atB[0] + k], b[atB[1] + k], b[atB[2] + k], b[atB[3] + k]);
#for r in 0..ROWS
    acc[$r] += a[atA[$r] + k] * w;
#end
  }
#end
#else
  var atB = firstB + column;
#if VECTOR_A
  let steps = inner >> 2;
  for (var k = 0; k < steps; k++) {
#for q in 0..4
    let b$q = bAt(atB + $q * uniforms.channels);
#end
#for r in 0..ROWS
    {
      let left = a[atA[$r] + k];
      acc[$r] += left[0] * b0 + left[1] * b1 + left[2] * b2 + left[3] * b3;
    }
#end
    atB += 4 * uniforms.channels;
  }
#else
  for (var k = 0; k < inner; k++) {
    let w = bAt(atB);
#for r in 0..ROWS
    acc[$r] += a[atA[$r] + k] * w;
#end
    atB += uniforms.channels;
  }
#end
#end
#end
#for r in 0..ROWS
  if (row + $r < rows) {
    finish(acc[$r], batch * rows + row + $r, column);
  }
#end
}
