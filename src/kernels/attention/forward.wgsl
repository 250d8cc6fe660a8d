// Attention with online softmax: an invocation owns ROWS targets of a head and walks the sources, STEP at a time.
// B batch, T targets, S sources, M heads; QUADS is d / 4. Exponents and their sums are to base 2: `factor` is log2(e) / sqrt(d).
//
// TILE: THREADS invocations of a workgroup walk together, KEYS sources at a time, which they copy to shared memory; PARTS of them
// share their rows, each with every PARTS-th source, and join what they have at the end. Else each reads for itself.
// MASKED: `mask` [B,S]. SAVED: the logarithms of the rows' sums follow the result, [B,M,T] as the first of four numbers.

const LOWEST : f32 = -3.0e38;
// Exponents may grow by so much before what is summed up is scaled anew: 2^8 S is far from what a number holds.
const SLACK : f32 = 8.0;

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
  var acc : array<vec4<f32>, ROWS * QUADS>;
  var top : array<f32, ROWS>;
  var sum : array<f32, ROWS>;
#for r in 0..ROWS
  {
    let at = (batch * targets + min(row + $r, targets - 1)) * stride + head;
#for j in 0..QUADS
    own[$r * QUADS + $j] = q[at + $j] * uniforms.factor;
#end
    top[$r] = LOWEST;
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
      // Without an initialiser these would keep their numbers from step to step: Chromium 156 does not clear them.
      var score = array<f32, ROWS * STEP>();
#for i in 0..STEP
#for j in 0..QUADS
      {
        let key = keyAt(at$i + $j);
#for r in 0..ROWS
        score[$r * STEP + $i] += dot(own[$r * QUADS + $j], key);
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
        let value = valueAt(at$i + $j);
#for r in 0..ROWS
        acc[$r * QUADS + $j] += score[$r * STEP + $i] * value;
#end
      }
#end
#end
    }
#if TILE
  }
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    let slot = (local / PARTS * half + part % half) * ROWS * (QUADS + 1);
    if (part >= half && part < 2 * half) {
#for r in 0..ROWS
#for j in 0..QUADS
      tile[slot + $r * (QUADS + 1) + $j] = acc[$r * QUADS + $j];
#end
      tile[slot + $r * (QUADS + 1) + QUADS] = vec4<f32>(top[$r], sum[$r], 0.0, 0.0);
#end
    }
    workgroupBarrier();
    if (part < half) {
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
  if (part > 0 || pair >= pairs) {
    return;
  }
#end
#for r in 0..ROWS
  if (row + $r < targets) {
    let at = (batch * targets + row + $r) * stride + head;
    let factor = 1.0 / sum[$r];
#for j in 0..QUADS
    result[at + $j] = acc[$r * QUADS + $j] * factor;
#end
#if SAVED
    result[pairs * targets * QUADS + pair * targets + row + $r] = vec4<f32>(top[$r] + log2(sum[$r]), 0.0, 0.0, 0.0);
#end
  }
#end
}
