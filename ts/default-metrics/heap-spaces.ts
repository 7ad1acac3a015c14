/** The spaces of V8's heap of this thread. */

import { getHeapSpaceStatistics } from 'v8';

import { codeOf } from '../errors';
import type { Source } from './group';

const TOTAL = 'nodejs_heap_space_size_total_bytes';
const USED = 'nodejs_heap_space_size_used_bytes';
const AVAILABLE = 'nodejs_heap_space_size_available_bytes';

export const heapSpaces: Source = {
  key: 'heapSpacesSizeAndUsed',
  names: [TOTAL, USED, AVAILABLE],
  start(group) {
    try {
      getHeapSpaceStatistics();
    } catch (error) {
      if (codeOf(error) === 'ERR_NOT_IMPLEMENTED') return;
      throw error;
    }
    const help = (what: string): string => `Process heap space size ${what} from Node.js in bytes.`;
    const own = { own: ['space'] };
    const total = group.gauge(TOTAL, help('total'), own);
    const used = group.gauge(USED, help('used'), own);
    const available = group.gauge(AVAILABLE, help('available'), own);
    group.collect(() => {
      for (const space of getHeapSpaceStatistics()) {
        const name = space.space_name.slice(0, space.space_name.indexOf('_space'));
        const labels = { space: name, ...group.labels };
        total?.set(labels, space.space_size);
        used?.set(labels, space.space_used_size);
        available?.set(labels, space.space_available_size);
      }
    });
  },
};
