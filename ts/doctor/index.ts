/** `npx mpmetrics doctor`: reports what an application loads, what works on this machine, and what to change. */

import { dirname } from 'path';

import { CLIENTS } from '../register/names';
import { advice } from './advice';
import { usageIn } from './code';
import { installedBelow, manifestOf } from './copies';
import { differences } from './differences';
import { leftAlone } from './older';
import { tryMemory } from './memory';
import { isHooked, verdict } from './verdict';

/** The result of an examination, for people. */
export interface Report {
  readonly lines: readonly string[];
  /** The exit code: see `verdict.ts`; 2 if there is nothing to examine. */
  readonly code: number;
}

/** Returns the folder itself or the nearest one above that has a package.json; the root folder if none has. */
function packageAbove(folder: string): string {
  return manifestOf(folder) !== null || dirname(folder) === folder
    ? folder
    : packageAbove(dirname(folder));
}

/** Returns this package's version. */
export function ownVersion(): string {
  return manifestOf(packageAbove(__dirname))?.version ?? '?';
}

/**
 * Examines an application.
 *
 * @param folder the folder with the application's package.json
 */
export function examine(folder: string): Report {
  const application = manifestOf(folder);
  const lines: string[] = [];
  if (application === null) {
    return { lines: [`There is no package.json in ${folder}.`], code: 2 };
  }
  const { copies, dependents } = installedBelow(folder);
  const foreign = copies.filter(({ name, is }) => CLIENTS.includes(name) && is !== 'mpmetrics');
  lines.push(`Copies that ${application.name ?? 'this application'} may load:`);
  for (const { name, is, version: found, path } of copies) {
    lines.push(
      name === is ? `  ${name} ${found}, in ${path}` : `  ${name} is ${is} ${found}, in ${path}`,
    );
  }
  if (copies.length === 0) lines.push('  none');
  for (const { who, name, range } of dependents) lines.push(`  ${who} asks for ${name} ${range}`);
  const own = copies.filter(({ is }) => is === 'mpmetrics');
  if (new Set(own.map(({ path }) => path)).size > 1) {
    lines.push('  Several copies of mpmetrics share their metrics.');
  }
  lines.push('', 'On this machine:');
  const findings = tryMemory();
  for (const { sentence } of findings) lines.push(`  ${sentence}`);
  const names = [...new Set(foreign.map(({ name }) => name))];
  if (names.length > 0) {
    lines.push(
      '',
      'Without a change: node --import mpmetrics/register app.js answers these names with mpmetrics.',
      ...leftAlone(foreign, dependents).map((line) => `  ${line}`),
    );
    lines.push(
      '',
      `To put mpmetrics in the place of ${names.join(' and ')}, write into package.json and install again:`,
    );
    for (const { manager, lines: change } of advice(names, application, ownVersion())) {
      lines.push(`  with ${manager}:`, ...change.map((line) => `    ${line}`));
    }
  }
  const usage = usageIn([...new Set([folder, ...dependents.map(({ path }) => path)])]);
  const different = differences(foreign, usage, application);
  lines.push('', 'What will differ from prom-client:', ...different.map((line) => `  ${line}`));
  const hooked = isHooked(application.scripts, process.env['NODE_OPTIONS']);
  const { line, code } = verdict(
    names,
    hooked,
    findings.every(({ good }) => good),
  );
  return { lines: [...lines, '', line], code };
}
