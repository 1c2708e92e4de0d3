/** One answer on the screen and as plain text. Everything in it is put in as text, so nothing in it can run. */

import { html, nothing, type TemplateResult } from 'lit';
import { type Answer, type Button, HELPED, HELPED_NOT, type Link } from './contract';
import { icons } from './icons';
import { answerUrl, opensTab } from './links';
import { fill, texts } from './texts';

/** What can be done with an answer. */
export interface AnswerActions {
  press(button: Button): void;
  copy(answer: Answer): void;
  print(card: HTMLElement): void;
}

/** Render an answer; `copied` tells whether it was copied just now. */
export function renderAnswer(answer: Answer, copied: boolean, actions: AnswerActions): TemplateResult {
  // Of danger only the first words come before the numbers to call.
  const [first, ...rest] = answer.soort === 'veiligheid' ? answer.kern.split('\n') : [answer.kern];
  const judgements = answer.knoppen.filter(isJudgement);
  const onward = answer.knoppen.filter((button) => !isJudgement(button));
  return html`<div class="answer ${answer.soort === 'veiligheid' ? 'safety' : ''}">
    <div class="card">
      <p class="hidden">${texts.assistent}</p>
      ${answer.vooraf ? html`<p>${answer.vooraf}</p>` : nothing}
      <p class=${answer.tips.length ? 'lead' : ''}>${first}</p>
      ${renderTips(answer)}
      ${answer.links.length ? html`<ul class="links" role="list">${answer.links.map(renderLink)}</ul>` : nothing}
      ${rest.map((line) => html`<p>${line}</p>`)}
      ${answer.bron ? html`<p class="source">${fill(texts.bron, { bron: answer.bron })}</p>` : nothing}
    </div>
    ${answer.tips.length ? renderTools(answer, copied, actions) : nothing}
    ${answer.keuzes.length ? renderChoices(answer, actions) : nothing}
    ${onward.length ? html`<div class="buttons">${onward.map((button) => renderButton(button, actions))}</div>` : nothing}
    ${
      judgements.length
        ? html`<div class="tools">${judgements.map((button) => renderJudgement(button, actions))}</div>`
        : nothing
    }
  </div>`;
}

/** Render a link of an answer, or its title alone where the address is not one to follow. */
export function renderAnchor(url: string | null, title: string): TemplateResult {
  if (url === null) return html`${title}`;
  return opensTab(url)
    ? html`<a href=${url} target="_blank" rel="noopener noreferrer">${title}<span class="hidden"> ${texts.nieuw_tabblad}</span></a>`
    : html`<a href=${url}>${url.startsWith('tel:') ? icons.phone : nothing}<span>${title}</span></a>`;
}

/** Return an answer as text for the clipboard. */
export function plainText(answer: Answer): string {
  return [
    answer.vooraf,
    answer.kern,
    ...answer.tips.map((tip, index) => (answer.tips.length > 1 ? `${index + 1}. ${tip.tekst}` : `- ${tip.tekst}`)),
    ...answer.links.map(({ titel, url }) => (url.startsWith('https') ? `${titel}: ${url}` : titel)),
    answer.bron && fill(texts.bron, { bron: answer.bron }),
  ]
    .filter(Boolean)
    .join('\n');
}

function isJudgement({ payload }: Button): boolean {
  return payload === HELPED || payload === HELPED_NOT;
}

function renderTips({ tips }: Answer) {
  if (!tips.length) return nothing;
  const items = tips.map((tip) => html`<li>${tip.tekst}</li>`);
  return tips.length > 1 ? html`<ol class="tips">${items}</ol>` : html`<ul class="tips">${items}</ul>`;
}

function renderLink({ titel, url }: Link) {
  return html`<li>${renderAnchor(answerUrl(url), titel)}</li>`;
}

// role=list, here and above: Safari takes a list without bullets for none.
function renderChoices({ keuzes }: Answer, actions: AnswerActions) {
  return html`<ul class="choices" role="list">${keuzes.map(
    ({ vraag, payload }) => html`<li>${renderChoice({ titel: vraag, payload }, actions)}</li>`,
  )}</ul>`;
}

/** Render a question that can be chosen. */
export function renderChoice(button: Button, { press }: Pick<AnswerActions, 'press'>): TemplateResult {
  return html`<button type="button" class="choice" @click=${() => press(button)}><span>${button.titel}</span>${icons.onward}</button>`;
}

function renderButton(button: Button, { press }: AnswerActions) {
  return html`<button type="button" class="button" @click=${() => press(button)}>${button.titel}</button>`;
}

function renderJudgement(button: Button, { press }: AnswerActions) {
  return html`<button type="button" class="tool" @click=${() => press(button)}>${
    button.payload === HELPED ? icons.helped : icons.helpedNot
  }<span>${button.titel}</span></button>`;
}

function renderTools(answer: Answer, copied: boolean, { copy, print }: AnswerActions) {
  const printCard = (event: Event) => {
    const whole = (event.currentTarget as HTMLElement).closest('.answer');
    print(whole?.querySelector('.card') as HTMLElement);
  };
  const which = html`<span class="hidden"> ${texts.dit_antwoord}</span>`;
  return html`<div class="tools end">
    <button type="button" class="tool" @click=${() => copy(answer)}>${copied ? icons.done : icons.copy}<span>${
      copied ? texts.gekopieerd : texts.kopieer
    }${which}</span></button>
    <button type="button" class="tool" @click=${printCard}>${icons.print}<span>${texts.print}${which}</span></button>
  </div>`;
}
