/**
 * A view as the hash of a URL: #sample=cat&model=stepdetr_s&threshold=0.5&layer=2&query=17&looked=1. Only samples can be linked:
 * a person's own images never leave the machine.
 */
import { MAX_THRESHOLD, MIN_THRESHOLD } from './view';

export interface LinkedView {
  sample?: string;
  model?: string;
  threshold?: number;
  /** 0 = query selection, i = decoder layer i. */
  layer?: number;
  query?: number;
  /** The "Looked at" view is open. */
  looked?: true;
}

/** Sample names and model ids: what may stand in a file name. */
const NAME = /^[\w.-]{1,120}$/;

export function encodeView(view: LinkedView): string {
  const parts = new URLSearchParams();
  if (view.sample !== undefined) parts.set('sample', view.sample);
  if (view.model !== undefined) parts.set('model', view.model);
  if (view.threshold !== undefined) parts.set('threshold', String(Math.round(view.threshold * 100) / 100));
  if (view.layer !== undefined) parts.set('layer', String(Math.round(view.layer)));
  if (view.query !== undefined) parts.set('query', String(view.query));
  if (view.looked) parts.set('looked', '1');
  return `#${parts.toString()}`;
}

/** Reads a hash; whatever is not understood or out of range is left out, never guessed. */
export function decodeView(hash: string): LinkedView {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const name = (key: string): string | undefined => {
    const text = parts.get(key);
    return text !== null && NAME.test(text) ? text : undefined;
  };
  const number = (key: string, least: number, most: number, whole: boolean): number | undefined => {
    const text = parts.get(key);
    if (text === null || text.trim() === '') return undefined;
    const value = Number(text);
    return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : undefined;
  };
  const found = {
    sample: name('sample'),
    model: name('model'),
    threshold: number('threshold', MIN_THRESHOLD, MAX_THRESHOLD, false),
    layer: number('layer', 0, 1000, true),
    query: number('query', 0, 1_000_000, true),
    looked: parts.get('looked') === '1' ? true : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
