/** The command `mpmetrics`, as a person or a script runs it. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { Program, type Application } from './application';

const cli = join(__dirname, '..', '..', 'dist', 'cli.js');

/** The result of a command. */
export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** How a command is run: with further variables, or as another user. */
export interface Manner {
  env?: Record<string, string>;
  user?: number;
}

function options(app: Application, { env, user }: Manner) {
  const as = user === undefined ? {} : { uid: user, gid: user };
  return { cwd: app.folder, env: app.environment(env), ...as } as const;
}

/** Runs a command to its end, where it sees the segments of an application and no others. */
export function mpmetrics(app: Application, args: readonly string[], manner: Manner = {}): Result {
  const given = { ...options(app, manner), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], given);
  return { status, stdout, stderr };
}

/** Starts a command that runs until it is told to end. The caller ends it. */
export function running(app: Application, args: readonly string[]): Program {
  return new Program(spawn(process.execPath, [cli, ...args], options(app, {})));
}

/** Runs a command on a terminal of its own (util-linux's `script`). */
export function onTerminal(
  app: Application,
  args: readonly string[],
  env: Record<string, string>,
): string {
  const command = [process.execPath, cli, ...args].join(' ');
  const given = { ...options(app, { env }), encoding: 'utf8' } as const;
  return spawnSync('script', ['-qec', command, '/dev/null'], given).stdout;
}
