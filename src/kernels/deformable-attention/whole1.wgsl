// Beside single numbers (../vectors/scalar.wgsl).
alias Whole = i32;
fn greatestBits(v : Vector) -> i32 { return bitcast<i32>(abs(v)); }
