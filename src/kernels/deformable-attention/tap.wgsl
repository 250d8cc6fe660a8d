// Channel c (in vectors) of a head at (x, y) of a level; zero outside.
fn tap(batch : i32, head : i32, here : vec4<i32>, x : i32, y : i32, c : i32) -> Vector {
  if (x < 0 || y < 0 || x >= here.y || y >= here.x) { return Vector(0.0); }
  return value[((batch * uniforms.cells + here.z + y * here.y + x) * HEADS + head) * DEPTH + c];
}
