// What a program handles at once when its innermost axis is not a multiple of 4.
alias Vector = f32;
fn inner(a : Vector, b : Vector) -> f32 { return a * b; }
