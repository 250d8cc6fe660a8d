/** The page's own device, for what is measured without the app's worker. */
import { openWebGpu, type OpenedDevice } from '../../../src/kernels/backend';
import { submit } from '../../../src/kernels/submit';

export interface BenchDevice extends OpenedDevice {
  adapter: string;
  /**
   * Waits for the queue.
   * @throws Error with what the device complained of: times of work that failed say nothing
   */
  settle(): Promise<void>;
}

export async function openDevice(): Promise<BenchDevice> {
  const faults: string[] = [];
  const opened = await openWebGpu('high-performance', {
    onLost: (reason) => faults.push(`the device was lost: ${reason}`),
    onFault: (message) => faults.push(message),
  });
  const { backend, device, info } = opened;
  return {
    ...opened,
    adapter: [info.vendor, info.architecture, info.description].filter(Boolean).join(' '),
    async settle() {
      submit(backend);
      await device.queue.onSubmittedWorkDone();
      if (faults.length > 0) throw new Error(faults.splice(0).join('\n'));
    },
  };
}
