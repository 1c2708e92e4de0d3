/** The web connector over HTTP: one method a route, and what can go wrong as three kinds of errors. */

import type { Answer, History, Message, Session } from './contract';

const PATIENCE = 10_000; // ms; the connector answers within 3 s

export type Obstacle = 'verbinding' | 'druk' | 'storing';

/** It did not work now and may work later; `wait` is what the server asks for, in seconds. */
export class Interrupted extends Error {
  constructor(
    readonly obstacle: Obstacle,
    readonly wait: number | null = null,
  ) {
    super(obstacle);
  }
}

/** The server does not know this session (any more). */
export class SessionExpired extends Error {}

/** The server will not take this, however often it is asked. */
export class Refused extends Error {}

/** The asker gave up. */
export class Cancelled extends Error {}

export class Client {
  /**
   * `base` is the connector's address, without a slash at the end; `school` is one of several that it serves, null for
   * its own. Every method raises the errors above.
   */
  constructor(
    private readonly base: string,
    private readonly school: string | null,
  ) {}

  openSession(signal: AbortSignal): Promise<Session> {
    const query = this.school ? `?school=${encodeURIComponent(this.school)}` : '';
    return this.request('POST', `/sessions${query}`, signal);
  }

  history(token: string, signal: AbortSignal): Promise<History> {
    return this.request('GET', '/messages', signal, token);
  }

  async send(token: string, { id, text, payload }: Message, signal: AbortSignal): Promise<readonly Answer[]> {
    const body = payload === null ? { id, text } : { id, payload };
    return (await this.request<{ answers: Answer[] }>('POST', '/messages', signal, token, body)).answers;
  }

  erase(token: string, signal: AbortSignal): Promise<void> {
    return this.request('DELETE', '/session', signal, token);
  }

  private async request<Body>(
    method: string,
    path: string,
    signal: AbortSignal,
    token?: string,
    body?: object,
  ): Promise<Body> {
    const headers: Record<string, string> = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers['Content-Type'] = 'application/json';
    // One controller for giving up and for waiting too long: AbortSignal.any is too new.
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort);
    const timer = setTimeout(abort, PATIENCE);
    try {
      const response = await fetch(this.base + path, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        credentials: 'omit',
        cache: 'no-store',
        signal: controller.signal,
      });
      check(response);
      return response.status === 204 ? (undefined as Body) : await response.json();
    } catch (error) {
      if (signal.aborted) throw new Cancelled();
      if (error instanceof SyntaxError) throw new Interrupted('storing');
      // What fetch itself throws has no more to tell than that nothing came back.
      throw error instanceof TypeError || error instanceof DOMException ? new Interrupted('verbinding') : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }
}

function check(response: Response): void {
  if (response.ok) return;
  const wait = Number.parseInt(response.headers.get('Retry-After') ?? '', 10) || null;
  if (response.status === 401) throw new SessionExpired();
  if (response.status === 429 && wait) throw new Interrupted('druk', wait);
  if (response.status === 429 || response.status >= 500) throw new Interrupted('storing', wait);
  throw new Refused();
}
