/** The custom element <ouder-wijzer>: a button in the corner of a page, and the panel with the conversation. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { type AnswerActions, plainText, renderAnchor, renderChoice } from './answer';
import { Client } from './client';
import { type Answer, type Button, MAX_LENGTH } from './contract';
import { Conversation, type Turn } from './conversation';
import { icons } from './icons';
import { pageUrl } from './links';
import { copyText, printAlone } from './output';
import { Store } from './store';
import styles from './styles.css?inline';
import { charactersLeft, fill, inSeconds, texts } from './texts';
import { renderTurns } from './turn';
import { followViewport } from './viewport';

// Only while the script itself runs does the page tell where it came from.
const SCRIPT = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : null;
/** The colours that schools have in school.yml, by their names ('' without one): channels/widget.py puts them around. */
declare const ouderwijzerKleuren: Record<string, Record<string, string>> | undefined;
const COLOURS = typeof ouderwijzerKleuren === 'undefined' ? {} : ouderwijzerKleuren;
/** The same as in styles.css: a phone, or a page that is zoomed in far. */
const FULL_SCREEN = '(max-width: 30em), (max-height: 30em)';
const COUNT_FROM = 200; // characters left, from where they are counted
const COUNT_BY = 50; // and how often a screen reader hears it
const SHOW_COPIED = 2_000; // ms

type Erasing = 'vraag' | 'bezig' | 'mislukt';

export class OuderWijzer extends LitElement {
  static override styles = unsafeCSS(styles);
  /** The one on the page that shows itself. */
  private static shown: OuderWijzer | null = null;

  @property() titel: string = texts.titel;
  @property() begroeting = '';
  @property() positie: 'rechts' | 'links' = 'rechts';
  @property() privacy: string | null = null;
  @property() contact: string | null = null;
  @property() server: string | null = null;
  @property() school: string | null = null;
  @property({ type: Boolean, reflect: true }) open = false;

  @state() private isLive = false;
  @state() private erasing: Erasing | null = null;
  @state() private outcome = '';
  @state() private announcement = '';
  @state() private copied: Answer | null = null;

  private store = new Store();
  private conversation: Conversation | null = null;
  private readonly fullScreen = matchMedia(FULL_SCREEN);
  private scrolledTo: readonly Turn[] = [];
  private unfollow = () => {};
  private hadFocus = false;
  private copiedTimer = 0;

