fn entry(i : i32) -> Vector { return x[i]; }
