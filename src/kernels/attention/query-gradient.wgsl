// Gradient of attention to the queries: its invocations own targets (walk.wgsl).
// dq = sum over s of p (dp - delta) k / sqrt(d), where p = 2^(q k factor - lse) and dp = dy v; `statistics` is (lse, delta).
// KEEP: keys stay in registers from their first use to the second.

fn main(index : i32) {
  let walk = walkOf(index);
#if TILE
#else
  if (walk.pair >= uniforms.sizes.w) {
    return;
  }
#end
  var own : array<vec4<f32>, ROWS * QUADS>;
  var change : array<vec4<f32>, ROWS * QUADS>;
  var acc : array<vec4<f32>, ROWS * QUADS>;
  var known : array<vec2<f32>, ROWS>;
#for r in 0..ROWS
  {
    let at = inMemory(walk, ownRow(walk, $r));
#for j in 0..QUADS
    own[$r * QUADS + $j] = q[at + $j] * uniforms.factor;
    change[$r * QUADS + $j] = dy[at + $j];
#end
    known[$r] = statistics[walk.pair * ownedLength() + min(walk.row + $r, ownedLength() - 1)];
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
      var kept : array<vec4<f32>, STEP * QUADS>;
#end
#for i in 0..STEP
#for j in 0..QUADS
      {
        let key = scoredAt(at$i + $j);
        let value = mixedAt(at$i + $j);
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
      let bias$i = biasOf(walk, other$i);
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
        let key = scoredAt(at$i + $j);
#end
#for r in 0..ROWS
        acc[$r * QUADS + $j] += score[$r * STEP + $i] * key;
#end
      }
#end
#end
    }
  }
#if TILE
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (walk.local / PARTS * half + walk.part % half) * ROWS * QUADS;
    if (walk.part >= half && walk.part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + $r * QUADS + $j] = acc[$r * QUADS + $j];
#end
#end
    }
    workgroupBarrier();
    if (walk.part < half) {
#for r in 0..ROWS
#for j in 0..QUADS
      acc[$r * QUADS + $j] += tile[slot + $r * QUADS + $j];
#end
#end
    }
  }
  if (walk.part > 0 || walk.pair >= uniforms.sizes.w) {
    return;
  }
#end
#for r in 0..ROWS
  if (isThere(walk, $r)) {
    let at = inMemory(walk, ownRow(walk, $r));
#for j in 0..QUADS
    result[at + $j] = acc[$r * QUADS + $j] * uniforms.scale;
#end
  }
#end
}