  private readonly actions: AnswerActions = {
    press: ({ titel, payload }: Button) => this.send(titel, payload),
    copy: (answer: Answer) => void this.copy(answer),
    print: (card: HTMLElement) => printAlone(card, this.titel, this.renderRoot as ShadowRoot),
  };
  private readonly rerender = () => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    if (OuderWijzer.shown?.isConnected) {
      console.warn('<ouder-wijzer> is on this page twice; only the first one shows.');
      return;
    }
    const base = this.serverBase();
    if (base === null) {
      console.error('<ouder-wijzer> does not know its server: include ouderwijzer.js by <script src>, or set server.');
      return;
    }
    // Of one whose place this takes, the browser tells only afterwards that it is gone.
    OuderWijzer.shown?.disconnectedCallback();
    OuderWijzer.shown = this;
    for (const [name, colour] of Object.entries(COLOURS[this.school ?? ''] ?? {})) {
      this.style.setProperty(`--school-${name}`, colour);
    }
    this.store = new Store(this.school);
    this.conversation = new Conversation(new Client(base, this.school), this.store, this.rerender);
    this.open = this.store.get('open') ?? this.open;
    this.fullScreen.addEventListener('change', this.rerender);
    if (this.open) this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (OuderWijzer.shown !== this) return;
    OuderWijzer.shown = null;
    this.conversation?.stop();
    this.conversation = null;
    this.fullScreen.removeEventListener('change', this.rerender);
    this.unfollow();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.hadFocus = this.hasUpdated && (this.renderRoot as ShadowRoot).activeElement !== null;
    if (changed.has('open') && this.hasUpdated) {
      if (this.open) this.begin();
      else this.end();
    }
  }

  protected override updated(): void {
    if (!this.conversation || !this.open) return;
    // A button that is gone after it was pressed must not take the focus along.
    if (this.hadFocus && !(this.renderRoot as ShadowRoot).activeElement) this.find('.log')?.focus();
    this.showNewest();
    // What is there from before is read when the parent wants it; only what comes after is announced.
    if (!this.isLive && this.conversation.loaded) requestAnimationFrame(() => (this.isLive = true));
  }

  protected override render() {
    // Without a server the page's own fallback stays.
    if (!this.conversation) return OuderWijzer.shown ? nothing : html`<slot></slot>`;
    return html`<div class="widget ${this.positie === 'links' ? 'start' : 'end'}" lang="nl">
      ${this.open ? this.renderPanel(this.conversation) : this.renderLauncher()}
    </div>`;
  }

  private renderLauncher(): TemplateResult {
    return html`<button type="button" class="launcher" aria-haspopup="dialog" @click=${this.openByHand}>
      ${icons.chat}<span>${texts.openen}<span class="hidden"> (${this.titel})</span></span>
    </button>`;
  }

  private renderPanel(conversation: Conversation): TemplateResult {
    return html`<section class="panel" role="dialog" aria-labelledby="title" aria-modal=${this.fullScreen.matches}
      @keydown=${this.onPanelKey} @keypress=${stopHere} @keyup=${stopHere}>
      <div class="header">
        <div class="heading">
          <h2 id="title">${this.titel}</h2>
          <p>${texts.ondertitel}</p>
        </div>
        <button type="button" class="plain erase" @click=${this.askErase}>${icons.erase}<span>${texts.wis}</span></button>
        <button type="button" class="plain close" @click=${this.closeByHand}>${icons.close}<span class="hidden">${texts.sluiten}</span></button>
      </div>
      <div class="log" role="log" aria-label=${texts.gesprek} aria-live=${this.isLive ? 'polite' : 'off'}
        aria-relevant="additions" tabindex="0">
        ${this.begroeting ? html`<div class="answer"><p class="card">${this.begroeting}</p></div>` : nothing}
        ${renderTurns(conversation.turns, this.copied, this.actions)}
        ${this.renderStarters(conversation)}
      </div>
      ${this.renderStatus(conversation)}
      ${this.erasing ? this.renderErase(this.erasing) : nothing}
      ${this.renderComposer(conversation)}
      ${this.renderFooter()}
      <p class="hidden" role="status">${this.announcement}</p>
    </section>`;
  }

  private renderStarters({ starters, turns }: Conversation) {
    if (!starters.length || turns.some((turn) => turn.text !== null)) return nothing;
    return html`<ul class="choices starters" role="list" aria-label=${texts.beginvragen}>
      ${starters.map((starter) => html`<li>${renderChoice(starter, this.actions)}</li>`)}
    </ul>`;
  }

  private renderStatus(conversation: Conversation): TemplateResult {
    const { obstacle, refused } = conversation;
    const busy = conversation.waiting && !obstacle;
    return html`<div class="status">
        <p role="status">${this.statusText(conversation)}${
          busy ? html`<span class="dots" aria-hidden="true"><span></span><span></span><span></span></span>` : nothing
        }</p>
        ${
          obstacle
            ? html`<p><button type="button" class="button" @click=${() => conversation.retry()}>${texts.opnieuw}</button></p>`
            : nothing
        }
      </div>
      ${
        refused && !this.erasing
          ? html`<div class="alert" role="alert">
            <p>${refused === 'bericht' ? texts.bericht_geweigerd : texts.geweigerd}</p>
            ${this.renderContact()}
          </div>`
          : nothing
      }`;
  }

  private statusText({ obstacle, waiting, busy, loaded }: Conversation): string {
    if (this.erasing === 'bezig') return texts.wis_bezig;
    if (obstacle) return fill(texts[obstacle.kind], { tijd: inSeconds(obstacle.wait) });
    if (waiting) return texts.bezig;
    return busy && !loaded ? texts.verbinden : this.outcome;
  }

  private renderErase(erasing: Erasing): TemplateResult {
    const failed = erasing === 'mislukt';
    return html`<div class="confirm" role="alertdialog" aria-labelledby="question">
      <p id="question" aria-live="assertive">${failed ? texts.wis_mislukt : texts.wis_vraag}</p>
      <div class="buttons">
        <button type="button" class="button main" @click=${this.erase}>${failed ? texts.opnieuw : texts.wis_ja}</button>
        <button type="button" class="button keep" @click=${this.keep}>${failed ? texts.wis_niet_nu : texts.wis_nee}</button>
      </div>
    </div>`;
  }

  private renderComposer({ waiting }: Conversation): TemplateResult {
    const draft = this.store.get('draft');
    const left = MAX_LENGTH - draft.length;
    return html`<form class="composer" @submit=${this.onSubmit}>
      <label class="hidden" for="input">${texts.bericht}</label>
      <div class="field" data-draft=${draft}>
        <textarea id="input" rows="1" maxlength=${MAX_LENGTH} placeholder=${texts.voorbeeld} enterkeyhint="send"
          .value=${live(draft)} @input=${this.onInput} @keydown=${this.onInputKey}></textarea>
      </div>
      <button type="submit" class="send" ?disabled=${waiting}>${icons.send}<span class="hidden">${texts.versturen}</span></button>
      ${left <= COUNT_FROM ? html`<p class="counter" aria-hidden="true">${charactersLeft(left, MAX_LENGTH)}</p>` : nothing}
    </form>`;
  }

  private renderFooter() {
    const privacy = pageUrl(this.privacy);
    const contact = this.renderContact();
    if (!privacy && contact === nothing) return nothing;
    return html`<div class="footer">${contact}${privacy ? renderAnchor(privacy, texts.privacy) : nothing}</div>`;
  }

  /** The school's contact: the attribute's, or that of the link which the page shows without JavaScript. */
  private renderContact() {
    const url = pageUrl(this.contact ?? this.querySelector('a[href]')?.getAttribute('href'));
    return url ? renderAnchor(url, texts.contact) : nothing;
  }

  private readonly openByHand = async () => {
    this.open = true;
    this.store.set({ open: true });
    await this.updateComplete;
    this.find<HTMLTextAreaElement>('#input')?.focus();
  };

  private readonly closeByHand = async () => {
    this.open = false;
    this.store.set({ open: false });
    await this.updateComplete;
    this.find('.launcher')?.focus();
  };

  private begin(): void {
    const { conversation } = this;
    if (!conversation) return;
    // A new conversation is announced from its greeting on.
    this.isLive = !conversation.loaded && this.store.get('token') === null;
    this.scrolledTo = [];
    this.unfollow();
    this.unfollow = followViewport(this.renderRoot as ShadowRoot);
    void conversation.open();
  }

  private end(): void {
    this.erasing = null;
    this.unfollow();
  }

  private send(text: string, payload: string | null = null): void {
    if (this.conversation?.send(text, payload)) this.outcome = '';
  }

  private readonly onSubmit = (event: Event) => {
    event.preventDefault();
    const text = this.store.get('draft').trim();
    if (text) this.send(text);
    this.find('#input')?.focus();
  };

  private readonly onInput = (event: Event) => {
    const before = MAX_LENGTH - this.store.get('draft').length;
    const draft = (event.target as HTMLTextAreaElement).value;
    const left = MAX_LENGTH - draft.length;
    this.store.set({ draft });
    if (left <= COUNT_FROM && Math.ceil(left / COUNT_BY) !== Math.ceil(before / COUNT_BY)) {
      this.announcement = charactersLeft(left, MAX_LENGTH);
    }
    this.requestUpdate();
  };

  private readonly onInputKey = (event: KeyboardEvent) => {
    // 229: Safari ends a composition before the Enter that chose its word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.onSubmit(event);
  };

  private readonly onPanelKey = (event: KeyboardEvent) => {
    stopHere(event);
    if (event.key === 'Escape' && !event.isComposing) {
      if (this.erasing) void this.keep();
      else void this.closeByHand();
    } else if (event.key === 'Tab' && this.fullScreen.matches) {
      this.keepFocusInside(event);
    }
  };

  /** A full screen hides the page, so Tab must not go there. */
  private keepFocusInside(event: KeyboardEvent): void {
    const reachable = this.renderRoot.querySelectorAll<HTMLElement>(
      '.panel :is(a[href], button:not(:disabled), textarea, [tabindex="0"])',
    );
    const [from, to] = event.shiftKey ? [0, -1] : [-1, 0];
    if ((this.renderRoot as ShadowRoot).activeElement !== [...reachable].at(from)) return;
    event.preventDefault();
    [...reachable].at(to)?.focus();
  }

  private readonly askErase = async () => {
    if (this.erasing) return;
    this.erasing = 'vraag';
    await this.updateComplete;
    this.find('.keep')?.focus();
  };

  private readonly keep = async () => {
    if (this.erasing === 'bezig') return;
    this.erasing = null;
    await this.updateComplete;
    this.find('.erase')?.focus();
  };

  private readonly erase = async () => {
    if (!this.conversation || this.erasing === 'bezig') return;
    this.erasing = 'bezig';
    const outcome = await this.conversation.erase();
    if (outcome === 'mislukt') {
      this.erasing = 'mislukt';
      return;
    }
    this.erasing = null;
    this.outcome = outcome === 'gewist' ? texts.gewist : texts.gewist_verlopen;
    await this.updateComplete;
    this.find('#input')?.focus();
  };

  private async copy(answer: Answer): Promise<void> {
    const copied = await copyText(plainText(answer), this.renderRoot as ShadowRoot);
    this.announcement = copied ? texts.gekopieerd : texts.kopieer_mislukt;
    this.copied = copied ? answer : null;
    clearTimeout(this.copiedTimer);
    this.copiedTimer = window.setTimeout(() => {
      this.announcement = '';
      this.copied = null;
    }, SHOW_COPIED);
  }

  /** Show the start of a new answer, or the end of a question that waits for one. */
  private showNewest(): void {
    const turns = this.conversation?.turns ?? [];
    if (turns === this.scrolledTo) return;
    this.scrolledTo = turns;
    const log = this.find('.log');
    if (!log || turns.length < 2) return;
    const newest = log.querySelector('.turn:last-of-type');
    const answer = newest?.querySelector('.answer');
    const question = newest?.querySelector<HTMLElement>('.question');
    // A short question stays in sight above its answer.
    const start = question && question.offsetHeight < log.clientHeight / 4 ? question : answer;
    const top =
      answer && start
        ? log.scrollTop + start.getBoundingClientRect().top - log.getBoundingClientRect().top - 16
        : log.scrollHeight;
    // At once: on a smooth way there, older turns that come by get their true height, and it ends elsewhere.
    log.scrollTo({ top });
  }

  private find<Found extends HTMLElement = HTMLElement>(selector: string): Found | null {
    return this.renderRoot.querySelector<Found>(selector);
  }

  /** Return the connector's address: by the attribute, or from where the script came. */
  private serverBase(): string | null {
    const server = pageUrl(this.server);
    if (server) return `${server.replace(/\/$/, '')}/webhooks/web`;
    return SCRIPT && new URL('.', SCRIPT).href.replace(/\/$/, '');
  }
}

/** The page's own keys, such as a shortcut for its menu, are not for who types here. */
function stopHere(event: Event): void {
  event.stopPropagation();
}
