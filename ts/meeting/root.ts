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

/** Most levels of processes: more than any application has. */
const GENERATIONS = 64;

/** The root of an application. */
export interface Root {
  identity: ProcessIdentity;
  /** The application, if PM2 is the root, which may run several. */
  pm2: Pm2Application | null;
  /** The folders of packages that may be the application's, the likeliest first. */
  packages: readonly string[];
}

/** A process on the walk up to the root. */
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
 * What this process knows about itself.
 *
 * @returns null where the system does not tell
 */
export function self(binding: Binding): Self | null {
  const identity = identityOf(binding, process.pid);
  if (identity === null) return null;
  const start = startOf('self');
  if (start.variables === null) {
    // Its own are not readable: use those that Node.js has.
    const forked = process.send === undefined ? {} : { NODE_CHANNEL_FD: '' };
    start.variables = { ...process.env, ...forked };
  }
  return { start, identity, package: ownPackage(start.pm2), managed: isManaged(start, identity) };
}

/**
 * Walks up the processes, as long as each is a part of the one above, so that grandchildren find the root even if no
 * process in between loads this package.
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
    // A test uses memory storage. Programs that it starts are applications.
    if (isTest(binding, above)) break;
    const told = packagesOf(binding, above);
    if (isClusterWorker(start.variables)) {
      // It belongs to its primary, whatever package its script belongs to, for example a runner's. A primary that hides
      // its command line most likely runs the script of its workers.
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

/** The parent of a process; null if it is unknown. */
function memberAbove(binding: Binding, { identity }: Member): Member | null {
  const parent = identityOf(binding, identity.ppid);
  // If the pid was reused, that process is younger than its child.
  if (parent === null || BigInt(parent.startTime) > BigInt(identity.startTime)) return null;
  return { identity: parent, start: startOf(parent.pid) };
}

/**
 * True if a forked process is a part of its parent: the child's script belongs to the same package, or to one that is
 * installed for it, such as a runner's agent or a pool's worker.
 *
 * @param own the child's package
 * @param start how the parent was started
 * @param packages of the parent
 */
function isPart(own: string, start: Start, packages: readonly string[]): boolean {
  const { variables } = start;
  const ofCluster = variables !== null && isClusterWorker(variables);
  // A child of a tool may be a program that the tool runs: if it forks several, each is an application of its own.
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
 * @returns exact: false if its title hides its script, and the package around its working directory is returned
 */
function packagesOf(binding: Binding, member: Member): { packages: string[]; exact: boolean } {
  const { pid } = member.identity;
  const { pm2, variables } = member.start;
  // PM2's wrapper changes the title, and thereby the command line.
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

/** True if the process was started by PM2: it has an application's number, and its parent has none. */
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
    // The reason may be another one, such as no descriptor left.
    return existsSync('/proc/self/stat') ? reason : `${reason}; set MPMETRICS_SEGMENT`;
  }
}

function identityOf(binding: Binding, pid: number): ProcessIdentity | null {
  try {
    return binding.identity(pid);
  } catch {
    // There is no /proc, or it shows another namespace's processes.
    return null;
  }
}
