/** The process at the root of the application that this process is a part of. */

import { existsSync } from 'fs';

import { messageOf } from '../errors';
import type { Binding, ProcessIdentity } from '../native';
import { isInstalled, isInstalledFor, packageOfScript } from './packages';
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
import { runsTests } from './runners';

/** More generations than any application has; a bound all the same. */
const GENERATIONS = 64;

/** The root of an application. */
export interface Root {
  identity: ProcessIdentity;
  /** PM2 is the root of all that it runs: the application that is meant. */
  pm2: Pm2Application | null;
  /** The folders of packages that the application may go by, the likeliest first. */
  packages: readonly string[];
}

/** A process on the way up. */
interface Member {
  identity: ProcessIdentity;
  start: Start;
}

/** What this process knows about itself. */
export interface Self extends Member {
  /** The folder of its main script's package. */
  package: string;
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
 * Walks up the processes, as long as each is a part of the one above, so that grandchildren find the
 * root even if nobody between loads this package.
 */
export function rootOf(binding: Binding, from: Self): Root {
  let at: Member = from;
  let packages: readonly string[] = [from.package];
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const { identity, start } = at;
    const above = memberAbove(binding, at);
    if (start.variables === null || above === null) break;
    if (isManaged(start, identity)) return { identity: above.identity, pm2: start.pm2, packages };
    if (!isForked(start.variables)) break;
    // A test keeps to its own memory. The programs that it starts are applications.
    if (isTest(binding, above)) break;
    const told = packagesOf(binding, above);
    if (isClusterWorker(start.variables)) {
      // It belongs to its primary, whatever package its script is of: a runner's, say. A primary that hides its
      // command line most likely runs the script that its workers run.
      packages = told.exact ? told.packages : [...packages, ...told.packages];
    } else if (packages.some((own) => isPart(own, above.start, told.packages))) {
      packages = told.packages;
    } else {
      break;
    }
    at = above;
  }
  return { identity: at.identity, pm2: null, packages };
}

function isTest(binding: Binding, member: Member): boolean {
  const { variables } = member.start;
  const parent = () => memberAbove(binding, member)?.start.variables ?? null;
  return variables !== null && runsTests(variables, parent);
}

/** The parent of a process; null where it cannot be told. */
function memberAbove(binding: Binding, { identity }: Member): Member | null {
  const parent = identityOf(binding, identity.ppid);
  // A pid that is in use again would be younger than its child.
  if (parent === null || BigInt(parent.startTime) > BigInt(identity.startTime)) return null;
  return { identity: parent, start: startOf(parent.pid) };
}

/**
 * True if what a process forks is a part of it: the child's script is of the same package, or of one that is installed
 * for it, such as a runner's agent or a pool's worker.
 *
 * @param own the child's package
 * @param start how the parent was started
 * @param packages of the parent
 */
function isPart(own: string, start: Start, packages: readonly string[]): boolean {
  const { variables } = start;
  const ofCluster = variables !== null && isClusterWorker(variables);
  // What a tool forks may be the tool's own child that is to run an application: of several it makes, each is a
  // program by itself.
  const isTool = !ofCluster && variables !== null && isForked(variables);
  return packages.some(
    (folder) =>
      folder === own ||
      (isInstalledFor(own, folder) && !(isTool && isInstalled(folder))) ||
      // A runner's worker runs the application's code, which forks scripts of the application.
      (ofCluster && isInstalledFor(folder, own)),
  );
}

/**
 * The packages that a process runs: its script's and, if it is a cluster's worker, its primary's.
 *
 * @returns exact: false if its title hides what it runs, and the package around its working directory is given
 */
function packagesOf(binding: Binding, member: Member): { packages: string[]; exact: boolean } {
  const { pid } = member.identity;
  const { pm2, variables } = member.start;
  // PM2's wrapper changes the title, and with it the command line.
  const isWrapped = pm2 !== null && isManaged(member.start, member.identity);
  const script = isWrapped ? packageOfScript(pm2.script) : packageOfProcess(pid);
  const around = script === null && !isWrapped ? packageAround(pid) : null;
  const packages = [script, around].filter((folder) => folder !== null);
  if (!isWrapped && variables !== null && isClusterWorker(variables)) {
    const primary = memberAbove(binding, member);
    if (primary !== null) packages.push(...packagesOf(binding, primary).packages);
  }
  return { packages, exact: script !== null || isWrapped };
}

/** True if the process was started by PM2: it has an application's number, and its parent has not. */
function isManaged(start: Start, identity: ProcessIdentity): boolean {
  if (start.pm2 === null) return false;
  // Only PM2 gives the description as JSON, and its wrapper deletes it before the application runs.
  if (start.variables?.['pm2_env'] !== undefined) return true;
  return startOf(identity.ppid).pm2?.id !== start.pm2.id;
}

/**
 * Why {@link self} returned null.
 *
 * @returns a sentence without a full stop
 */
export function whyUnknown(binding: Binding): string {
  try {
    binding.identity(process.pid);
    return '/proc did not tell which process this is';
  } catch (error) {
    const reason = `which process this is cannot be told: ${messageOf(error)}`;
    // Not for want of a descriptor, say.
    return existsSync('/proc/self/stat') ? reason : `${reason}; set MPMETRICS_SEGMENT`;
  }
}

function identityOf(binding: Binding, pid: number): ProcessIdentity | null {
  try {
    return binding.identity(pid);
  } catch {
    // /proc is not there, or shows another namespace's processes.
    return null;
  }
}
