// a [B,M,K] times b [B,K,N] by tiles in workgroup memory, for GPUs: a workgroup computes TILE_M rows of TILE_N columns and walks
// the inner length TILE_K at a time. An invocation owns ROWS rows and COLS times four columns, spread over the tile so that
// neighbours read neighbouring vectors. Either operand may be stored transposed: then its tile keeps that order, so that no
// load is turned. Workgroups: (columns, rows, batch). Uniforms as in direct.wgsl.

// HALF_TILE: b's numbers are f16 already (its weights were), and stay so in workgroup memory: half the bytes to read for each
// product, nothing is lost. All sums are f32.
#if HALF_TILE
enable f16;
alias TileB = vec4<f16>;
#else
alias TileB = vec4<f32>;
#end

// [TILE_M][TILE_K / 4], four of the inner length; TRANSPOSE_A: [TILE_K][TILE_M / 4], four rows.
var<workgroup> tileA : array<vec4<f32>, TILE_M * TILE_K / 4>;
// [TILE_K][TILE_N / 4], four columns; TRANSPOSE_B: [4][TILE_N / 4][TILE_K / 4 + 1], four of the inner length: columns 0, 4, 8 ..
// first and a pad, so that the invocations' reads fall into different banks.
#if TRANSPOSE_B
var<workgroup> tileB : array<TileB, TILE_N * (TILE_K / 4 + 1)>;
#else
var<workgroup> tileB : array<TileB, TILE_N * TILE_K / 4>;
#end

fn main() {
  let rows = uniforms.sizes.x;
  let inner = uniforms.sizes.y;
  let columns = uniforms.channels;
  let x = i32(localId.x);
  let y = i32(localId.y);
  let batch = i32(workgroupId.z);
  let firstRow = i32(workgroupId.y) * TILE_M;
  let firstColumn = i32(workgroupId.x) * TILE_N;
  let firstA = batch * uniforms.strides.x;
  let firstB = batch * uniforms.strides.y;
  var acc : array<vec4<f32>, ROWS * COLS>;
  for (var k = 0; k < inner; k += TILE_K) {
#for i in 0..LOADS_A
    {
      let slot = i32(localIndex) + $i * THREADS_X * THREADS_Y;
#if TRANSPOSE_A
      let line = slot / (TILE_M / 4);
      tileA[slot] = aQuad(firstA, k + line, firstRow + (slot - line * (TILE_M / 4)) * 4, inner, rows);
#else
      let line = slot / (TILE_K / 4);
      tileA[slot] = aQuad(firstA, firstRow + line, k + (slot - line * (TILE_K / 4)) * 4, rows, inner);
#end
    }
#end
#for i in 0..LOADS_B
    {
      let slot = i32(localIndex) + $i * THREADS_X * THREADS_Y;
#if TRANSPOSE_B
      let line = slot / (TILE_K / 4);
      let quad = slot - line * (TILE_K / 4);
      tileB[((line & 3) * (TILE_N / 4) + (line >> 2)) * (TILE_K / 4 + 1) + quad] =
        TileB(bQuad(firstB, firstColumn + line, k + quad * 4, columns, inner));
#else
      let line = slot / (TILE_N / 4);
      tileB[slot] = TileB(bQuad(firstB, k + line, firstColumn + (slot - line * (TILE_N / 4)) * 4, inner, columns));
#end
    }
#end
    workgroupBarrier();
#if TRANSPOSE_A
    for (var step = 0; step < TILE_K; step++) {
#for c in 0..COLS
      let right$c = vec4<f32>(tileB[step * (TILE_N / 4) + x + $c * THREADS_X]);
#end
#for g in 0..QUADS
      {
        let left = tileA[step * (TILE_M / 4) + y + $g * THREADS_Y];
#for j in 0..4
#for c in 0..COLS
        acc[($g * 4 + $j) * COLS + $c] += left[$j] * right$c;
#end
#end
      }
#end
    }
#else
    for (var step = 0; step < TILE_K / 4; step++) {
#for r in 0..ROWS
      let left$r = tileA[(y + $r * THREADS_Y) * (TILE_K / 4) + step];
#end
#if TRANSPOSE_B
#for c in 0..COLS
      {
#for j in 0..4
        let right$j = vec4<f32>(tileB[($j * (TILE_N / 4) + x + $c * THREADS_X) * (TILE_K / 4 + 1) + step]);
#end
#for r in 0..ROWS
        acc[$r * COLS + $c] +=
          vec4<f32>(dot(left$r, right0), dot(left$r, right1), dot(left$r, right2), dot(left$r, right3));
#end
      }
#end
#else
#for j in 0..4
      {
#for c in 0..COLS
        let right$c = vec4<f32>(tileB[(step * 4 + $j) * (TILE_N / 4) + x + $c * THREADS_X]);
#end
#for r in 0..ROWS
#for c in 0..COLS
        acc[$r * COLS + $c] += left$r[$j] * right$c;
#end
#end
      }
#end
#end
    }
#end
    workgroupBarrier();
  }
#for r in 0..ROWS
  {
#if TRANSPOSE_A
    let row = firstRow + (y + ($r / 4) * THREADS_Y) * 4 + $r % 4;
#else
    let row = firstRow + y + $r * THREADS_Y;
#end
#for c in 0..COLS
    {
      let column = firstColumn + (x + $c * THREADS_X) * 4;
      if (row < rows && column < columns) {
        finish(acc[$r * COLS + $c], batch * rows + row, column);
      }
    }
#end
  }
#end
}
