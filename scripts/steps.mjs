/**
 * Runs steps and programs, and prints a line per step with the seconds that it took.
 * This file and `environment.mjs` use only syntax that Node.js 14 can read, so that an old Node.js prints the
 * sentence about its version and not a syntax error.
 */
import { spawn } from 'child_process';
import { fileURLToPath } from 'url';
import { dirname } from 'path';

/** The repository's root, without a slash at the end. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Milliseconds between two lines that say that a step still runs. */
const HEARTBEAT_MS = 15000;

/** An error that a person can fix. It is printed as one sentence, without a stack. */
export class Refusal extends Error {}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * Runs one step and prints how long it took.
 *
 * @param {string} title what is done, as in "compiling TypeScript"
 * @param {() => unknown} action may return or resolve with a string, which is added to the line
 * @returns {Promise<unknown>} what the action returned
 */
export async function step(title, action) {
  const start = Date.now();
  say(`» ${title} …`);
  const heartbeat = setInterval(() => say(`  … still ${title}, ${seconds(start)}`), HEARTBEAT_MS);
  try {
    const result = await action();
    const note = typeof result === 'string' ? ` (${result})` : '';
    say(`✓ ${title}: ${seconds(start)}${note}`);
    return result;
  } catch (error) {
    say(`✗ ${title}: ${seconds(start)}`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Runs a program, by default in the repository's root.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, show?: boolean }} options `show`: whether the program's output
 *   is shown at once; otherwise it is printed only if the program fails. With `show`, Ctrl-C ends the program, and then
 *   this process
 * @returns {Promise<void>} rejects with a Refusal if the program is missing or does not exit with 0
 */
export function run(command, args, options = {}) {
  const show = options.show === true;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd || root,
      env: Object.assign({}, process.env, options.env),
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    const output = [];
    let broken = false;
    const breakOff = () => {
      broken = true;
      child.kill('SIGINT');
    };
    if (show) {
      process.on('SIGINT', breakOff);
    } else {
      child.stdout.on('data', (chunk) => output.push(chunk));
      child.stderr.on('data', (chunk) => output.push(chunk));
    }
    child.on('error', (error) =>
      reject(new Refusal(`${command} could not be run: ${error.message}`)),
    );
    child.on('close', (code, signal) => {
      process.off('SIGINT', breakOff);
      // The exit code that shells use for a program that SIGINT ended.
      if (broken) process.exit(130);
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(output));
      const how = signal === null ? `exited with ${code}` : `was killed by ${signal}`;
      reject(new Refusal(`${[command].concat(args).join(' ')} ${how}`));
    });
  });
}

/** Runs a script's main function; a Refusal becomes one sentence on stderr and exit code 1. */
export function main(action) {
  Promise.resolve()
    .then(action)
    .catch((error) => {
      say(error instanceof Refusal ? `mpmetrics: ${error.message}` : String(error.stack));
      process.exitCode = 1;
    });
}
