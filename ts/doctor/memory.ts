/** Tries whether several processes can share metrics on this machine. */

import { bindingFailure, loadBinding, platformName } from '../binding';
import { openSegment, settings } from '../meeting';
import { messageOf } from '../errors';

/** The result of one attempt. */
export interface Finding {
  readonly good: boolean;
  readonly sentence: string;
}

/** Loads the native module and makes a segment, which is removed when this process ends. */
export function tryMemory(): Finding[] {
  if (loadBinding() === null) {
    return [
      {
        good: false,
        sentence:
          `The native module cannot be used: ${bindingFailure() ?? ''}. ` +
          'Each process would show its own metrics only, as with prom-client.',
      },
    ];
  }
  const findings = [{ good: true, sentence: `The native module for ${platformName()} works.` }];
  try {
    settings.required = true;
    settings.storage = 'heap';
    const heap = openSegment({ create: true })!;
    for (const reason of heap.passedOver) {
      findings.push({ good: false, sentence: `A better directory does not serve: ${reason}.` });
    }
    findings.push(
      heap.memoryBacked
        ? { good: true, sentence: `Shared memory works: metrics would be in ${heap.path}.` }
        : {
            good: false,
            sentence:
              `Shared memory lies on a disk (${heap.path}), which makes updates slow now and then: ` +
              'make /dev/shm writable, or set MPMETRICS_DIR to a directory on a tmpfs.',
          },
    );
  } catch (error) {
    findings.push({ good: false, sentence: `Shared memory cannot be used: ${messageOf(error)}.` });
  }
  return findings;
}
