// Shared by the three programs. A level is (h, w, first cell, points).
fn level(l : i32) -> vec4<i32> {
  switch (l) {
    case 0: { return uniforms.level0; }
    case 1: { return uniforms.level1; }
    case 2: { return uniforms.level2; }
    case 3: { return uniforms.level3; }
    case 4: { return uniforms.level4; }
    case 5: { return uniforms.level5; }
    case 6: { return uniforms.level6; }
    default: { return uniforms.level7; }
  }
}

// The level that sample k of a head looks at.
fn levelOfSample(k : i32) -> vec4<i32> {
  var left = k;
  for (var l = 0; l < LEVELS; l = l + 1) {
    let here = level(l);
    if (left < here.w) { return here; }
    left = left - here.w;
  }
  return vec4<i32>(0);
}

// From 0..1 to cells: a cell's centre is at its index (align_corners = False).
fn inCells(location : vec2<f32>, here : vec4<i32>) -> vec2<f32> {
  return location * vec2<f32>(f32(here.y), f32(here.x)) - 0.5;
}

// False for samples that touch no cell, and for NaN.
fn touches(at : vec2<f32>, here : vec4<i32>) -> bool {
  return at.x > -1.0 && at.y > -1.0 && at.x < f32(here.y) && at.y < f32(here.x);
}
