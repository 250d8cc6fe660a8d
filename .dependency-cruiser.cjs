/** Who may import whom (../shared/design/architecture.md, kept in docs/architecture.md). */
const allowed = {
  lib: [],
  kernels: ['lib'],
  data: ['lib'],
  ui: ['lib'],
  nn: ['kernels', 'lib'],
  models: ['nn', 'kernels', 'lib'],
  rl: ['nn', 'kernels', 'lib'],
  train: ['models', 'rl', 'data', 'nn', 'kernels', 'lib'],
  state: ['lib'],
  panels: ['state', 'ui', 'lib'],
  app: ['panels', 'state', 'ui', 'lib'],
};
/** The worker's entry composes compute; its client and protocol know only lib. */
const workerFace = '^src/workers/(client|protocol)\\.ts$';
const mayUseWorkerFace = ['state', 'panels', 'app'];

const directions = Object.entries(allowed).map(([from, to]) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment: `${from} may import: ${[from, ...to].join(', ')}`,
  from: { path: `^src/${from}/`, pathNot: '\\.(test|parity)\\.tsx?$|/testing/' },
  to: {
    path: '^src/',
    pathNot: [`^src/(${[from, ...to].join('|')})/`, ...(mayUseWorkerFace.includes(from) ? [workerFace] : [])],
  },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...directions,
    {
      name: 'worker-face-imports',
      severity: 'error',
      from: { path: workerFace },
      to: { path: '^src/', pathNot: ['^src/lib/', workerFace] },
    },
    {
      name: 'worker-entry-imports',
      severity: 'error',
      from: { path: '^src/workers/', pathNot: [workerFace, '\\.(test|parity)\\.ts$'] },
      to: { path: '^src/', pathNot: ['^src/(train|models|data|kernels|lib|workers)/'] },
    },
    {
      name: 'one-panel-never-imports-another',
      severity: 'error',
      from: { path: '^src/panels/([^/]+)/' },
      to: { path: '^src/panels/', pathNot: '^src/panels/$1/' },
    },
    {
      name: 'tensors-stay-in-compute',
      severity: 'error',
      from: { path: '^src/(lib|state|ui|panels|app)/' },
      to: { path: 'node_modules/@tensorflow' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
