/** Slice: what a detection costs by part of the model, and how much of the GPU's memory the page may hold. */
import type { StateCreator } from 'zustand/vanilla';
import type { AppError } from '../lib/errors';
import type { ProfileReport } from '../lib/profile';

export interface AskedProfile {
  job: string;
  /** Name of the image. */
  image: string;
  /** Neither of them: it is under way. */
  report?: ProfileReport;
  error?: AppError;
}

export interface ProfileSlice {
  askedProfile: AskedProfile | null;
  /** MiB on the GPU; null for what suits the device. */
  memoryBudget: number | null;
  /** Forgets the question before; null asks nothing. */
  askProfile(question: Pick<AskedProfile, 'job' | 'image'> | null): void;
  /** Ends job `job`; one that nobody waits for any more changes nothing. */
  answerProfile(job: string, answer: { report: ProfileReport } | { error: AppError }): void;
  setMemoryBudget(mib: number | null): void;
}

export const createProfileSlice: StateCreator<ProfileSlice, [], [], ProfileSlice> = (set) => ({
  askedProfile: null,
  memoryBudget: null,
  askProfile: (askedProfile) => set({ askedProfile }),
  answerProfile: (job, answer) =>
    set(({ askedProfile }) => (askedProfile?.job === job ? { askedProfile: { ...askedProfile, ...answer } } : {})),
  setMemoryBudget: (memoryBudget) => set({ memoryBudget }),
});
