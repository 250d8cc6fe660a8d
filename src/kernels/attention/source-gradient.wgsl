// Gradients of attention to keys and values: an invocation owns ROWS sources of a head and walks the targets, STEP at a time.
// dv = sum over t of p dy, dk = sum over t of p (dp - delta) q / sqrt(d), where p = 2^(q k factor - lse) and dp = dy v;
// `statistics` is (lse, delta). The result is the keys' gradient, then the values'. Names as in forward.wgsl, but that TILE
// copies targets. KEEP: what is read of a target stays in registers from its first use to the second.

// An exponent of what lies past the last target: its weight is 0.
const HIGHEST : f32 = 3.0e38;

#if TILE
var<workgroup> tile : array<vec4<f32>, SHARED>;
var<workgroup> tileKnown : array<vec2<f32>, KEYS>;
#end

fn queryAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at];
#else
  return q[at];
#end
}

fn changeAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at + KEYS * PITCH];
#else
  return dy[at];
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
  let blocks = (sources + span - 1) / span;
  let pair = (index / THREADS) / blocks;
  let row = (index / THREADS - pair * blocks) * span + local / PARTS * ROWS;
#else
  let blocks = (sources + ROWS - 1) / ROWS;
  let pair = index / blocks;
  let row = (index - pair * blocks) * ROWS;
  if (pair >= pairs) {
    return;
  }
#end
  let batch = pair / heads;
  let head = (pair - batch * heads) * QUADS;
  let firstTarget = batch * targets;
  let firstKnown = pair * targets;
  let last = targets - 1;

  var key : array<vec4<f32>, ROWS * QUADS>;
  var value : array<vec4<f32>, ROWS * QUADS>;
  var ofKey : array<vec4<f32>, ROWS * QUADS>;
  var ofValue : array<vec4<f32>, ROWS * QUADS>;
  var bias : array<f32, ROWS>;
#for r in 0..ROWS
  {
    let source = batch * sources + min(row + $r, sources - 1);
    let at = source * stride + head;
#for j in 0..QUADS
    key[$r * QUADS + $j] = k[at + $j] * uniforms.factor;
    value[$r * QUADS + $j] = v[at + $j];
#end
#if MASKED
    bias[$r] = (1.0 - mask[source]) * f32(UNSEEN);
#end
  }
#end

#if TILE
  for (var start = 0; start < targets; start += KEYS) {
    workgroupBarrier();
    for (var i = local; i < KEYS * QUADS; i += THREADS) {
      let slot = i / QUADS;
      let j = i - slot * QUADS;
      let at = (firstTarget + min(start + slot, last)) * stride + head + j;
      tile[slot * PITCH + j] = q[at];
      tile[(KEYS + slot) * PITCH + j] = dy[at];
    }
    for (var slot = local; slot < KEYS; slot += THREADS) {
      tileKnown[slot] = statistics[firstKnown + min(start + slot, last)];
    }
    workgroupBarrier();
    let end = min(KEYS, targets - start);
    for (var s = part; s < end; s += STEP * PARTS) {
#for i in 0..STEP
      let slot$i = s + $i * PARTS;
      let other$i = start + slot$i;
      let at$i = slot$i * PITCH;
#end
#else
    for (var s = 0; s < targets; s += STEP) {
#for i in 0..STEP
      let other$i = s + $i;
      let at$i = (firstTarget + min(other$i, last)) * stride + head;
#end
#end
      var score = array<f32, ROWS * STEP>();
      var ofWeight = array<f32, ROWS * STEP>();
#if KEEP
      var keptQuery : array<vec4<f32>, STEP * QUADS>;
      var keptChange : array<vec4<f32>, STEP * QUADS>;
#end
#for i in 0..STEP
#for j in 0..QUADS
      {
        let query = queryAt(at$i + $j);
        let change = changeAt(at$i + $j);
#if KEEP
        keptQuery[$i * QUADS + $j] = query;
        keptChange[$i * QUADS + $j] = change;
#end
#for r in 0..ROWS
        score[$r * STEP + $i] += dot(key[$r * QUADS + $j], query);
        ofWeight[$r * STEP + $i] += dot(value[$r * QUADS + $j], change);
#end
      }
#end
#end
#for i in 0..STEP
      {
#if TILE
        let known = tileKnown[slot$i];
#else
        let known = statistics[firstKnown + min(other$i, last)];
#end
        let shift = select(HIGHEST, known.x, other$i <= last);
#for r in 0..ROWS
        score[$r * STEP + $i] = exp2(score[$r * STEP + $i] + bias[$r] - shift);
        ofWeight[$r * STEP + $i] = score[$r * STEP + $i] * (ofWeight[$r * STEP + $i] - known.y);
#end
      }
#for j in 0..QUADS
      {
#if KEEP
        let query = keptQuery[$i * QUADS + $j];
        let change = keptChange[$i * QUADS + $j];
#else
        let query = queryAt(at$i + $j);
        let change = changeAt(at$i + $j);
#end
#for r in 0..ROWS
        ofKey[$r * QUADS + $j] += ofWeight[$r * STEP + $i] * query;
        ofValue[$r * QUADS + $j] += score[$r * STEP + $i] * change;
#end
      }
#end
#end
    }
#if TILE
  }
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (local / PARTS * half + part % half) * ROWS * 2 * QUADS;
    if (part >= half && part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + ($r * 2) * QUADS + $j] = ofKey[$r * QUADS + $j];
      tile[slot + ($r * 2 + 1) * QUADS + $j] = ofValue[$r * QUADS + $j];
#end
#end
    }
    workgroupBarrier();
    if (part < half) {
#for r in 0..ROWS
#for j in 0..QUADS
      ofKey[$r * QUADS + $j] += tile[slot + ($r * 2) * QUADS + $j];
      ofValue[$r * QUADS + $j] += tile[slot + ($r * 2 + 1) * QUADS + $j];
#end
#end
    }
  }
  if (part > 0 || pair >= pairs) {
    return;
  }
#end
  let values = pairs * sources * QUADS;
#for r in 0..ROWS
  if (row + $r < sources) {
    let at = (batch * sources + row + $r) * stride + head;
#for j in 0..QUADS
    result[at + $j] = ofKey[$r * QUADS + $j] * uniforms.scale;
    result[values + at + $j] = ofValue[$r * QUADS + $j];
#end
  }
#end
}
