import { ensureBuilt } from '../scripts/app/build';

export default async function globalSetup(): Promise<void> {
  await ensureBuilt();
}
