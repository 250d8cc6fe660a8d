// A row is (key, index). This is a total order, so that no two rows share a place.
fn comesBefore(a : vec2<i32>, b : vec2<i32>) -> bool { return a.x > b.x || (a.x == b.x && a.y < b.y); }
