// x [rows, count] -> [rows]: the sum (times a factor) or the maximum of every row, which PARTS invocations share
// (../rows/sharing.ts). WIDE: count is bound as vec4.

#if WIDE
alias Value = vec4<f32>;
#else
alias Value = f32;
#end

#if MAXIMUM
fn joined(a : Value, b : Value) -> Value {
  return max(a, b);
}
#else
fn joined(a : Value, b : Value) -> Value {
  return a + b;
}
#end

fn ofRow(own : Value) -> f32 {
#if MAXIMUM
#if WIDE
  return rowMax(max(max(own.x, own.y), max(own.z, own.w)));
#else
  return rowMax(own);
#end
#else
#if WIDE
  return rowSum(own.x + own.y + own.z + own.w);
#else
  return rowSum(own);
#end
#end
}

fn main(index : i32) {
  let part = index % PARTS;
  // all come to the row's result, also those past the last row
  let row = min(index / PARTS, uniforms.rows - 1);
  let start = row * uniforms.count;
  // a row has a vector for each of its invocations
  var own = x[start + part];
  for (var k = part + PARTS; k < uniforms.count; k += PARTS) {
    own = joined(own, x[start + k]);
  }
  let whole = ofRow(own);
  if (part == 0 && index < uniforms.rows * PARTS) {
    result[row] = whole * uniforms.factor;
  }
}
