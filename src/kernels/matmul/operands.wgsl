// Four neighbours of an operand's last axis: line `line`, from `at` on; zeros past its lines and past the end of the line.
// `first` is where the matrix begins. VECTOR_A, VECTOR_B: bound as vec4, the last axis and `at` are multiples of 4.
// HALF_B: b is f16, two numbers in an i32, bound in pairs of these; as VECTOR_B else.

fn aQuad(first : i32, line : i32, at : i32, lines : i32, length : i32) -> vec4<f32> {
  if (line >= lines || at >= length) {
    return vec4<f32>(0.0);
  }
  let start = first + line * length + at;
#if VECTOR_A
  return a[start >> 2];
#else
  let last = start + length - 1 - at;
  let all = vec4<f32>(a[start], a[min(start + 1, last)], a[min(start + 2, last)], a[min(start + 3, last)]);
  return select(vec4<f32>(0.0), all, vec4<i32>(at, at + 1, at + 2, at + 3) < vec4<i32>(length));
#end
}

fn bQuad(first : i32, line : i32, at : i32, lines : i32, length : i32) -> vec4<f32> {
  if (line >= lines || at >= length) {
    return vec4<f32>(0.0);
  }
  let start = first + line * length + at;
#if VECTOR_B
#if HALF_B
  let pair = bitcast<vec2<u32>>(b[start >> 2]);
  return vec4<f32>(unpack2x16float(pair.x), unpack2x16float(pair.y));
#else
  return b[start >> 2];
#end
#else
  let last = start + length - 1 - at;
  let all = vec4<f32>(b[start], b[min(start + 1, last)], b[min(start + 2, last)], b[min(start + 3, last)]);
  return select(vec4<f32>(0.0), all, vec4<i32>(at, at + 1, at + 2, at + 3) < vec4<i32>(length));
#end
}
