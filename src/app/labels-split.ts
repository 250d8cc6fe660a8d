/** Keeps the automatic split of the labelled images up to date, and finds copies across the split. */
import { toAppError } from '../lib/errors';
import { effectiveSplits, type LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import { setOfSession, splitsForChoice } from './labels-join';
import type { NamedImage, Ports } from './ports';

export interface LabelSplits {
  /** Splits now what changed a moment ago. */
  update(): void;
  choose(name: string): void;
  findDuplicates(): Promise<void>;
}

interface SplitParts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  ports: Pick<Ports, 'labels'>;
}

/** Milliseconds: several changes at once are split once. */
const QUIET_MS = 30;

const sameSplits = (a: Record<string, string>, b: Record<string, string>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([id, split]) => b[id] === split);

export function createLabelSplits({ store, labels, pictures, ports }: SplitParts): LabelSplits {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const update = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const state = labels.getState();
    const images = store.getState().images.filter(({ id }) => state.splits[id] !== 'none');
    const { set, ids } = setOfSession(state, images, {});
    const chosen = set.images.flatMap(({ file }, index) => {
      const split = state.splits[ids[index]!];
      return split === 'train' || split === 'val' ? [[file, split] as const] : [];
    });
    const { val } = ports.labels.split(set, new Map(chosen));
    const held = new Set(val);
    const splits = Object.fromEntries(
      set.images.map(({ file }, index) => [ids[index]!, held.has(file) ? 'val' : 'train'] as const),
    );
    if (!sameSplits(splits, state.automaticSplits)) state.setAutomaticSplits(splits);
  };

  const later = (): void => {
    timer ??= setTimeout(update, QUIET_MS);
  };
  labels.subscribe((state, before) => {
    if (state.items !== before.items || state.splits !== before.splits || state.classes !== before.classes) later();
    // A word about another split says nothing.
    const isOther = state.splits !== before.splits || state.automaticSplits !== before.automaticSplits;
    if (isOther && store.getState().splitWarnings) store.getState().setSplitWarnings(null);
  });
  store.subscribe((state, before) => {
    if (state.images.length !== before.images.length) later();
  });

  const imagesIn = (part: 'train' | 'val'): NamedImage[] => {
    const splits = effectiveSplits(labels.getState());
    return store.getState().images.flatMap(({ id, name }) => {
      const blob = splits[id] === part ? pictures.blob(id) : undefined;
      return blob ? [{ id, name, blob }] : [];
    });
  };

  return {
    update,
    choose: (name) => labels.getState().setSplits(splitsForChoice(store.getState().splitChoices, name)),
    findDuplicates: async () => {
      update();
      const splits = JSON.stringify(effectiveSplits(labels.getState()));
      try {
        const found = await ports.labels.duplicates(imagesIn('train'), imagesIn('val'));
        if (JSON.stringify(effectiveSplits(labels.getState())) === splits) store.getState().setSplitWarnings(found);
      } catch (thrown) {
        store.getState().notify({ kind: 'fault', error: toAppError(thrown, 'split') });
      }
    },
  };
}
