/** What can be done to the classes of the labels (src/state/labels.ts has the contracts). */
import { labelId, mergedClasses, withEveryBox, type LabelClass, type LabelData } from './labels-data';

interface ClassActions {
  addClass(name: string): string;
  renameClass(id: string, name: string): void;
  mergeClasses(from: string, into: string): void;
  removeClass(id: string): void;
  recolourClass(id: string, colour: number | null): void;
}

type State = LabelData & { activeClass: string | null; selectedBox: string | null };

export function classActions(set: (change: (state: State) => Partial<State>) => void, get: () => State): ClassActions {
  const named = (name: string): LabelClass | undefined => get().classes.find((each) => each.name === name);
  const edit = (id: string, change: Partial<LabelClass>): void =>
    set(({ classes }) => ({ classes: classes.map((each) => (each.id === id ? { ...each, ...change } : each)) }));
  const merge = (from: string, into: string): void =>
    set((state) => ({
      ...mergedClasses(state, from, into),
      activeClass: state.activeClass === from ? into : state.activeClass,
    }));
  return {
    addClass: (name) => {
      const known = named(name.trim());
      if (known) return known.id;
      const added: LabelClass = { id: labelId('class'), name: name.trim(), colour: null };
      set(({ classes, activeClass }) => ({ classes: [...classes, added], activeClass: activeClass ?? added.id }));
      return added.id;
    },
    renameClass: (id, name) => {
      const other = named(name.trim());
      if (name.trim() === '' || other?.id === id) return;
      if (other) merge(id, other.id);
      else edit(id, { name: name.trim() });
    },
    mergeClasses: merge,
    removeClass: (id) => {
      if (!get().classes.some((each) => each.id === id)) return;
      set(({ classes, items, activeClass }) => {
        const left = classes.filter((each) => each.id !== id);
        return {
          classes: left,
          items: withEveryBox(items, (box) => (box.classId === id ? null : box)),
          activeClass: activeClass === id ? (left[0]?.id ?? null) : activeClass,
        };
      });
    },
    recolourClass: (id, colour) => {
      if (get().classes.some((each) => each.id === id && each.colour !== colour)) edit(id, { colour });
    },
  };
}
