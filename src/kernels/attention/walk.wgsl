// What the three programs of fused attention share: an invocation owns ROWS rows of one side of a head and walks over the other
// side, STEP rows at a time. B batch, T targets, S sources, M heads; QUADS is d / 4. `sizes` is (T, S, M, B M); exponents and
// their sums are to base 2: `factor` is log2(e) / sqrt(d).
//
// OVER_TARGETS: it owns sources and walks over targets (q, and dy); else it owns targets and walks over sources (k, and v).
// TILE: THREADS invocations of a workgroup walk together, KEYS rows at a time, which they copy to shared memory; PARTS of them
// share their rows, each with every PARTS-th of the others, and join what they have at the end. Else each reads for itself.
// MASKED: `mask` [B,S].

const LOWEST : f32 = -3.0e38;

#if TILE
var<workgroup> tile : array<vec4<f32>, SHARED>;
#if OVER_TARGETS
var<workgroup> tileKnown : array<vec2<f32>, KEYS>;
#end
#end

struct Walk {
  batch : i32,
  // Of B M.
  pair : i32,
  // The head's first vector in a row of `stride` vectors.
  head : i32,
  stride : i32,
  // The first of the rows that this invocation owns.
  row : i32,
  // Which of the workgroup's invocations this is, and which of those that share its rows; 0 without TILE.
  local : i32,
  part : i32,
}

// Rows of the side that invocations own. A barrier's loop may depend on this and on `othersLength`, not on a Walk.
fn ownedLength() -> i32 {
#if OVER_TARGETS
  return uniforms.sizes.y;
#else
  return uniforms.sizes.x;
#end
}

fn othersLength() -> i32 {
#if OVER_TARGETS
  return uniforms.sizes.x;
#else
  return uniforms.sizes.y;
#end
}

fn walkOf(index : i32) -> Walk {
  let owned = ownedLength();
  let heads = uniforms.sizes.z;
#if TILE
  let local = index % THREADS;
  let part = local % PARTS;
  let span = THREADS / PARTS * ROWS;
  let blocks = (owned + span - 1) / span;
  let pair = (index / THREADS) / blocks;
  let row = (index / THREADS - pair * blocks) * span + local / PARTS * ROWS;
#else
  let local = 0;
  let part = 0;
  let blocks = (owned + ROWS - 1) / ROWS;
  let pair = index / blocks;
  let row = (index - pair * blocks) * ROWS;
#end
  let batch = pair / heads;
  let head = (pair - batch * heads) * QUADS;
  return Walk(batch, pair, head, heads * QUADS, row, local, part);
}

fn isThere(walk : Walk, r : i32) -> bool {
  return walk.row + r < ownedLength();
}

// Which row of all images the r-th own one is; one past the last is the last.
fn ownRow(walk : Walk, r : i32) -> i32 {
  return walk.batch * ownedLength() + min(walk.row + r, ownedLength() - 1);
}

fn otherRow(walk : Walk, other : i32) -> i32 {
  return walk.batch * othersLength() + min(other, othersLength() - 1);
}

// Where the head's vectors of a row begin.
fn inMemory(walk : Walk, row : i32) -> i32 {
  return row * walk.stride + walk.head;
}

// Where `scoredAt` and `mixedAt` find them; with TILE `slot` counts from the first row that was copied.
fn placeOf(walk : Walk, slot : i32) -> i32 {
#if TILE
  return slot * PITCH;
#else
  return inMemory(walk, otherRow(walk, slot));
#end
}

// What scores are made of: a key, or a query.
fn scoredAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at];
#else
#if OVER_TARGETS
  return q[at];
#else
  return k[at];
#end
#end
}

// What weights are multiplied with: a value, or the gradient of a result.
fn mixedAt(at : i32) -> vec4<f32> {
#if TILE
  return tile[at + KEYS * PITCH];
#else
#if OVER_TARGETS
  return dy[at];
#else
  return v[at];
#end
#end
}

#if TILE
// Copies the KEYS rows from `start` on; a place for all invocations of the workgroup.
fn copyRows(walk : Walk, start : i32) {
  workgroupBarrier();
  for (var i = walk.local; i < KEYS * QUADS; i += THREADS) {
    let slot = i / QUADS;
    let j = i - slot * QUADS;
    let at = inMemory(walk, otherRow(walk, start + slot)) + j;
#if OVER_TARGETS
    tile[slot * PITCH + j] = q[at];
    tile[(KEYS + slot) * PITCH + j] = dy[at];
#else
    tile[slot * PITCH + j] = k[at];
    tile[(KEYS + slot) * PITCH + j] = v[at];
#end
  }
#if OVER_TARGETS
  for (var slot = walk.local; slot < KEYS; slot += THREADS) {
    tileKnown[slot] = statistics[walk.pair * othersLength() + min(start + slot, othersLength() - 1)];
  }
#end
  workgroupBarrier();
}
#end

#if OVER_TARGETS
#else
// What is added to the score of a source: it hides those past the last, and those that `mask` hides.
fn biasOf(walk : Walk, other : i32) -> f32 {
#if MASKED
  let bias = (1.0 - mask[otherRow(walk, other)]) * f32(UNSEEN);
#else
  let bias = 0.0;
#end
  return select(LOWEST, bias, other < othersLength());
}
#end
