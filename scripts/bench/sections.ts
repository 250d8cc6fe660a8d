/** The bench's sections: what each measures, its table, and what must hold. */
import { allocationSection, overheadSection } from './section-plans';
import { detectionSection } from './section-detection';
import { growthSection } from './section-growth';
import { kernelsSection } from './section-kernels';
import { profileSection } from './section-profile';
import { trainingSection } from './section-training';
import type { Session } from './session';
import type { Folders } from './models';
import type { Bound, Effort } from './types';

export interface SectionOptions extends Effort {
  folders: Folders;
  /** Names of models; empty for all. */
  models: readonly string[];
}

export interface Measured {
  /** For the JSON. */
  rows: unknown;
  /** For the terminal. */
  text: string;
  bounds: Bound[];
  /** What it ran on. */
  adapter: string;
}

export type Section = (session: Session, options: SectionOptions) => Promise<Measured>;

export const SECTIONS = {
  detection: detectionSection,
  kernels: kernelsSection,
  training: trainingSection,
  growth: growthSection,
  overhead: overheadSection,
  allocation: allocationSection,
  profile: profileSection,
} as const satisfies Record<string, Section>;

export type SectionName = keyof typeof SECTIONS;
