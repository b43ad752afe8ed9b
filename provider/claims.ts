/**
 * Which objects this operation has checked, created or adopted, shared by all plugin processes of one operation.
 *
 * When a resource gets another logical name, Pulumi creates the new one (we adopt the object that exists) and, at
 * the very end, deletes the old one: the same object on the broker. A claim says that it belongs to the new one by
 * then. The two packages run as processes of their own, so claims are files, in a folder that only the processes
 * started by the same engine at the same address share: each process adds lines to its own (a file or folder per
 * object took longer than the broker), and reads on in the others' before a delete.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Claims {
  /** A resource of this operation's program is these objects. */
  check(identities: readonly string[], urn: string): void;
  /** The objects were created or adopted for this resource. */
  create(identities: readonly string[], urn: string): void;
  /** Whether the resource's own program still has it, so that a delete is the first half of a replacement. */
  isChecked(identity: string, urn: string): boolean;
  /** Why a delete must leave the object alone; undefined where it may go on. */
  reasonToKeep(identity: string, urn: string): string | undefined;
  /** True for the first who asks with this word in the whole operation: for what shall be said only once. */
  isFirst(word: string): boolean;
  /** Takes the folder away when no other process uses it. */
  release(): void;
}

const PREFIX = 'warren-claims-';
const STALE_AFTER_MS = 60_000;
const DIGEST_LENGTH = 32;
/** After the two digests: what the claim says. */
const CHECKED = 'c';
const CREATED = 'n';
const LINE_LENGTH = 2 * DIGEST_LENGTH + 2;

/** By this process: only tests open several. */
let opened = 0;

export function openClaims(engineAddress: string): Claims {
  const user = process.getuid?.() ?? 0;
  // The engine's process id makes the name unique even when a later engine gets the same port.
  const key = digest(`${engineAddress} ${process.ppid}`);
  const folder = join(tmpdir(), `${PREFIX}${user}-${key}`);
  removeStaleFolders(folder, `${PREFIX}${user}-`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid !== user)
    throw new Error(`The folder ${folder} belongs to another user. Remove it.`);
  const ownName = `${process.pid}-${opened++}`;
  const ownFile = join(folder, ownName);
  // Also what says that this process lives.
  const descriptor = openSync(ownFile, 'a', 0o600);
  const known = new Map<string, Set<string>>();
  const readUpTo = new Map<string, number>();
  const note = (line: string): void => {
    const identity = line.slice(0, DIGEST_LENGTH);
    const claims = known.get(identity) ?? new Set();
    known.set(identity, claims.add(line.slice(DIGEST_LENGTH)));
  };
  const write = (identities: readonly string[], urn: string, kind: string): void => {
    const lines = identities.map((identity) => `${digest(identity)}${digest(urn)}${kind}`);
    lines.forEach(note);
    appendFileSync(descriptor, lines.map((line) => `${line}\n`).join(''));
  };
  const readOthers = (): void => {
    for (const name of namesIn(folder).filter((other) => other !== ownName)) {
      const from = readUpTo.get(name) ?? 0;
      const lines = readLines(join(folder, name), from);
      lines.forEach(note);
      readUpTo.set(name, from + lines.length * LINE_LENGTH);
    }
  };
  const claimsOf = (identity: string): readonly string[] => {
    readOthers();
    return [...(known.get(digest(identity)) ?? [])];
  };
  return {
    check: (identities, urn) => {
      write(identities, urn, CHECKED);
    },
    create: (identities, urn) => {
      write(identities, urn, CREATED);
    },
    isChecked: (identity, urn) => claimsOf(identity).includes(digest(urn) + CHECKED),
    reasonToKeep: (identity, urn) => {
      const own = digest(urn);
      const others = claimsOf(identity).filter((claim) => claim !== own + CHECKED);
      if (others.some((claim) => claim !== own + CREATED))
        return 'another resource of this program is the same object';
      return others.length > 0 ? 'it was created or adopted in this very operation' : undefined;
    },
    isFirst: (word) => {
      try {
        writeFileSync(join(folder, `first-${digest(word)}`), '', { flag: 'wx' });
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    },
    release: () => {
      if (!existsSync(ownFile)) return;
      closeSync(descriptor);
      // What this process claimed must outlive it while another one may still delete.
      if (!hasLivingProcess(folder, process.pid)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whole lines from a position on; the last one may be in the making. */
function readLines(file: string, from: number): readonly string[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const length = fstatSync(descriptor).size - from;
    if (length < LINE_LENGTH) return [];
    const buffer = Buffer.alloc(length);
    const text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, length, from));
    return text
      .slice(0, text.length - (text.length % LINE_LENGTH))
      .split('\n')
      .slice(0, -1);
  } catch {
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
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

/** Other than the process with the id `except`. */
function hasLivingProcess(folder: string, except?: number): boolean {
  const ids = namesIn(folder).map((name) => Number.parseInt(name, 10));
  return ids.some((id) => id !== except && isAlive(id));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
