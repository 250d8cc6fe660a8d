/** `npm run settings`: writes docs/settings.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runTool } from './app/build';
import { settingsMarkdown } from './settings/markdown';

const file = join(ROOT, 'docs/settings.md');
writeFileSync(file, settingsMarkdown());
await runTool('node_modules/prettier/bin/prettier.cjs', ['--write', file]);
