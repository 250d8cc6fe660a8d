/** What the worker says without being asked: its device, lost and restored, and faults. */
import type { AppStore } from '../state/store';
import type { WorkerEvent } from '../workers/protocol';
import { dropNotices } from './notices';

/** @param wake detection goes on with a device restored */
export const followWorker =
  (store: AppStore, wake: () => void) =>
  (event: WorkerEvent): void => {
    const { setDevice, setDeviceStatus, notify } = store.getState();
    switch (event.type) {
      case 'device':
        return setDevice(event.info);
      case 'device-lost':
        setDeviceStatus('lost');
        notify({ kind: 'lost', reason: event.reason });
        return;
      case 'device-restored':
        setDevice(event.info);
        dropNotices(store, 'lost');
        notify({ kind: 'restored', adapter: event.info.adapter });
        return wake();
      case 'fault':
        notify({ kind: 'fault', error: event.error });
    }
  };
