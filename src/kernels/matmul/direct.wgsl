// a [B,M,K] times b [B,K,N], either of them read as if transposed. One invocation: ROWS rows and four columns.
// Flat over (batch, strip of STRIP times four columns, tile of rows, four columns), columns fastest: what a strip reads of b stays
// in the cache for all rows. uniforms.channels is N; what is read past M or N is not written.
// VECTOR_A, VECTOR_B: bound as vec4, its last axis is a multiple of 4. ALIGNED: the same of the result.
// HALF_B: b [K,N] is f16, two numbers in an i32, bound in pairs of these.
// `sizes` is M, K; `strides` the distance of neighbouring matrices of a and b in numbers, 0 for a shared one.
// QUAD: the four invocations of a quad of the subgroup, which have the same rows, load a's vectors for one another: a quarter each.
// ROWS, STRIP and K are multiples of 4, N of 16; VECTOR_A.
#if QUAD
enable subgroups;
#end

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

fn main(flat : i32) {
#if QUAD
  // all come to the exchange, whole quads of them in vain
  let inside = flat < uniforms.work;
  let mate = flat & 3;
  let index = select(mate, flat, inside);
#else
  if (flat >= uniforms.work) {
    return;
  }
  let index = flat;
#end
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
  var atB = firstB + column;
#if QUAD
  var atOwn = (firstA + mate * rows + row) >> 2;
  for (var k = 0; k < inner; k += 4) {
    let own = array<vec4<f32>, QUADS>(
#for g in 0..QUADS
      a[atOwn + $g],
#end
    );
#for j in 0..4
    {
      let w = bAt(atB);
#for r in 0..ROWS
      acc[$r] += quadBroadcast(own[$r / 4][$r % 4], $j) * w;
#end
      atB += uniforms.channels;
    }
#end
    atOwn += rows;
  }
#else
  var atA = firstA + row;
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
#end
#else
#if QUAD
  let atOwn = array<i32, QUADS>(
#for g in 0..QUADS
    (firstA + (row + mate + 4 * $g) * inner) >> 2,
#end
  );
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
#end
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
#if QUAD
    let own = array<vec4<f32>, QUADS>(
#for g in 0..QUADS
      a[atOwn[$g] + k],
#end
    );
#end
#for r in 0..ROWS
    {
#if QUAD
      let left = quadBroadcast(own[$r / 4], $r % 4);
#else
      let left = a[atA[$r] + k];
#end
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
#if QUAD
    let own = array<vec4<f32>, QUADS>(
#for g in 0..QUADS
      a[atOwn[$g] + k],
#end
    );
#end
#for r in 0..ROWS
    {
#if QUAD
      let left = quadBroadcast(own[$r / 4], $r % 4);
#else
      let left = a[atA[$r] + k];
#end
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
#if QUAD
  if (inside && row + $r < rows) {
#else
  if (row + $r < rows) {
#end
    finish(acc[$r], batch * rows + row + $r, column);
  }
#end
}
