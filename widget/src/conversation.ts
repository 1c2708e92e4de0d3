/** One conversation: what is on the screen, what is under way, and how it goes on when something fails. */

import { Cancelled, type Client, Interrupted, type Obstacle, Refused, SessionExpired } from './client';
import type { Answer, Button, Message } from './contract';
import type { Store } from './store';

const LONGEST_WAIT = 15; // seconds between two tries

/** A message with its answers; `text` is null where the assistant speaks first. A turn is never changed, but replaced. */
export interface Turn {
  readonly key: string;
  readonly text: string | null;
  readonly answers: readonly Answer[];
  /** Whether the session before it was lost, with what the assistant knew. */
  readonly afterExpiry: boolean;
}

export class Conversation {
  turns: readonly Turn[] = [];
  starters: readonly Button[] = [];
  /** Whether the session's own beginning is on the screen. */
  loaded = false;
  /** Why an answer is not there yet, with the seconds until the next try; null if nothing is in the way. */
  obstacle: { readonly kind: Obstacle; readonly wait: number } | null = null;
  /** What the server refused: a message, the whole conversation, or nothing. */
  refused: 'bericht' | 'gesprek' | null = null;

  private running = false;
  private cancellation = new AbortController();
  private wake: (() => void) | null = null;
  private greetings = 0;

  /** `changed` is called whenever there is something new to show. */
  constructor(
    private readonly client: Client,
    private readonly store: Store,
    private readonly changed: () => void,
  ) {}

  /** Whether a message waits for its answer. */
  get waiting(): boolean {
    return this.store.get('pending') !== null;
  }

  /** Whether it has to do with the server now. */
  get busy(): boolean {
    return this.running;
  }

  /** Show the conversation of this tab, or begin one; send what was not answered yet. */
  async open(): Promise<void> {
    if (this.running) return;
    this.running = true;
    const { signal } = this.cancellation;
    try {
      this.changed();
      if (!this.loaded) await this.load(signal);
      for (let message = this.store.get('pending'); message; message = this.store.get('pending')) {
        await this.deliver(message, signal);
      }
    } catch (error) {
      if (error instanceof Cancelled) return;
      if (!(error instanceof Refused)) throw error;
      this.takeBack();
    } finally {
      if (this.cancellation.signal === signal) {
        this.running = false;
        this.changed();
      }
    }
  }

  /** Send what was typed, or a pressed button; one message at a time, so while one waits this returns false. */
  send(text: string, payload: string | null = null): boolean {
    if (this.waiting) return false;
    const message = { id: newId(), text, payload };
    this.refused = null;
    this.store.set(payload === null ? { pending: message, draft: '' } : { pending: message });
    this.turns = [...this.turns, asTurn(message)];
    this.changed();
    void this.open();
    return true;
  }

  /** Try again now. */
  retry(): void {
    this.wake?.();
  }

  /**
   * Erase the conversation on the server and here.
   *
   * Returns 'mislukt' when the server did not do it, and everything is as it was; 'verlopen' when the server did not
   * know the session any more.
   */
  async erase(): Promise<'gewist' | 'verlopen' | 'mislukt'> {
    this.stop();
    const token = this.store.get('token');
    let outcome: 'gewist' | 'verlopen' = 'gewist';
    try {
      if (token) await this.client.erase(token, this.cancellation.signal);
    } catch (error) {
      if (!(error instanceof SessionExpired)) {
        if (!(error instanceof Cancelled)) void this.open();
        return 'mislukt';
      }
      outcome = 'verlopen';
    }
    this.store.clear();
    this.turns = [];
    this.loaded = false;
    this.refused = null;
    this.changed();
    return outcome;
  }

  /** Let go of what is under way; it stays in the store. */
  stop(): void {
    this.cancellation.abort();
    this.cancellation = new AbortController();
    this.running = false;
    this.obstacle = null;
  }

