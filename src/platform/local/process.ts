/** Processes of this machine by /proc: who they are, what they started, whether they are gone. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A pid alone may be another process tomorrow; with its start time (clock ticks since boot) it may not. */
export interface Identity {
  readonly pid: number;
  readonly started: string;
}

/** The fields of /proc/PID/stat after the command name, which may itself hold spaces and parentheses. */
function stat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** proc(5): state is the first field after the name, ppid the second, starttime the twentieth. A zombie counts as gone. */
function look(pid: number): { parent: number; started: string } | undefined {
  const [state, parent, ...rest] = stat(pid) ?? [];
  const started = rest[17];
  if (state === undefined || state === 'Z' || state === 'X' || started === undefined) return undefined;
  return { parent: Number(parent), started };
}

export function identify(pid: number): Identity | undefined {
  const seen = look(pid);
  return seen && { pid, started: seen.started };
}

export function isAlive(identity: Identity): boolean {
  return look(identity.pid)?.started === identity.started;
}

/** Everything that this process started, and what those started: PostgreSQL's backends make their own sessions. */
export function descendants(pid: number): Identity[] {
  const parents = new Map<number, Identity[]>();
  for (const name of readdirSync('/proc')) {
    const seen = /^\d+$/.test(name) ? look(Number(name)) : undefined;
    if (!seen) continue;
    const siblings = parents.get(seen.parent) ?? [];
    siblings.push({ pid: Number(name), started: seen.started });
    parents.set(seen.parent, siblings);
  }
  const found: Identity[] = [];
  for (let next = parents.get(pid) ?? []; next.length > 0; next = next.flatMap((one) => parents.get(one.pid) ?? []))
    found.push(...next);
  return found;
}

/** Sends the signal if it is still that process. False: it is gone. */
export function signal(identity: Identity, name: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    return false;
  }
}

/** Resolves to whether all are gone within `milliseconds`. */
export async function gone(identities: readonly Identity[], milliseconds: number): Promise<boolean> {
  const until = performance.now() + milliseconds;
  while (identities.some(isAlive)) {
    if (performance.now() > until) return false;
    await wait(10);
  }
  return true;
}
