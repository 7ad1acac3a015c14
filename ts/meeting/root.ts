/** The process at the root of the application that this process is a part of. */

import type { Binding, ProcessIdentity } from '../native';
import { packageOfScript } from './packages';
import {
  isClusterWorker,
  isForked,
  ownPackage,
  packageAround,
  packageOfProcess,
  startOf,
  type Pm2Application,
  type Start,
} from './processes';

/** More generations than any application has; a bound all the same. */
const GENERATIONS = 64;

/** The root of an application. */
export interface Root {
  identity: ProcessIdentity;
  /** PM2 is the root of all that it runs: the application that is meant. */
  pm2: Pm2Application | null;
}

/** What this process knows about itself. */
export interface Self {
  start: Start;
  /** The folder of its main script's package. */
  package: string;
  identity: ProcessIdentity;
  /** True if PM2 itself started it. */
  managed: boolean;
}

/**
 * Who this process is.
 *
 * @returns null where the system does not tell
 */
export function self(binding: Binding): Self | null {
  const identity = identityOf(binding, process.pid);
  if (identity === null) return null;
  const start = startOf('self');
  if (start.variables === null) {
    // Its own are hidden from it: what Node.js made of them has to do.
    const forked = process.send === undefined ? {} : { NODE_CHANNEL_FD: '' };
    start.variables = { ...process.env, ...forked };
  }
  return { start, identity, package: ownPackage(start.pm2), managed: isManaged(start, identity) };
}

/**
 * Walks up the processes, as long as each is a worker of the one above, so that grandchildren find the
 * root even if nobody between loads this package.
 */
export function rootOf(binding: Binding, from: Self): Root {
  let { identity, start } = from;
  for (let generation = 0; generation < GENERATIONS; generation++) {
    if (start.variables === null) break;
    const parent = identityOf(binding, identity.ppid);
    if (parent === null) break;
    if (isManaged(start, identity)) return { identity: parent, pm2: start.pm2 };
    // A pid that is in use again would be younger than its child.
    if (BigInt(parent.startTime) > BigInt(identity.startTime)) break;
    if (!isForked(start.variables)) break;
    const above = startOf(parent.pid);
    if (!isSameProgram(parent, above, from.package, isClusterWorker(start.variables))) break;
    identity = parent;
    start = above;
  }
  return { identity, pm2: null };
}

/** True if the process was started by PM2: it has an application's number, and its parent has not. */
function isManaged(start: Start, identity: ProcessIdentity): boolean {
  if (start.pm2 === null) return false;
  // Only PM2 gives the description as JSON, and its wrapper deletes it before the application runs.
  if (start.variables?.['pm2_env'] !== undefined) return true;
  return startOf(identity.ppid).pm2?.id !== start.pm2.id;
}

function isSameProgram(
  parent: ProcessIdentity,
  above: Start,
  folder: string,
  isWorker: boolean,
): boolean {
  // PM2's wrapper changes the title, and with it the command line.
  if (above.pm2 !== null && isManaged(above, parent)) {
    return packageOfScript(above.pm2.script) === folder;
  }
  const found = packageOfProcess(parent.pid);
  if (found !== null) return found === folder;
  // A title hides the command line. A cluster's worker runs its primary's script, if nothing else was
  // asked for; of a forked child, the parent's working directory is the best that is left.
  return isWorker || packageAround(parent.pid) === folder;
}

function identityOf(binding: Binding, pid: number): ProcessIdentity | null {
  try {
    return binding.identity(pid);
  } catch {
    // /proc is not there, or shows another namespace's processes.
    return null;
  }
}
