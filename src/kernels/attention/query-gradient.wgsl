// Gradient of attention to the queries: an invocation owns ROWS targets of a head and walks the sources, STEP at a time.
// dq = sum over s of p (dp - delta) k / sqrt(d), where p = 2^(q k factor - lse) and dp = dy v; `statistics` is (lse, delta).
// Names, TILE and MASKED as in forward.wgsl. KEEP: keys stay in registers from their first use to the second.

const LOWEST : f32 = -3.0e38;

#if TILE
var<workgroup> tile : array<vec4<f32>, SHARED>;
#end

fn keyAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at];
#else
  return k[at];
#end
}

fn valueAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at + KEYS * PITCH];
#else
  return v[at];
#end
}

fn main(index : i32) {
  let targets = uniforms.sizes.x;
  let sources = uniforms.sizes.y;
  let heads = uniforms.sizes.z;
  let pairs = uniforms.sizes.w;
  let stride = heads * QUADS;
#if TILE
  let local = index % THREADS;
  let part = local % PARTS;
  let span = THREADS / PARTS * ROWS;
  let blocks = (targets + span - 1) / span;
  let pair = (index / THREADS) / blocks;
  let row = (index / THREADS - pair * blocks) * span + local / PARTS * ROWS;
#else
  let blocks = (targets + ROWS - 1) / ROWS;
  let pair = index / blocks;
  let row = (index - pair * blocks) * ROWS;
  if (pair >= pairs) {
    return;
  }
#end
  let batch = pair / heads;
  let head = (pair - batch * heads) * QUADS;
  let firstSource = batch * sources;
  let last = sources - 1;

  var own : array<vec4<f32>, ROWS * QUADS>;
  var change : array<vec4<f32>, ROWS * QUADS>;
  var acc : array<vec4<f32>, ROWS * QUADS>;
  var known : array<vec2<f32>, ROWS>;
#for r in 0..ROWS
  {
    let mine = min(row + $r, targets - 1);
    let at = (batch * targets + mine) * stride + head;
#for j in 0..QUADS
    own[$r * QUADS + $j] = q[at + $j] * uniforms.factor;
    change[$r * QUADS + $j] = dy[at + $j];
#end
    known[$r] = statistics[pair * targets + mine];
  }
#end

#if TILE
  for (var start = 0; start < sources; start += KEYS) {
    workgroupBarrier();
    for (var i = local; i < KEYS * QUADS; i += THREADS) {
      let slot = i / QUADS;
      let j = i - slot * QUADS;
      let at = (firstSource + min(start + slot, last)) * stride + head + j;
      tile[slot * PITCH + j] = k[at];
      tile[(KEYS + slot) * PITCH + j] = v[at];
    }
    workgroupBarrier();
    let end = min(KEYS, sources - start);
    for (var s = part; s < end; s += STEP * PARTS) {
#for i in 0..STEP
      let slot$i = s + $i * PARTS;
      let other$i = start + slot$i;
      let at$i = slot$i * PITCH;
#end
#else
    for (var s = 0; s < sources; s += STEP) {
#for i in 0..STEP
      let other$i = s + $i;
      let at$i = (firstSource + min(other$i, last)) * stride + head;
#end
#end
      var score = array<f32, ROWS * STEP>();
      var ofWeight = array<f32, ROWS * STEP>();
#if KEEP
      var kept : array<vec4<f32>, STEP * QUADS>;
#end
#for i in 0..STEP
#for j in 0..QUADS
      {
        let key = keyAt(at$i + $j);
        let value = valueAt(at$i + $j);
#if KEEP
        kept[$i * QUADS + $j] = key;
#end
#for r in 0..ROWS
        score[$r * STEP + $i] += dot(own[$r * QUADS + $j], key);
        ofWeight[$r * STEP + $i] += dot(change[$r * QUADS + $j], value);
#end
      }
#end
#end
#for i in 0..STEP
#if MASKED
      let bias$i = select(LOWEST, (1.0 - mask[firstSource + min(other$i, last)]) * f32(UNSEEN), other$i <= last);
#else
      let bias$i = select(LOWEST, 0.0, other$i <= last);
#end
#end
#for i in 0..STEP
#for r in 0..ROWS
      score[$r * STEP + $i] = exp2(score[$r * STEP + $i] + bias$i - known[$r].x) * (ofWeight[$r * STEP + $i] - known[$r].y);
#end
#for j in 0..QUADS
      {
#if KEEP
        let key = kept[$i * QUADS + $j];
#else
        let key = keyAt(at$i + $j);
#end
#for r in 0..ROWS
        acc[$r * QUADS + $j] += score[$r * STEP + $i] * key;
#end
      }
#end
#end
    }
#if TILE
  }
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (local / PARTS * half + part % half) * ROWS * QUADS;
    if (part >= half && part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + $r * QUADS + $j] = acc[$r * QUADS + $j];
#end
#end
    }
    workgroupBarrier();
    if (part < half) {
#for r in 0..ROWS
#for j in 0..QUADS
      acc[$r * QUADS + $j] += tile[slot + $r * QUADS + $j];
#end
#end
    }
  }
  if (part > 0 || pair >= pairs) {
    return;
  }
#end
#for r in 0..ROWS
  if (row + $r < targets) {
    let at = (batch * targets + row + $r) * stride + head;
#for j in 0..QUADS
    result[at + $j] = acc[$r * QUADS + $j] * uniforms.scale;
#end
  }
#end
}
