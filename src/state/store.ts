/** The one store of the page: vanilla zustand, plain data, choices kept in localStorage. */
import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { createDeviceSlice, type DeviceSlice } from './device';
import { createImagesSlice, type ImagesSlice } from './images';
import { createLabelFilesSlice, type LabelFilesSlice } from './label-files';
import { createModelSlice, type ModelSlice } from './model';
import { createViewSlice, type ViewSlice } from './view';

export type AppState = ImagesSlice & LabelFilesSlice & ModelSlice & DeviceSlice & ViewSlice;

type Kept = Pick<AppState, 'modelChoice' | 'threshold' | 'theme' | 'trails' | 'showLabels' | 'sideWidth'>;

export type AppStore = ReturnType<typeof createAppStore>;

/** @param storage where choices are kept between visits; the browser's localStorage in the app */
export function createAppStore(storage: StateStorage) {
  return createStore<AppState>()(
    persist(
      (...args) => ({
        ...createImagesSlice(...args),
        ...createLabelFilesSlice(...args),
        ...createModelSlice(...args),
        ...createDeviceSlice(...args),
        ...createViewSlice(...args),
      }),
      {
        name: 'stepdetr',
        version: 1,
        storage: createJSONStorage<Kept>(() => storage),
        partialize: ({ modelChoice, threshold, theme, trails, showLabels, sideWidth }): Kept => ({
          modelChoice,
          threshold,
          theme,
          trails,
          showLabels,
          sideWidth,
        }),
      },
    ),
  );
}
