// The exponent is capped: infinity need not survive a driver's fast arithmetic.
fn sigmoid(x : Vector) -> Vector { return 1.0 / (1.0 + exp(min(-x, Vector(80.0)))); }
