/**
 * Makes this process believe that it runs on another system: `node --require ./foreign.cjs`, with `FOREIGN` as the
 * names of the system and the processor. Files in /proc, /sys and /dev are absent, and neither a program can be started
 * nor a native module loaded. Each attempt at one of these is written as a line to the file `FOREIGN_LOG`. On `win32`,
 * `process` also lacks the functions for users and groups.
 */
const child = require('node:child_process');
const fs = require('node:fs');

const [system, processor] = process.env.FOREIGN.split(' ');
Object.defineProperty(process, 'platform', { value: system });
Object.defineProperty(process, 'arch', { value: processor });

const { appendFileSync } = fs;

function tell(attempt) {
  appendFileSync(process.env.FOREIGN_LOG, `${attempt}\n`);
}

/** Returns the path that a function of `fs` was given, if it is in /proc, /sys or /dev; else undefined. */
function absent(path) {
  const text = path instanceof URL ? path.pathname : String(path);
  return /^\/(proc|sys|dev)(\/|$)/.test(text) ? text : undefined;
}

function missing(name, path) {
  tell(`fs.${name} ${path}`);
  const message = `ENOENT: no such file or directory, ${name} '${path}'`;
  return Object.assign(new Error(message), { code: 'ENOENT', syscall: name, path });
}

for (const [name, call] of Object.entries(fs)) {
  if (typeof call !== 'function' || /^[A-Z_]/.test(name)) continue;
  fs[name] = Object.assign(function (...args) {
    const path = absent(args[0]);
    if (path === undefined) return call.apply(this, args);
    const error = missing(name, path);
    if (name === 'existsSync') return false;
    const callback = args.at(-1);
    if (typeof callback !== 'function') throw error;
    return void process.nextTick(callback, error);
  }, call);
}

for (const [name, call] of Object.entries(fs.promises)) {
  if (typeof call !== 'function') continue;
  fs.promises[name] = async (...args) => {
    const path = absent(args[0]);
    if (path !== undefined) throw missing(name, path);
    return Reflect.apply(call, fs.promises, args);
  };
}

for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
  child[name] = (command) => {
    tell(`child_process.${name} ${command}`);
    throw new Error(`${name} of ${command}`);
  };
}

process.dlopen = (_, file) => {
  tell(`process.dlopen ${file}`);
  throw new Error(`${file} is of another system`);
};

if (system === 'win32') {
  for (const name of ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups', 'initgroups']) {
    delete process[name];
  }
  for (const name of ['setuid', 'seteuid', 'setgid', 'setegid', 'setgroups']) delete process[name];
}
