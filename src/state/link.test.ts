import { describe, expect, it } from 'vitest';
import { decodeView, encodeView } from './link';

describe('the hash of a view', () => {
  it('goes there and back', () => {
    const view = { sample: 'cat', model: 'a--b_1.0', threshold: 0.35, layer: 0, query: 17 };
    expect(encodeView(view)).toBe('#sample=cat&model=a--b_1.0&threshold=0.35&layer=0&query=17');
    expect(decodeView(encodeView(view))).toEqual(view);
    expect(decodeView(encodeView({ ...view, looked: true }))).toEqual({ ...view, looked: true });
  });

  it('is short where there is little to say', () => {
    expect(encodeView({ sample: 'cat', threshold: 0.1 + 0.2 })).toBe('#sample=cat&threshold=0.3');
    expect(decodeView('')).toEqual({});
    expect(decodeView('#')).toEqual({});
  });

  it.each([
    'threshold=2',
    'threshold=',
    'threshold=abc',
    'threshold=NaN',
    'layer=1.5',
    'layer=-1',
    'query=Infinity',
    'sample=../../etc/passwd',
    'sample=<script>',
    'model=https://example.com/x',
    'looked=yes',
    'other=1',
  ])('leaves out %s', (part) => {
    expect(decodeView(`#${part}`)).toEqual({});
  });
});
