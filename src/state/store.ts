/** The one store of the page: vanilla zustand, plain data, choices kept in localStorage. */
import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { createClustersSlice, type ClustersSlice } from './clusters';
import { createDeviceSlice, type DeviceSlice } from './device';
import { createHubSlice, type HubSlice } from './hub';
import { createImagesSlice, type ImagesSlice } from './images';
import { createLiveSlice, type LiveSlice } from './live';
import { createLabelFilesSlice, type LabelFilesSlice } from './label-files';
import { createModelSlice, type ModelSlice } from './model';
import { createModelSpeedsSlice, type ModelSpeedsSlice } from './model-speeds';
import { createProfileSlice, type ProfileSlice } from './profile';
import { createQueryViewsSlice, type QueryViewsSlice } from './query-views';
import { createViewSlice, type ViewSlice } from './view';

export type AppState = ImagesSlice &
  LiveSlice &
  LabelFilesSlice &
  ModelSlice &
  ModelSpeedsSlice &
  HubSlice &
  DeviceSlice &
  ProfileSlice &
  ViewSlice &
  QueryViewsSlice &
  ClustersSlice;

// Not hubToken: a secret is kept nowhere.
type Kept = Pick<
  AppState,
  | 'modelChoice'
  | 'threshold'
  | 'theme'
  | 'trails'
  | 'showLabels'
  | 'sideWidth'
  | 'hubEndpoint'
  | 'speeds'
  | 'memoryBudget'
>;

export type AppStore = ReturnType<typeof createAppStore>;

/** @param storage where choices are kept between visits; the browser's localStorage in the app */
export function createAppStore(storage: StateStorage) {
  return createStore<AppState>()(
    persist(
      (...args) => ({
        ...createImagesSlice(...args),
        ...createLiveSlice(...args),
        ...createLabelFilesSlice(...args),
        ...createModelSlice(...args),
        ...createModelSpeedsSlice(...args),
        ...createHubSlice(...args),
        ...createDeviceSlice(...args),
        ...createProfileSlice(...args),
        ...createViewSlice(...args),
        ...createQueryViewsSlice(...args),
        ...createClustersSlice(...args),
      }),
      {
        name: 'stepdetr',
        version: 1,
        storage: createJSONStorage<Kept>(() => storage),
        partialize: ({
          modelChoice,
          threshold,
          theme,
          trails,
          showLabels,
          sideWidth,
          hubEndpoint,
          speeds,
          memoryBudget,
        }): Kept => ({
          modelChoice,
          threshold,
          theme,
          trails,
          showLabels,
          sideWidth,
          hubEndpoint,
          speeds,
          memoryBudget,
        }),
      },
    ),
  );
}
