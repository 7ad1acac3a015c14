/** The version of Node.js. */

import type { Source } from './group';

const NAME = 'nodejs_version_info';

const { version } = process;
const [major = 0, minor = 0, patch = 0] = version.slice(1).split('.').map(Number);

export const nodeVersion: Source = {
  key: 'version',
  names: [NAME],
  start(group) {
    const gauge = group.gauge(NAME, 'Node.js version info.', {
      own: ['version', 'major', 'minor', 'patch'],
      aggregator: 'first',
    });
    // Set at each scrape, so that the series is shown again after a reset.
    group.collect(() => {
      gauge?.set({ version, major, minor, patch, ...group.labels }, 1);
    });
  },
};
