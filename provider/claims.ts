/**
 * Which objects this operation has checked, created or adopted, shared by all plugin processes of one operation.
 *
 * When a resource gets another logical name, Pulumi creates the new one (we adopt the object that exists) and, at
 * the very end, deletes the old one: the same object on the broker. A claim says that it belongs to the new one by
 * then. The two packages run as processes of their own, so claims are files, in a folder that only the processes
 * started by the same engine at the same address share.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Claims {
  /** A resource of this operation's program is this object. */
  check(identity: string, urn: string): void;
  /** The object was created or adopted for this resource. */
  create(identity: string, urn: string): void;
  /** Whether the resource's own program still has it, so that a delete is the first half of a replacement. */
  isChecked(identity: string, urn: string): boolean;
  /** Why a delete must leave the object alone; undefined where it may go on. */
  reasonToKeep(identity: string, urn: string): string | undefined;
  /** Takes the folder away when no other process uses it. */
  release(): void;
}

const PREFIX = 'warren-claims-';
const CREATED = '.created';
const STALE_AFTER_MS = 60_000;

export function openClaims(engineAddress: string): Claims {
  const user = process.getuid?.() ?? 0;
  // The engine's process id makes the name unique even when a later engine gets the same port.
  const key = digest(`${engineAddress} ${process.ppid}`);
  const folder = join(tmpdir(), `${PREFIX}${user}-${key}`);
  removeStaleFolders(folder, `${PREFIX}${user}-`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid !== user)
    throw new Error(`The folder ${folder} belongs to another user. Remove it.`);
  const pidFile = join(folder, `pid-${process.pid}`);
  writeFileSync(pidFile, '');
  const ownFile = (identity: string, urn: string): string => join(folder, digest(identity), digest(urn));
  const write = (identity: string, urn: string, suffix: string): void => {
    mkdirSync(join(folder, digest(identity)), { recursive: true, mode: 0o700 });
    writeFileSync(ownFile(identity, urn) + suffix, '');
  };
  return {
    check: (identity, urn) => {
      write(identity, urn, '');
    },
    create: (identity, urn) => {
      write(identity, urn, CREATED);
    },
    isChecked: (identity, urn) => existsSync(ownFile(identity, urn)),
    reasonToKeep: (identity, urn) => {
      const own = digest(urn);
      const others = namesIn(join(folder, digest(identity))).filter((name) => name !== own);
      if (others.some((name) => name !== own + CREATED))
        return 'another resource of this program is the same object';
      return others.length > 0 ? 'it was created or adopted in this very operation' : undefined;
    },
    release: () => {
      rmSync(pidFile, { force: true });
      if (!hasLivingProcess(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Folders of operations that are over. Young ones may be in the making, with no process written down yet. */
function removeStaleFolders(own: string, prefix: string): void {
  for (const name of namesIn(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(prefix) || folder === own) continue;
    try {
      const ageMs = Date.now() - statSync(folder).mtimeMs;
      if (ageMs > STALE_AFTER_MS && !hasLivingProcess(folder))
        rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process was faster.
    }
  }
}

function hasLivingProcess(folder: string): boolean {
  return namesIn(folder).some((name) => name.startsWith('pid-') && isAlive(Number(name.slice(4))));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
