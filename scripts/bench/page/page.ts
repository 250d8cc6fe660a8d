/** The bench's page: a function for each section, called by the program; each answers with plain data. */
import type { allocation as Allocation } from './allocation';
import type { detection as Detection } from './detection';
import type { DetectionOptions } from '../types';
import { BROWSER_ENGINES } from './browser-engines';
import type { growth as Growth } from './growth';
import type { kernels as Kernels } from './kernels';
import type { overhead as Overhead } from './overhead';
import type { profile as Profile } from './profile';
import type { training as Training } from './training';

export interface Sections {
  allocation: typeof Allocation;
  detection(options: DetectionOptions): ReturnType<typeof Detection>;
  growth: typeof Growth;
  kernels: typeof Kernels;
  overhead: typeof Overhead;
  profile: typeof Profile;
  training: typeof Training;
}

declare global {
  interface Window {
    bench?: Sections;
  }
}

// Loaded when they are called: a page of one section does not hold the code of the others.
window.bench = {
  allocation: async (...given) => (await import('./allocation')).allocation(...given),
  detection: async (options) => (await import('./detection')).detection(options, BROWSER_ENGINES),
  growth: async (...given) => (await import('./growth')).growth(...given),
  kernels: async (...given) => (await import('./kernels')).kernels(...given),
  overhead: async (...given) => (await import('./overhead')).overhead(...given),
  profile: async () => (await import('./profile')).profile(),
  training: async (...given) => (await import('./training')).training(...given),
};
