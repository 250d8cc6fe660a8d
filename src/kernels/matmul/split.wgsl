// a [B,M,K] times b [B,K,N] for few rows, or a long inner length and a small result: a workgroup computes ROWS rows of QUADS
// times four columns, and its SLICES slices share the inner length, four of it at a time; then their sums are added.
// Either operand may be stored transposed. Workgroups: (columns, rows, batch). Uniforms as in direct.wgsl.

var<workgroup> parts : array<vec4<f32>, SLICES * ROWS * QUADS>;

fn main() {
  let rows = uniforms.sizes.x;
  let inner = uniforms.sizes.y;
  let columns = uniforms.channels;
  // neighbouring invocations read neighbouring numbers of b
#if TRANSPOSE_B
  let quad = i32(localIndex) / SLICES;
  let slice = i32(localIndex) % SLICES;
#else
  let slice = i32(localIndex) / QUADS;
  let quad = i32(localIndex) % QUADS;
#end
  let batch = i32(workgroupId.z);
  let row = i32(workgroupId.y) * ROWS;
  let column = (i32(workgroupId.x) * QUADS + quad) * 4;
  let firstA = batch * uniforms.strides.x;
  let firstB = batch * uniforms.strides.y;
  var acc : array<vec4<f32>, ROWS>;
  for (var k = slice * 4; k < inner; k += SLICES * 4) {
#for j in 0..4
#if TRANSPOSE_B
    let right$j = bQuad(firstB, column + $j, k, columns, inner);
#else
    let right$j = bQuad(firstB, k + $j, column, inner, columns);
#end
#end
#if TRANSPOSE_A
#for j in 0..4
    {
      let left = aQuad(firstA, k + $j, row, inner, rows);
#for r in 0..ROWS
      acc[$r] += left[$r] * right$j;
#end
    }
#end
#else
#for r in 0..ROWS
    {
      let left = aQuad(firstA, row + $r, k, rows, inner);
#if TRANSPOSE_B
      acc[$r] += vec4<f32>(dot(left, right0), dot(left, right1), dot(left, right2), dot(left, right3));
#else
      acc[$r] += left[0] * right0 + left[1] * right1 + left[2] * right2 + left[3] * right3;
#end
    }
#end
#end
  }
#for r in 0..ROWS
  parts[(slice * ROWS + $r) * QUADS + quad] = acc[$r];
#end
  workgroupBarrier();
  if (slice < ROWS && row + slice < rows && column < columns) {
    var sum = parts[slice * QUADS + quad];
    for (var other = 1; other < SLICES; other++) {
      sum += parts[(other * ROWS + slice) * QUADS + quad];
    }
    finish(sum, batch * rows + row + slice, column);
  }
}
