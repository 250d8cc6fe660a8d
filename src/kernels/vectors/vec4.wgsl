// What a program handles at once when its innermost axis is a multiple of 4.
alias Vector = vec4<f32>;
fn inner(a : Vector, b : Vector) -> f32 { return dot(a, b); }
