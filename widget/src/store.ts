/** What this tab remembers of a conversation, so that a reload or another page of the site goes on with it. */

import type { Message } from './contract';

interface Saved {
  token: string | null;
  /** Sent, but not answered yet. */
  pending: Message | null;
  /** What the parent chose; null before there was a choice. */
  open: boolean | null;
  draft: string;
}

const NOTHING: Saved = { token: null, pending: null, open: null, draft: '' };

/** Keeps it in sessionStorage, or in memory alone where the browser blocks that. */
export class Store {
  private readonly key: string;
  private saved: Saved;

  /** Each `school` of a website has its own conversation; null is the one school that most have. */
  constructor(school: string | null = null) {
    this.key = school ? `ouderwijzer-${school}` : 'ouderwijzer';
    this.saved = { ...NOTHING, ...read(this.key) };
  }

  get<Name extends keyof Saved>(name: Name): Saved[Name] {
    return this.saved[name];
  }

  set(changes: Partial<Saved>): void {
    this.saved = { ...this.saved, ...changes };
    inStorage((storage) => storage.setItem(this.key, JSON.stringify(this.saved)));
  }

  clear(): void {
    this.saved = NOTHING;
    inStorage((storage) => storage.removeItem(this.key));
  }
}

function read(key: string): Partial<Saved> {
  const found = inStorage((storage) => JSON.parse(storage.getItem(key) ?? '{}'));
  return found instanceof Object ? found : {};
}

function inStorage<Result>(use: (storage: Storage) => Result): Result | null {
  try {
    return use(sessionStorage);
  } catch {
    // Blocked, full, or not ours: the conversation goes on without it.
    return null;
  }
}
