/** The thin seam between the vanilla store and React. */
import { createContext, useContext } from 'react';
import { useStore as useZustand } from 'zustand/react';
import { DetectorError } from '../lib/errors';
import type { Commands } from './commands';
import type { CompareState, CompareStore } from './compare';
import type { LabelState, LabelStore } from './labels';
import type { AppState, AppStore } from './store';
import type { TrainingState, TrainingStore } from './training';

export interface Session {
  store: AppStore;
  labels: LabelStore;
  training: TrainingStore;
  compare: CompareStore;
  commands: Commands;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session)
    throw new DetectorError('internal', 'session', 'expected a SessionContext around this component, found none');
  return session;
}

/** A part of the store; the component renders again when that part changes by identity. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useZustand(useSession().store, select);
}

/** The same of the labels' store. */
export function useLabels<T>(select: (state: LabelState) => T): T {
  return useZustand(useSession().labels, select);
}

/** The same of the store of training. */
export function useTraining<T>(select: (state: TrainingState) => T): T {
  return useZustand(useSession().training, select);
}

/** The same of the store of a comparison. */
export function useCompare<T>(select: (state: CompareState) => T): T {
  return useZustand(useSession().compare, select);
}

export const useCompareStore = (): CompareStore => useSession().compare;

export const useTrainingStore = (): TrainingStore => useSession().training;

export const useLabelStore = (): LabelStore => useSession().labels;

export const useCommands = (): Commands => useSession().commands;

/** The store itself, for handlers that read or write without rendering. */
export const useAppStore = (): AppStore => useSession().store;
