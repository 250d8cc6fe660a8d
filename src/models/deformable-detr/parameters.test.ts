/** Under which names a checkpoint stores its heads. */
import { describe, expect, test } from 'vitest';
import type { TensorSource } from '../../lib/tensor-source';
import type { ParameterRule } from '../../nn/parameters';
import { unbuild } from '../../nn/unbuild';
import { readDeformableDetrConfig } from './config';
import { deformableDetrRules, readHeads } from './parameters';

const PLAIN = { model_type: 'deformable_detr', d_model: 32, encoder_layers: 1, decoder_layers: 2 };
const REFINE = { ...PLAIN, with_box_refine: true };
const TWO_STAGE = { ...REFINE, two_stage: true };
const CLASSES = 3;

/** A file with only these heads, class heads <name>.weight and box heads <name>.layers.0.weight. */
function fileOf(heads: readonly string[]): TensorSource {
  const refuse = (): never => {
    throw new Error('no numbers are to be read');
  };
  const names = heads.map((head) => `${head}.${head.includes('bbox') ? 'layers.0.' : ''}weight`);
  return { name: 'test.safetensors', names, shape: refuse, float32: refuse };
}

function rulesOf(json: Record<string, unknown>, stored: readonly string[]): ParameterRule[] {
  const config = readDeformableDetrConfig(json, CLASSES);
  const file = fileOf(stored);
  return deformableDetrRules(config, [8, 16, 24], readHeads(config, file), file);
}

/** Where each class head's weight is read from. */
const classHeads = (rules: readonly ParameterRule[]): Record<string, string[]> =>
  Object.fromEntries(
    rules
      .filter(({ name }) => /class_embed.*weight$/.test(name))
      .map(({ name, parts }) => [name, parts.map(({ tensor }) => tensor)]),
  );

describe('heads of a checkpoint', () => {
  test('without refinement all layers share one, wherever its copies are', () => {
    expect(classHeads(rulesOf(PLAIN, ['class_embed.0', 'bbox_embed.0']))).toEqual({
      'class_embed.0.weight': ['class_embed.0.weight'],
    });
    const copies = ['class_embed.0', 'class_embed.1', 'bbox_embed.0', 'bbox_embed.1'];
    expect(classHeads(rulesOf(PLAIN, copies))).toEqual({
      'class_embed.0.weight': ['class_embed.0.weight', 'class_embed.1.weight'],
    });
  });

  test('with refinement each layer has the file’s own; those that the file leaves out are the first', () => {
    const boxes = [0, 1].map((index) => `model.decoder.bbox_embed.${index}`);
    expect(classHeads(rulesOf(REFINE, ['class_embed.0', ...boxes]))).toEqual({
      'class_embed.0.weight': ['class_embed.0.weight'],
    });
    expect(classHeads(rulesOf(REFINE, ['class_embed.0', 'class_embed.1', ...boxes]))).toEqual({
      'class_embed.0.weight': ['class_embed.0.weight'],
      'class_embed.1.weight': ['class_embed.1.weight'],
    });
    const config = readDeformableDetrConfig(REFINE, CLASSES);
    expect(readHeads(config, fileOf(['class_embed.0', ...boxes]))).toEqual({
      classes: ['class_embed.0', 'class_embed.0'],
      boxes: ['bbox_embed.0', 'bbox_embed.1'],
    });
  });

  test('two stages have one more, and some files have all of them twice', () => {
    const places = ['', 'model.decoder.'];
    const heads = places.flatMap((place) =>
      [0, 1, 2].flatMap((index) => [`${place}class_embed.${index}`, `${place}bbox_embed.${index}`]),
    );
    expect(classHeads(rulesOf(TWO_STAGE, heads))).toEqual(
      Object.fromEntries(
        [0, 1, 2].map((index) => [
          `class_embed.${index}.weight`,
          places.map((place) => `${place}class_embed.${index}.weight`),
        ]),
      ),
    );
  });

  test('a head goes back under all its names', () => {
    const copies = ['class_embed.0', 'class_embed.1', 'bbox_embed.0'];
    const rule = rulesOf(PLAIN, copies).find(({ name }) => name === 'class_embed.0.weight')!;
    const stored = Float32Array.from({ length: CLASSES * 32 }, (_, i) => i);
    const built = rule.build([stored, stored]);
    expect(built[1]).toBe(32); // [D,C] from [C,D]
    expect([...unbuild(rule, built)]).toEqual([
      ['class_embed.0.weight', stored],
      ['class_embed.1.weight', stored],
    ]);
  });

  test('a head that is nowhere is missed under its name', () => {
    expect(classHeads(rulesOf(PLAIN, []))).toEqual({ 'class_embed.0.weight': ['class_embed.0.weight'] });
  });
});
