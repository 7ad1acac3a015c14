/** A file that is replaced as a whole: readers see the old text or the new one, never a part. */

import { randomBytes } from 'crypto';
// Not from 'fs/promises': Node.js loads `promises` when it is first used.
import { promises } from 'fs';
import type { FileHandle } from 'fs/promises';
import { basename, dirname, join } from 'path';

import { codeOf } from '../errors';

/** How old a temporary file of a dead process must be before it is removed, in milliseconds. */
const ABANDONED_MS = 60_000;

/** Names of temporary files: those of other programs' files must not match. */
const TEMPORARY = /^\.(.+)\.(\d+)\.[0-9a-f]{12}$/;

/**
 * Replaces a file's text, by a temporary file in the same folder that is renamed. Removes temporary files that dead
 * processes left there.
 *
 * @param mode of the file, whatever the umask
 * @throws the error of the system, after which the old file is as it was and no temporary file is left
 */
export async function rewrite(path: string, text: string, mode: number): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const temporary = join(folder, `.${name}.${process.pid}.${randomBytes(6).toString('hex')}`);
  // Exclusively: a link that another user made there is not followed.
  const file = await promises.open(temporary, 'wx', mode);
  try {
    await fill(file, text, mode);
    await promises.rename(temporary, path);
  } catch (error) {
    await promises.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await sweep(folder, name);
}

async function fill(file: FileHandle, text: string, mode: number): Promise<void> {
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes the temporary files of processes that died before they renamed them. It is no error if that fails. */
async function sweep(folder: string, name: string): Promise<void> {
  const files = await promises.readdir(folder).catch(() => []);
  for (const one of files) {
    const [, of, pid] = TEMPORARY.exec(one) ?? [];
    if (of !== name || lives(Number(pid))) continue;
    const path = join(folder, one);
    try {
      // A process of another container, whose pid says nothing here, may be writing it just now.
      const { mtimeMs } = await promises.stat(path);
      if (Date.now() - mtimeMs > ABANDONED_MS) await promises.unlink(path);
    } catch {
      continue;
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
