import { describe, expect, it } from 'vitest';
import { parsePair } from './models';

describe('who learns from whom', () => {
  it('in a distillation the embedded model teaches where nobody else is named', () => {
    const teacher = { kind: 'embedded', id: 'stepdetr_s' };
    expect(parsePair('distil', 'random-patches', undefined)).toEqual({ model: 'random-patches', teacher });
    const pair = parsePair('distil', 'stepdetr_s', 'owner/name');
    expect(pair).toEqual({ model: teacher, teacher: { kind: 'hub', repo: 'owner/name' } });
  });

  it('a student with clusters may learn from its exact self', () => {
    const self = { kind: 'hub', repo: 'owner/name' };
    expect(parsePair('distil', 'owner/name', 'owner/name', 24)).toEqual({ model: self, teacher: self });
  });

  it('other methods have no teacher', () => {
    expect(parsePair('grpo', 'stepdetr_s', undefined).teacher).toBeNull();
  });

  it.each([
    ['distil', 'stepdetr_s', undefined, /--teacher: expected another model than --model, got stepdetr_s for both/],
    ['grpo', 'stepdetr_s', 'owner/name', /--teacher: only --method distil has a teacher, got grpo/],
    ['grpo', 'random-patches', undefined, /--model random-patches: only --method distil .*, got grpo/],
    ['distil', 'random-patches', './nowhere', /--teacher: expected stepdetr_s, a folder .*, got \.\/nowhere/],
  ] as const)('%s of %s by %s is refused', (method, model, teacher, message) => {
    expect(() => parsePair(method, model, teacher)).toThrow(message);
  });
});