  private async load(signal: AbortSignal): Promise<void> {
    const begun = await this.persist(signal, async () => {
      const token = this.store.get('token');
      if (!token) return this.begin(signal);
      const { turns, starters } = await this.client.history(token, signal);
      this.starters = starters;
      return turns.map(({ id, text, answers }) => this.newTurn(id, text, answers));
    });
    const pending = this.store.get('pending');
    if (pending && begun.some((turn) => turn.key === pending.id && turn.answers.length > 0)) {
      this.store.set({ pending: null });
    }
    const unanswered = this.store.get('pending');
    const known = begun.filter((turn) => turn.key !== unanswered?.id);
    this.turns = unanswered ? [...known, asTurn(unanswered)] : known;
    this.loaded = true;
    this.changed();
  }

  private async deliver(message: Message, signal: AbortSignal): Promise<void> {
    const answers = await this.persist(signal, async () => {
      const token = this.store.get('token');
      if (token) return this.client.send(token, message, signal);
      // The greeting of the new session stays away: the screen shows the one of the session that was lost.
      await this.begin(signal);
      this.replace(message.id, { afterExpiry: this.turns.length > 1 });
      return this.client.send(this.store.get('token') as string, message, signal);
    });
    this.replace(message.id, { answers });
    this.store.set({ pending: null });
    this.changed();
  }

  private async begin(signal: AbortSignal): Promise<readonly Turn[]> {
    const session = await this.client.openSession(signal);
    this.store.set({ token: session.token });
    this.starters = session.starters;
    return [this.newTurn(null, null, session.answers)];
  }

  /** Return what `request` returns, however many tries it takes; a session that was lost is let go first. */
  private async persist<Result>(signal: AbortSignal, request: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      const backoff = Math.min(2 ** tries, LONGEST_WAIT);
      try {
        const result = await request();
        this.obstacle = null;
        return result;
      } catch (error) {
        if (error instanceof SessionExpired) {
          this.store.set({ token: null });
          if (tries > 0) await this.pause(signal, backoff);
        } else if (error instanceof Interrupted) {
          const wait = error.wait ?? backoff;
          this.obstacle = { kind: error.obstacle, wait };
          this.changed();
          await this.pause(signal, wait);
        } else {
          throw error;
        }
      }
    }
  }

  /** Wait, but no longer than until the network is back or `retry` is called. */
  private pause(signal: AbortSignal, seconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        window.removeEventListener('online', end);
        signal.removeEventListener('abort', end);
        this.wake = null;
        if (signal.aborted) reject(new Cancelled());
        else resolve();
      };
      const timer = setTimeout(end, seconds * 1000);
      window.addEventListener('online', end);
      signal.addEventListener('abort', end);
      this.wake = end;
    });
  }

  /** After a refusal: what was typed goes back into the draft, where it can be changed or copied. */
  private takeBack(): void {
    const message = this.store.get('pending');
    this.obstacle = null;
    this.refused = message && message.payload === null ? 'bericht' : 'gesprek';
    if (!message) return;
    const draft = message.payload === null ? [message.text, this.store.get('draft')] : [this.store.get('draft')];
    this.store.set({ pending: null, draft: draft.filter(Boolean).join('\n') });
    this.turns = this.turns.filter((turn) => turn.key !== message.id);
  }

  private replace(key: string, changes: Partial<Turn>): void {
    this.turns = this.turns.map((turn) => (turn.key === key ? { ...turn, ...changes } : turn));
  }

  private newTurn(id: string | null, text: string | null, answers: readonly Answer[]): Turn {
    if (id === null) this.greetings += 1;
    return { key: id ?? `begin-${this.greetings}`, text, answers, afterExpiry: false };
  }
}

function asTurn({ id, text }: Message): Turn {
  return { key: id, text, answers: [], afterExpiry: false };
}

/** Return 32 hexadecimal digits; crypto.randomUUID is missing on pages without https. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
