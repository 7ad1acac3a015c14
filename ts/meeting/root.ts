/** Finds the root of the application to which this process belongs. */

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

/** Maximum number of levels between a process and its root, more than any application has. */
const GENERATIONS = 64;

/** The root of an application. */
export interface Root {
  identity: ProcessIdentity;
  /** The PM2 application, if the root is PM2, which may run several; otherwise null. */
  pm2: Pm2Application | null;
  /** The folders of packages that may be the application's, the likeliest first. */
  packages: readonly string[];
}

/** A process on the walk up to the root. */
interface Member {
  identity: ProcessIdentity;
  start: Start;
}

/** Facts about this process. */
export interface Self extends Member {
  /** The folder of its main script's package. */
  package: string;
  /** True if PM2 started this process directly. */
  managed: boolean;
}

/**
 * Returns facts about this process.
 *
 * @returns null if /proc does not identify it
 */
export function self(binding: Binding): Self | null {
  const identity = identityOf(binding, process.pid);
  if (identity === null) return null;
  const start = startOf('self');
  if (start.variables === null) {
    // /proc hides the variables: uses those of Node.js, and adds the one that Node.js deletes in a forked child.
    const forked = process.send === undefined ? {} : { NODE_CHANNEL_FD: '' };
    start.variables = { ...process.env, ...forked };
  }
  return { start, identity, package: ownPackage(start.pm2), managed: isManaged(start, identity) };
}

/**
 * Finds the root: walks up from this process as long as a process belongs to the same application as its parent. So
 * grandchildren find the root even if no process in between loads this package.
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
    // A process that runs tests uses memory storage. Each program that it starts is an application of its own.
    if (isTest(binding, above)) break;
    const told = packagesOf(binding, above);
    if (isClusterWorker(start.variables)) {
      // A cluster worker belongs to its primary, whatever the package of its script: it may be a runner's script. A
      // primary whose title hides its script most likely runs the script of its workers.
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

/** Returns the parent of a process; null if it is unknown. */
function memberAbove(binding: Binding, { identity }: Member): Member | null {
  const parent = identityOf(binding, identity.ppid);
  // A process that is younger than the child is not its parent: the parent's pid was reused.
  if (parent === null || BigInt(parent.startTime) > BigInt(identity.startTime)) return null;
  return { identity: parent, start: startOf(parent.pid) };
}

/**
 * True if a forked process belongs to the application of its parent: its script belongs to the parent's package, or to
 * one that is installed for the parent's package, such as a runner's agent or a pool's worker.
 *
 * @param own the child's package
 * @param start how the parent was started
 * @param packages the parent's packages
 */
function isPart(own: string, start: Start, packages: readonly string[]): boolean {
  const { variables } = start;
  const ofCluster = variables !== null && isClusterWorker(variables);
  // If the parent was forked itself, it may be a tool that forks several programs. Each of these programs is an
  // application of its own.
  const isTool = !ofCluster && variables !== null && isForked(variables);
  return packages.some(
    (folder) =>
      folder === own ||
      (isInstalledFor(own, folder) && !(isTool && isInstalled(folder))) ||
      // The script of a cluster worker may belong to a runner. It runs the application's code, and this code forks
      // scripts of the application.
      (ofCluster && isInstalledFor(folder, own)),
  );
}

/**
 * Returns the packages that a process runs: the package of its script and, for a cluster worker, those of its primary.
 *
 * @returns exact: false if the process's title hides its script; the package around its working directory then stands
 *   for the script's
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

/** True if PM2 started the process: it has the number of a PM2 application, and its parent does not have the same. */
function isManaged(start: Start, identity: ProcessIdentity): boolean {
  if (start.pm2 === null) return false;
  // Only PM2 sets this variable. Its wrapper deletes it before the application runs, so children of the application do
  // not inherit it.
  if (start.variables?.['pm2_env'] !== undefined) return true;
  return startOf(identity.ppid).pm2?.id !== start.pm2.id;
}

/**
 * Explains why {@link self} returned null.
 *
 * @returns a sentence without a full stop
 */
export function whyUnknown(binding: Binding): string {
  try {
    binding.identity(process.pid);
    return '/proc did not tell which process this is';
  } catch (error) {
    const reason = `which process this is cannot be told: ${messageOf(error)}`;
    // If /proc is there, the reason is another one, such as no free descriptor: MPMETRICS_SEGMENT would not help.
    return existsSync('/proc/self/stat') ? reason : `${reason}; set MPMETRICS_SEGMENT`;
  }
}

function identityOf(binding: Binding, pid: number): ProcessIdentity | null {
  try {
    return binding.identity(pid);
  } catch {
    // /proc is missing, cannot be read, or shows the processes of another namespace.
    return null;
  }
}
