// Gradients of attention to keys and values: its invocations own sources (walk.wgsl, OVER_TARGETS).
// dv = sum over t of p dy, dk = sum over t of p (dp - delta) q / sqrt(d), where p = 2^(q k factor - lse) and dp = dy v;
// `statistics` is (lse, delta). The result is the keys' gradient, then the values'.
// KEEP: what is read of a target stays in registers from its first use to the second.

// An exponent of what lies past the last target: its weight is 0.
const HIGHEST : f32 = 3.0e38;

fn main(index : i32) {
  let walk = walkOf(index);
#if TILE
#else
  if (walk.pair >= uniforms.sizes.w) {
    return;
  }
#end
  var key : array<vec4<f32>, ROWS * QUADS>;
  var value : array<vec4<f32>, ROWS * QUADS>;
  var ofKey : array<vec4<f32>, ROWS * QUADS>;
  var ofValue : array<vec4<f32>, ROWS * QUADS>;
  var bias : array<f32, ROWS>;
#for r in 0..ROWS
  {
    let source = ownRow(walk, $r);
    let at = inMemory(walk, source);
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
  for (var start = 0; start < othersLength(); start += KEYS) {
    copyRows(walk, start);
    let end = min(KEYS, othersLength() - start);
#else
  {
    let start = 0;
    let end = othersLength();
#end
    for (var s = walk.part; s < end; s += STEP * PARTS) {
#for i in 0..STEP
      let slot$i = s + $i * PARTS;
      let other$i = start + slot$i;
      let at$i = placeOf(walk, slot$i);
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
        let query = scoredAt(at$i + $j);
        let change = mixedAt(at$i + $j);
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
        let known = statistics[walk.pair * othersLength() + min(other$i, othersLength() - 1)];
#end
        let shift = select(HIGHEST, known.x, other$i < othersLength());
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
        let query = scoredAt(at$i + $j);
        let change = mixedAt(at$i + $j);
#end
#for r in 0..ROWS
        ofKey[$r * QUADS + $j] += ofWeight[$r * STEP + $i] * query;
        ofValue[$r * QUADS + $j] += score[$r * STEP + $i] * change;
#end
      }
#end
#end
    }
  }
#if TILE
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (walk.local / PARTS * half + walk.part % half) * ROWS * 2 * QUADS;
    if (walk.part >= half && walk.part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + ($r * 2) * QUADS + $j] = ofKey[$r * QUADS + $j];
      tile[slot + ($r * 2 + 1) * QUADS + $j] = ofValue[$r * QUADS + $j];
#end
#end
    }
    workgroupBarrier();
    if (walk.part < half) {
#for r in 0..ROWS
#for j in 0..QUADS
      ofKey[$r * QUADS + $j] += tile[slot + ($r * 2) * QUADS + $j];
      ofValue[$r * QUADS + $j] += tile[slot + ($r * 2 + 1) * QUADS + $j];
#end
#end
    }
  }
  if (walk.part > 0 || walk.pair >= uniforms.sizes.w) {
    return;
  }
#end
  let values = uniforms.sizes.w * ownedLength() * QUADS;
#for r in 0..ROWS
  if (isThere(walk, $r)) {
    let at = inMemory(walk, ownRow(walk, $r));
#for j in 0..QUADS
    result[at + $j] = ofKey[$r * QUADS + $j] * uniforms.scale;
    result[values + at + $j] = ofValue[$r * QUADS + $j];
#end
  }
#end
}
