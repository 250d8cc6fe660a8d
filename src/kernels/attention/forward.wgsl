// Attention with online softmax: its invocations own targets (walk.wgsl).
// SAVED: the logarithms of the rows' sums follow the result, [B,M,T] as the first of four numbers.

// Exponents may grow by so much before what is summed up is scaled anew: 2^8 S is far from what a number holds.
const SLACK : f32 = 8.0;

fn main(index : i32) {
  let walk = walkOf(index);
#if TILE
#else
  if (walk.pair >= uniforms.sizes.w) {
    return;
  }
#end
  var own : array<vec4<f32>, ROWS * QUADS>;
  var acc : array<vec4<f32>, ROWS * QUADS>;
  var top : array<f32, ROWS>;
  var sum : array<f32, ROWS>;
#for r in 0..ROWS
  {
    let at = inMemory(walk, ownRow(walk, $r));
#for j in 0..QUADS
    own[$r * QUADS + $j] = q[at + $j] * uniforms.factor;
#end
    top[$r] = LOWEST;
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
      // Without an initialiser these would keep their numbers from step to step: Chromium 156 does not clear them.
      var score = array<f32, ROWS * STEP>();
#for i in 0..STEP
#for j in 0..QUADS
      {
        let key = scoredAt(at$i + $j);
#for r in 0..ROWS
        score[$r * STEP + $i] += dot(own[$r * QUADS + $j], key);
#end
      }
#end
#end
#for i in 0..STEP
      let bias$i = biasOf(walk, other$i);
#end
#for r in 0..ROWS
      {
        var most = LOWEST;
#for i in 0..STEP
        score[$r * STEP + $i] += bias$i;
        most = max(most, score[$r * STEP + $i]);
#end
        if (most > top[$r] + SLACK) {
          let shrink = exp2(top[$r] - most);
          top[$r] = most;
          sum[$r] *= shrink;
#for j in 0..QUADS
          acc[$r * QUADS + $j] *= shrink;
#end
        }
#for i in 0..STEP
        score[$r * STEP + $i] = exp2(score[$r * STEP + $i] - top[$r]);
        sum[$r] += score[$r * STEP + $i];
#end
      }
#end
#for i in 0..STEP
#for j in 0..QUADS
      {
        let value = mixedAt(at$i + $j);
#for r in 0..ROWS
        acc[$r * QUADS + $j] += score[$r * STEP + $i] * value;
#end
      }
#end
#end
    }
  }
#if TILE
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (walk.local / PARTS * half + walk.part % half) * ROWS * (QUADS + 1);
    if (walk.part >= half && walk.part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + $r * (QUADS + 1) + $j] = acc[$r * QUADS + $j];
#end
      tile[slot + $r * (QUADS + 1) + QUADS] = vec4<f32>(top[$r], sum[$r], 0.0, 0.0);
#end
    }
    workgroupBarrier();
    if (walk.part < half) {
#for r in 0..ROWS
      {
        let other = tile[slot + $r * (QUADS + 1) + QUADS];
        let most = max(top[$r], other.x);
        let mine = exp2(top[$r] - most);
        let theirs = exp2(other.x - most);
        top[$r] = most;
        sum[$r] = sum[$r] * mine + other.y * theirs;
#for j in 0..QUADS
        acc[$r * QUADS + $j] = acc[$r * QUADS + $j] * mine + tile[slot + $r * (QUADS + 1) + $j] * theirs;
#end
      }
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
    let factor = 1.0 / sum[$r];
#for j in 0..QUADS
    result[at + $j] = acc[$r * QUADS + $j] * factor;
#end
#if SAVED
    let saved = (uniforms.sizes.w * QUADS + walk.pair) * ownedLength() + walk.row + $r;
    result[saved] = vec4<f32>(top[$r] + log2(sum[$r]), 0.0, 0.0, 0.0);
#end
  }
#end
}
