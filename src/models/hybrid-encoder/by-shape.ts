/** Constants that follow from an image's size: made at the first image of a size, kept until the model goes. */
import * as tf from '@tensorflow/tfjs-core';
import type { LevelShape } from '../../nn/geometry';

export class ByShape<T extends Record<string, tf.Tensor>> {
  private readonly known = new Map<string, T>();

  /** @param make tensors for levels of these shapes */
  constructor(private readonly make: (shapes: readonly LevelShape[]) => T) {}

  /** The caller must not dispose what it gets. */
  at(shapes: readonly LevelShape[]): T {
    const key = shapes.map((shape) => shape.join('x')).join(' ');
    const found = this.known.get(key);
    if (found) return found;
    const made = this.make(shapes);
    // they outlive the tidy that the first image runs in
    for (const tensor of Object.values(made)) tf.keep(tensor);
    this.known.set(key, made);
    return made;
  }

  dispose(): void {
    for (const made of this.known.values()) tf.dispose(made);
    this.known.clear();
  }
}
